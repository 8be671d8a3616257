"""Small ledgers written as Bronze: rows by hand, everything else by rule."""

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
INGESTED_AT = datetime(2026, 5, 31, 19, 0, tzinfo=UTC)  # in India 31 May is over
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
_STATEMENT = {"source_order": pa.int64(), "sequence": pa.int64(), "is_outdated": pa.bool_()}
_LATER = {
    "invoices": _STATEMENT,
    "payments": _STATEMENT | {"is_cancelled": pa.bool_(), "bounced_on": _DATE},
    "returns": _STATEMENT | {"is_cancelled": pa.bool_()},
    "retailers": {},
}
_NOTHING_SAID = {"source_order": 0, "sequence": 0, "is_outdated": False, "is_cancelled": False, "bounced_on": None}
_DATED = {"invoices": "invoice_on", "payments": "paid_on", "returns": "returned_on"}


def retailer_id(name: str) -> str:
    """A retailer's id in tests: readable names, real shape."""
    return "ret_" + hashlib.sha256(name.encode()).hexdigest()[:16]


def token(distributor: str, name: str) -> str:
    """The ledger's subject token."""
    return hashlib.sha256(f"{distributor}|{name}".encode()).hexdigest()


@dataclass
class Batch:
    """One batch of one distributor, filled row by row; its files have the columns of their schema version."""

    distributor: str
    number: int = 1
    sync_to: date = date(2026, 5, 31)
    ingested_at: datetime = INGESTED_AT
    schema_version: int = 1
    sequence: int | None = None
    stated: list[dict[str, Any]] = field(default_factory=list)
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

    def states(self, table: str, month: str, count: int, amount: str) -> "Batch":
        """Adds what the ERP itself says of a month of its whole ledger."""
        self.stated.append({"table": table, "month": month, "count": count, "amount_inr": amount})
        return self

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
                "schema_version": self.schema_version,
                "ingested_at": self.ingested_at,
                "row_sha256": "0" * 64,
                "content_version": version,
                **{name: _NOTHING_SAID[name] for name in self._later(table)},
                **own,
            }
        )
        return self

    def _later(self, table: str) -> dict[str, pa.DataType]:
        return _LATER[table] if self.schema_version > 1 else {}

    @property
    def batch_id(self) -> str:
        """Its id."""
        return f"bat_{self.number:032x}"

    def write(self, root: Path) -> Path:
        """Writes the batch below `root`, the manifest last; returns its folder."""
        folder = root / f"bronze/dist={self.distributor}/day={self.ingested_at:%Y-%m-%d}/batch={self.batch_id}"
        folder.mkdir(parents=True, exist_ok=True)
        files: list[dict[str, Any]] = []
        for table, rows in self.rows.items():
            if rows:
                body = _parquet(_COMMON | _OWN[table] | self._later(table), rows)
                (folder / f"{table}.parquet").write_bytes(body)
                digest = hashlib.sha256(body).hexdigest()
                files.append({"name": f"{table}.parquet", "sha256": digest, "rows": len(rows), "bytes": len(body)})
        count = sum(entry["rows"] for entry in files)
        manifest = {
            "schema_version": self.schema_version,
            "batch_id": self.batch_id,
            "distributor_id": self.distributor,
            "erp_type": "csv",
            "ingested_at": self.ingested_at.isoformat(),
            "sync_from": "2024-01-01T00:00:00Z",
            "sync_to": f"{self.sync_to.isoformat()}T23:59:59Z",
            "sequence": self.sequence,
            "erp_totals": self.stated,
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


def _parquet(columns: dict[str, pa.DataType], rows: Sequence[dict[str, Any]]) -> bytes:
    schema = pa.schema(list(columns.items()))
    arrays = [pa.array([row.get(column.name) for row in rows], type=column.type) for column in schema]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def golden_ledger() -> list[Batch]:
    """The ledger whose features are worked out by hand in test_golden.py."""
    first = Batch("dist_one", 1)
    (
        first.master("asha", district="Pune", gst_status="verified")
        .invoice("asha", "I1", "2026-01-10", amount="1000.00", due="2026-01-25", line_count=2, sku_category="oil")
        .invoice(
            "asha",
            "I2",
            "2026-02-10",
            amount="2000.00",
            due="2026-02-25",
            line_count=4,
            sku_category="oil",
            bill_ref="B/2",
        )
        .invoice("asha", "I3", "2026-03-10", amount="3000.00", due="2026-03-25", sku_category="rice")
        .invoice("asha", "I4", "2026-04-10", amount="4000.00", due="2026-04-25")
        .invoice("asha", "I5", "2026-05-10", amount="5000.00", due="2026-05-25")
        .invoice("asha", "I6", "2026-05-25", amount="600.00", due="2026-06-24")
        .payment("asha", "P1", "2026-01-25", amount="1000.00", invoice_id="I1", payment_method="upi")
        .payment("asha", "P2", "2026-03-02", amount="2000.00", bill_ref="B/2", payment_method="cash")
        .payment("asha", "P3", "2026-03-20", amount="1500.00", payment_method="upi")
        .payment("asha", "P4", "2026-04-14", amount="3500.00", payment_method="cheque")
        .payment(
            "asha", "P5", "2026-05-02", amount="2000.00", invoice_id="I4", payment_method="cheque", is_bounced=True
        )
        .payment("asha", "P6", "2026-05-26", amount="1000.00", invoice_id="I4", payment_method="neft")
        .returned("asha", "R1", "2026-04-20", amount="500.00", invoice_id="I4")
    )
    first.master("bina", district="Nashik")
    first.invoice("carl", "C1", "2026-05-01", amount="777.77").payment("carl", "C1P", "2026-05-05", amount="777.77")
    # Two distributors, a correction, cancellations, an outlier, a whole return, an advance and an over-payment; files
    # of both schema versions, and a statement that a newer one had overtaken when it arrived.
    two = Batch("dist_two", 2, schema_version=2)
    for day, key in (("01", "D1"), ("02", "D2"), ("03", "D3"), ("04", "D4")):
        two.invoice("dev", key, f"2026-05-{day}", amount="100.00", due=f"~2026-05-{int(day) + 10}")
    (
        two.invoice("dev", "D5", "2026-05-05", amount="50000.00")
        .invoice("dev", "D6", "2026-05-06", amount="100.00", due="2026-05-16")
        .invoice("dev", "D7", "2026-05-07", amount="900.00", due="2026-05-17", is_cancelled=True)
        .returned("dev", "DR", "2026-05-08", amount="100.00", invoice_id="D6")
        .payment("dev", "DP", "2026-04-20", amount="150.00")
        .payment("dev", "DX", "2026-05-09", amount="70.00", is_cancelled=True)
        .returned("dev", "DY", "2026-05-09", amount="30.00", is_cancelled=True)
    )
    first.invoice("dev", "E1", "2026-05-20", amount="999.00", due="2026-05-30")
    three = Batch("dist_one", 3, schema_version=2)
    three.invoice("dev", "E1", "2026-05-20", amount="300.00", due="2026-05-30", version=2, source_order=7, sequence=3)
    three.invoice("dev", "E1", "2026-05-20", amount="888.00", version=3, source_order=6, sequence=3, is_outdated=True)
    three.payment("dev", "EP", "2026-05-29", amount="1000.00", invoice_id="E1", payment_method="upi")
    return [first, two, three]


def largest_ledger(count: int, retailer: str = "asha", *, number: int = 1) -> list[Batch]:
    """Two distributors invoice, receive and take back the largest amount that ingestion accepts, `count` times each."""
    filled = [Batch("dist_one", number), Batch("dist_two", number + 1, schema_version=2)]
    for batch in filled:
        batch.master(retailer).returned(retailer, "LR", "2026-05-03", amount=LARGEST_INR)
        for place in range(count):
            batch.invoice(retailer, f"L{place}", "2026-05-01", amount=LARGEST_INR, due="2026-05-02", line_count=100_000)
            batch.payment(retailer, f"LP{place}", "2026-05-03", amount=LARGEST_INR)
            batch.invoice("carl", f"LC{place}", "2026-05-01", amount=LARGEST_INR)
    return filled


def with_write_offs(batch: Batch, retailer: str = "asha") -> Batch:
    """W1 was given up 46 days after due; W2 by 40 % a week after due, the rest paid; W3 took 30 % back and was paid."""
    return (
        batch.invoice(retailer, "W1", "2026-01-01", amount="1000.00", due="2026-01-31")
        .payment(retailer, "WP1", "2026-01-31", amount="300.00", invoice_id="W1")
        .returned(retailer, "WR1", "2026-03-18", amount="700.00", invoice_id="W1")
        .invoice(retailer, "W2", "2026-02-01", amount="1000.00", due="2026-03-03")
        .returned(retailer, "WR2", "2026-03-10", amount="400.00", invoice_id="W2")
        .payment(retailer, "WP2", "2026-03-20", amount="600.00", invoice_id="W2")
        .invoice(retailer, "W3", "2026-03-01", amount="1000.00", due="2026-03-31")
        .payment(retailer, "WP3", "2026-03-31", amount="700.00", invoice_id="W3")
        .returned(retailer, "WR3", "2026-04-05", amount="300.00", invoice_id="W3")
    )
