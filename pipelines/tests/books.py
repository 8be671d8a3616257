"""Small books written as Bronze: rows by hand, everything else by rule."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

AS_OF = date(2026, 6, 1)
LARGEST_INR = "10000000000.00"
INGESTED_AT = datetime(2026, 5, 31, 12, 0, tzinfo=UTC)
_TEXT, _MONEY, _DATE = pa.string(), pa.decimal128(15, 2), pa.date32()
_COMMON = {
    "distributor_id": _TEXT,
    "batch_id": _TEXT,
    "record_id": _TEXT,
    "subject_token": _TEXT,
    "sealed_identity": pa.binary(),
    "erp_type": _TEXT,
    "schema_version": pa.int32(),
    "ingested_at": pa.timestamp("us", tz="UTC"),
    "row_sha256": _TEXT,
    "content_version": pa.int32(),
}
_OWN = {
    "invoices": {
        "invoice_id": _TEXT,
        "invoice_on": _DATE,
        "due_on": _DATE,
        "due_on_is_default": pa.bool_(),
        "amount_inr": _MONEY,
        "bill_ref": _TEXT,
        "sku_category": _TEXT,
        "line_count": pa.int32(),
        "is_cancelled": pa.bool_(),
    },
    "payments": {
        "payment_id": _TEXT,
        "line_no": pa.int32(),
        "invoice_id": _TEXT,
        "bill_ref": _TEXT,
        "paid_on": _DATE,
        "amount_inr": _MONEY,
        "payment_method": _TEXT,
        "is_bounced": pa.bool_(),
    },
    "returns": {"return_id": _TEXT, "invoice_id": _TEXT, "returned_on": _DATE, "amount_inr": _MONEY},
    "retailers": {"district": _TEXT, "is_active": pa.bool_(), "gst_status": _TEXT},
}
_DATED = {"invoices": "invoice_on", "payments": "paid_on", "returns": "returned_on"}


def retailer_id(name: str) -> str:
    """A retailer's id in tests: readable names, real shape."""
    return "ret_" + hashlib.sha256(name.encode()).hexdigest()[:16]


def token(distributor: str, name: str) -> str:
    """The ledger's subject token."""
    return hashlib.sha256(f"{distributor}|{name}".encode()).hexdigest()


