"""An outside ledger as Bronze and an identity map, so that the training-set job takes it as it takes our own."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from altscore_pipelines.bronze_rows import COLUMNS
from altscore_pipelines.jobs.outside_ledger.reading import OutsideLedger

DISTRIBUTOR = "dist_outside"
_SCHEMA_VERSION = 1
_DATED = {"invoices": "invoice_on", "payments": "paid_on"}
_HISTORY = timedelta(days=365)  # features look back a year
_OUTCOME = timedelta(days=92)  # labels look at three months of invoices; later ones would all be NULL
_SNAPSHOTS_MAX = 36


def write_bronze(ledger: OutsideLedger, out: Path) -> dict[str, Any]:
    """Writes one batch below `out/bronze` and `out/identity_map.parquet`; names of customers go in as digests alone.

    Returns:
        Rows, customers, what was left out, the last day, and monthly snapshots that the ledger is long enough for.
    """
    last_on = max(row[_DATED[table]] for table in _DATED for row in getattr(ledger, table))
    arrived_at = datetime.combine(last_on + timedelta(days=1), time(1), UTC)
    rows = {"invoices": ledger.invoices, "payments": ledger.payments, "retailers": _masters(ledger)}
    digest = hashlib.sha256(json.dumps(rows, default=str, sort_keys=True).encode()).hexdigest()
    batch_id = f"bat_{digest[:32]}"
    folder = out / f"bronze/dist={DISTRIBUTOR}/day={arrived_at:%Y-%m-%d}/batch={batch_id}"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for table, own in rows.items():
        if not own:
            continue
        filled = [_filled(table, row, place, batch_id=batch_id, arrived_at=arrived_at) for place, row in enumerate(own)]
        path = folder / f"{table}.parquet"
        schema = pa.schema(list(COLUMNS[table].items()))
        pq.write_table(pa.Table.from_pylist(filled, schema=schema), path, compression="zstd")
        files.append({"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "rows": len(own)})
    manifest = {
        "schema_version": _SCHEMA_VERSION,
        "batch_id": batch_id,
        "distributor_id": DISTRIBUTOR,
        "ingested_at": arrived_at.isoformat(),
        "sync_to": f"{last_on.isoformat()}T23:59:59Z",
        "files": files,
        "totals": [total for table in _DATED for total in _totals(table, rows[table])],
    }
    # Written last: a batch without a manifest does not exist.
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    customers = sorted({row["customer"] for row in (*ledger.invoices, *ledger.payments)})
    _write_identities(customers, out / "identity_map.parquet")
    return {
        "rows": {table: len(own) for table, own in rows.items()},
        "customers": len(customers),
        "left_out": dict(sorted(ledger.left_out.items())),
        "last_on": last_on.isoformat(),
        "snapshots": [
            day.isoformat() for day in snapshots_of(min(row["invoice_on"] for row in ledger.invoices), last_on)
        ],
    }


def snapshots_of(first_on: date, last_on: date) -> list[date]:
    """First days of months with a year before and three months after them in the ledger; the latest 36 at most."""
    days = []
    day = _next_month(first_on + _HISTORY)
    while day + _OUTCOME <= last_on:
        days.append(day)
        day = _next_month(day)
    return days[-_SNAPSHOTS_MAX:]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _masters(ledger: OutsideLedger) -> list[dict[str, Any]]:
    customers = sorted({row["customer"] for row in ledger.invoices})
    return [{"customer": customer, "district": ledger.districts.get(customer)} for customer in customers]


def _filled(table: str, row: Mapping[str, Any], place: int, *, batch_id: str, arrived_at: datetime) -> dict[str, Any]:
    """A row with the columns that every outside ledger is silent about."""
    silent: dict[str, dict[str, Any]] = {
        "invoices": {"is_cancelled": False},
        "payments": {"line_no": 1, "is_bounced": False},
        "retailers": {"is_active": True, "gst_status": "absent"},
    }
    return {
        "distributor_id": DISTRIBUTOR,
        "batch_id": batch_id,
        "record_id": f"rec_{table}_{place}",
        "subject_token": _token(row["customer"]),
        "ingested_at": arrived_at,
        "content_version": 1,
        **silent[table],
        **{name: value for name, value in row.items() if name != "customer"},
    }


def _totals(table: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[str, tuple[int, Decimal]] = {}
    for row in rows:
        month = f"{row[_DATED[table]]:%Y-%m}"
        count, amount = sums.get(month, (0, Decimal(0)))
        sums[month] = (count + 1, amount + row["amount_inr"])
    return [
        {"table": table, "month": month, "count": count, "amount_inr": f"{amount:.2f}"}
        for month, (count, amount) in sorted(sums.items())
    ]


def _token(customer: str) -> str:
    return hashlib.sha256(f"{DISTRIBUTOR}|{customer}".encode()).hexdigest()


def _write_identities(customers: Sequence[str], path: Path) -> None:
    tokens = [_token(customer) for customer in customers]
    table = pa.table(
        {
            "subject_token": pa.array(tokens, pa.string()),
            "retailer_id": pa.array([f"ret_{token[:16]}" for token in tokens], pa.string()),
            "gst_verified": pa.array([False] * len(tokens), pa.bool_()),
        }
    )
    pq.write_table(table, path, compression="zstd")
