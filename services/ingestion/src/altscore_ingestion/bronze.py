"""Bronze: the bytes of a batch. The same records give the same bytes, whatever happened in between."""

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from altscore_ingestion.domain import Placed
from altscore_ingestion.payload import TABLES, Table

SCHEMA_VERSION = 1
_AMOUNT = pa.decimal128(15, 2)


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


_COMMON = [
    _required("distributor_id", pa.string()),
    _required("batch_id", pa.string()),
    _required("record_id", pa.string()),
    _required("subject_token", pa.string()),
    _required("sealed_identity", pa.binary()),
    _required("erp_type", pa.string()),
    _required("schema_version", pa.int32()),
    _required("ingested_at", pa.timestamp("us", tz="UTC")),
    _required("row_sha256", pa.string()),
]
SCHEMAS: dict[Table, pa.Schema] = {
    "invoices": pa.schema(
        [
            *_COMMON,
            _required("invoice_id", pa.string()),
            _required("invoice_on", pa.date32()),
            pa.field("due_on", pa.date32()),
            _required("due_on_is_default", pa.bool_()),
            _required("amount_inr", _AMOUNT),
            pa.field("bill_ref", pa.string()),
            pa.field("sku_category", pa.string()),
            pa.field("line_count", pa.int32()),
            _required("content_version", pa.int32()),
            _required("is_cancelled", pa.bool_()),
        ]
    ),
    "payments": pa.schema(
        [
            *_COMMON,
            _required("payment_id", pa.string()),
            _required("line_no", pa.int32()),
            pa.field("invoice_id", pa.string()),
            pa.field("bill_ref", pa.string()),
            _required("paid_on", pa.date32()),
            _required("amount_inr", _AMOUNT),
            pa.field("payment_method", pa.string()),
            _required("is_bounced", pa.bool_()),
            _required("content_version", pa.int32()),
        ]
    ),
    "returns": pa.schema(
        [
            *_COMMON,
            _required("return_id", pa.string()),
            pa.field("invoice_id", pa.string()),
            _required("returned_on", pa.date32()),
            _required("amount_inr", _AMOUNT),
            _required("content_version", pa.int32()),
        ]
    ),
    "retailers": pa.schema(
        [
            *_COMMON,
            pa.field("district", pa.string()),
            _required("is_active", pa.bool_()),
            _required("gst_status", pa.string()),
            _required("content_version", pa.int32()),
        ]
    ),
}


@dataclass(frozen=True)
class BatchHead:
    """What all rows of a batch share."""

    batch_id: str
    distributor_id: str
    erp_type: str
    ingested_at: datetime
    sync_from: datetime
    sync_to: datetime

    @property
    def prefix(self) -> str:
        """Folder of the batch in the Bronze bucket; by day of arrival (UTC)."""
        return f"bronze/dist={self.distributor_id}/day={self.ingested_at:%Y-%m-%d}/batch={self.batch_id}"


class Sealed(NamedTuple):
    """The vault's answer for one retailer."""

    subject_token: str
    sealed_identity: bytes
    gst_status: str


class BronzeFile(NamedTuple):
    """One object: its name inside the batch's folder, its bytes, their SHA-256, and how many rows."""

    name: str
    body: bytes
    sha256: str
    rows: int


class Counts(NamedTuple):
    """Where every record of a batch went."""

    submitted: int
    accepted: int
    quarantined: int
    duplicate: int


def build_files(head: BatchHead, placed: Sequence[Placed], sealed: Mapping[str, Sealed]) -> list[BronzeFile]:
    """Parquet of every non-empty table, sorted by key and version.

    Args:
        head: of the batch.
        placed: the accepted records.
        sealed: the vault's answers by subject token.
    """
    files = []
    for table in TABLES:
        rows = [
            _row(head, one, sealed[one.subject_token])
            for one in sorted(placed, key=_order)
            if one.record.table == table
        ]
        if rows:
            body = _parquet(SCHEMAS[table], rows)
            files.append(BronzeFile(f"{table}.parquet", body, hashlib.sha256(body).hexdigest(), len(rows)))
    return files


def _order(placed: Placed) -> tuple[str, int]:
    return placed.key, placed.content_version


def _row(head: BatchHead, placed: Placed, sealed: Sealed) -> dict[str, Any]:
    record = placed.record
    own: dict[str, Any] = {**record.values, "content_version": placed.content_version}
    if record.table == "retailers":
        own["gst_status"] = sealed.gst_status
    identity = "|".join((head.distributor_id, record.table, placed.key, str(placed.content_version)))
    row = {
        "distributor_id": head.distributor_id,
        "batch_id": head.batch_id,
        "record_id": "rec_" + hashlib.sha256(identity.encode()).hexdigest()[:32],
        "subject_token": placed.subject_token,
        "sealed_identity": sealed.sealed_identity,
        "erp_type": head.erp_type,
        "schema_version": SCHEMA_VERSION,
        "ingested_at": head.ingested_at,
        **own,
    }
    return row | {"row_sha256": row_sha256(row)}


def row_sha256(row: Mapping[str, Any]) -> str:
    """SHA-256 of a row's other columns as sorted compact JSON; bytes as hex, null as null, the rest as text."""
    said = {
        name: value.hex() if isinstance(value, bytes) else None if value is None else str(value)
        for name, value in row.items()
        if name != "row_sha256"
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _parquet(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> bytes:
    columns = [pa.array([row[field.name] for row in rows], type=field.type) for field in schema]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), buffer, compression="zstd", version="2.6")
    return buffer.getvalue()


def build_manifest(
    head: BatchHead, files: Sequence[BronzeFile], placed: Sequence[Placed], counts: Counts
) -> BronzeFile:
    """The manifest, written last: a batch without it does not exist."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "batch_id": head.batch_id,
        "distributor_id": head.distributor_id,
        "erp_type": head.erp_type,
        "ingested_at": _instant(head.ingested_at),
        "sync_from": _instant(head.sync_from),
        "sync_to": _instant(head.sync_to),
        "files": [{"name": f.name, "sha256": f.sha256, "rows": f.rows, "bytes": len(f.body)} for f in files],
        "totals": control_totals(placed),
        **counts._asdict(),
    }
    body = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return BronzeFile("manifest.json", body, hashlib.sha256(body).hexdigest(), 0)


def control_totals(placed: Sequence[Placed]) -> list[dict[str, Any]]:
    """Rows and rupees per table and month; the master has no month and no amount and is counted by its file."""
    count: dict[tuple[str, str], int] = defaultdict(int)
    amount: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in placed:
        if one.record.dated_on is None:
            continue
        bucket = (one.record.table, f"{one.record.dated_on:%Y-%m}")
        value = one.record.values["amount_inr"]
        assert isinstance(value, Decimal)  # noqa: S101  # every dated record carries an amount
        count[bucket] += 1
        amount[bucket] += value
    return [
        {"table": table, "month": month, "count": count[table, month], "amount_inr": f"{amount[table, month]:.2f}"}
        for table, month in sorted(count)
    ]


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