@dataclass
class Batch:
    """One batch of one distributor, filled row by row."""

    distributor: str
    number: int = 1
    sync_to: date = date(2026, 5, 31)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in _OWN})

    def invoice(self, retailer: str, key: str, on: str, amount: str, **values: Any) -> "Batch":
        """Adds an invoice; `due` may be None, or start with `~` for default terms."""
        due = values.pop("due", None)
        own = {
            "invoice_id": key,
            "invoice_on": date.fromisoformat(on),
            "due_on": date.fromisoformat(due.lstrip("~")) if due else None,
            "due_on_is_default": bool(due and due.startswith("~")),
            "amount_inr": Decimal(amount),
            "is_cancelled": False,
        }
        return self._add("invoices", retailer, own | values)

    def payment(self, retailer: str, key: str, on: str, amount: str, **values: Any) -> "Batch":
        """Adds a payment line."""
        own = {"payment_id": key, "line_no": 1, "paid_on": date.fromisoformat(on), "amount_inr": Decimal(amount)}
        return self._add("payments", retailer, own | {"is_bounced": False} | values)

    def returned(self, retailer: str, key: str, on: str, amount: str, **values: Any) -> "Batch":
        """Adds a return."""
        own = {"return_id": key, "returned_on": date.fromisoformat(on), "amount_inr": Decimal(amount)}
        return self._add("returns", retailer, own | values)

    def master(self, retailer: str, **values: Any) -> "Batch":
        """Adds a master record."""
        own = {"district": None, "is_active": True, "gst_status": "absent"}
        return self._add("retailers", retailer, own | values)

    def _add(self, table: str, retailer: str, own: dict[str, Any]) -> "Batch":
        version = own.pop("version", 1)
        place = len(self.rows[table])
        self.rows[table].append(
            {
                "distributor_id": self.distributor,
                "batch_id": self.batch_id,
                "record_id": f"rec_{self.distributor}_{self.number}_{table}_{place}",
                "subject_token": token(self.distributor, retailer),
                "sealed_identity": b"sealed",
                "erp_type": "csv",
                "schema_version": 1,
                "ingested_at": INGESTED_AT,
                "row_sha256": "0" * 64,
                "content_version": version,
                **own,
            }
        )
        return self

    @property
    def batch_id(self) -> str:
        """Its id."""
        return f"bat_{self.number:032x}"

    def write(self, root: Path) -> Path:
        """Writes the batch below `root`, the manifest last; returns its folder."""
        folder = root / f"bronze/dist={self.distributor}/day=2026-05-31/batch={self.batch_id}"
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for table, rows in self.rows.items():
            if rows:
                body = _parquet(table, rows)
                (folder / f"{table}.parquet").write_bytes(body)
                digest = hashlib.sha256(body).hexdigest()
                files.append({"name": f"{table}.parquet", "sha256": digest, "rows": len(rows), "bytes": len(body)})
        count = sum(one["rows"] for one in files)
        manifest = {
            "schema_version": 1,
            "batch_id": self.batch_id,
            "distributor_id": self.distributor,
            "erp_type": "csv",
            "ingested_at": INGESTED_AT.isoformat(),
            "sync_from": "2024-01-01T00:00:00Z",
            "sync_to": f"{self.sync_to.isoformat()}T10:00:00Z",
            "files": files,
            "totals": self._totals(),
            **{"submitted": count, "accepted": count, "quarantined": 0, "duplicate": 0},
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    def _totals(self) -> list[dict[str, Any]]:
        sums: dict[tuple[str, str], tuple[int, Decimal]] = {}
        for table, column in _DATED.items():
            for row in self.rows[table]:
                key = (table, row[column].strftime("%Y-%m"))
                count, amount = sums.get(key, (0, Decimal(0)))
                sums[key] = (count + 1, amount + row["amount_inr"])
        return [
            {"table": table, "month": month, "count": count, "amount_inr": f"{amount:.2f}"}
            for (table, month), (count, amount) in sorted(sums.items())
        ]


def _parquet(table: str, rows: Sequence[dict[str, Any]]) -> bytes:
    schema = pa.schema(list((_COMMON | _OWN[table]).items()))
    arrays = [pa.array([row.get(one.name) for row in rows], type=one.type) for one in schema]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def golden_book() -> list[Batch]:
    """The book whose features are worked out by hand in test_golden.py."""
    one = Batch("dist_one", 1)
    (
        one.master("asha", district="Pune", gst_status="verified")
        .invoice("asha", "I1", "2026-01-10", "1000.00", due="2026-01-25", line_count=2, sku_category="oil")
        .invoice(
            "asha", "I2", "2026-02-10", "2000.00", due="2026-02-25", line_count=4, sku_category="oil", bill_ref="B/2"
        )
        .invoice("asha", "I3", "2026-03-10", "3000.00", due="2026-03-25", sku_category="rice")
        .invoice("asha", "I4", "2026-04-10", "4000.00", due="2026-04-25")
        .invoice("asha", "I5", "2026-05-10", "5000.00", due="2026-05-25")
        .invoice("asha", "I6", "2026-05-25", "600.00", due="2026-06-24")
        .payment("asha", "P1", "2026-01-25", "1000.00", invoice_id="I1", payment_method="upi")
        .payment("asha", "P2", "2026-03-02", "2000.00", bill_ref="B/2", payment_method="cash")
        .payment("asha", "P3", "2026-03-20", "1500.00", payment_method="upi")
        .payment("asha", "P4", "2026-04-14", "3500.00", payment_method="cheque")
        .payment("asha", "P5", "2026-05-02", "2000.00", invoice_id="I4", payment_method="cheque", is_bounced=True)
        .payment("asha", "P6", "2026-05-26", "1000.00", invoice_id="I4", payment_method="neft")
        .returned("asha", "R1", "2026-04-20", "500.00", invoice_id="I4")
    )
    one.master("bina", district="Nashik")
    one.invoice("carl", "C1", "2026-05-01", "777.77").payment("carl", "C1P", "2026-05-05", "777.77")
    # Two distributors, a correction, a cancellation, an outlier, a whole return, an advance and an over-payment.
    two = Batch("dist_two", 2)
    for day, key in (("01", "D1"), ("02", "D2"), ("03", "D3"), ("04", "D4")):
        two.invoice("dev", key, f"2026-05-{day}", "100.00", due=f"~2026-05-{int(day) + 10}")
    (
        two.invoice("dev", "D5", "2026-05-05", "50000.00")
        .invoice("dev", "D6", "2026-05-06", "100.00", due="2026-05-16")
        .invoice("dev", "D7", "2026-05-07", "900.00", due="2026-05-17", is_cancelled=True)
        .returned("dev", "DR", "2026-05-08", "100.00", invoice_id="D6")
        .payment("dev", "DP", "2026-04-20", "150.00")
    )
    one.invoice("dev", "E1", "2026-05-20", "999.00", due="2026-05-30")
    three = Batch("dist_one", 3).invoice("dev", "E1", "2026-05-20", "300.00", due="2026-05-30", version=2)
    three.payment("dev", "EP", "2026-05-29", "1000.00", invoice_id="E1", payment_method="upi")
    return [one, two, three]


def largest_book(count: int, retailer: str = "asha", *, number: int = 1) -> list[Batch]:
    """Two distributors invoice, receive and take back the largest amount that ingestion accepts, `count` times each."""
    filled = [Batch("dist_one", number), Batch("dist_two", number + 1)]
    for batch in filled:
        batch.master(retailer).returned(retailer, "LR", "2026-05-03", LARGEST_INR)
        for place in range(count):
            batch.invoice(retailer, f"L{place}", "2026-05-01", LARGEST_INR, due="2026-05-02", line_count=100_000)
            batch.payment(retailer, f"LP{place}", "2026-05-03", LARGEST_INR)
            batch.invoice("carl", f"LC{place}", "2026-05-01", LARGEST_INR)
    return filled
