"""Bronze: the Parquet files and the manifest of a batch. The same records give the same bytes."""

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from altscore_libs.canonical_json import canonical_digest
from altscore_libs.instants import format_instant

from altscore_ingestion.batches.domain import BatchHeader, Counts, SubjectIdentity, Versioned
from altscore_ingestion.batches.payload import TABLES, Table

SCHEMA_VERSION = 2  # 1 had no order of statements and no cancelled payments and returns
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
_STATEMENT = [
    _required("content_version", pa.int32()),
    _required("source_order", pa.int64()),
    _required("sequence", pa.int64()),
    _required("is_outdated", pa.bool_()),
    _required("is_cancelled", pa.bool_()),
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
            *_STATEMENT,
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
            pa.field("bounced_on", pa.date32()),
            *_STATEMENT,
        ]
    ),
    "returns": pa.schema(
        [
            *_COMMON,
            _required("return_id", pa.string()),
            pa.field("invoice_id", pa.string()),
            _required("returned_on", pa.date32()),
            _required("amount_inr", _AMOUNT),
            *_STATEMENT,
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


class BronzeFile(NamedTuple):
    """One object: its name inside the batch's folder, its bytes, their SHA-256, and how many rows."""

    name: str
    body: bytes
    sha256: str
    rows: int

    def named_by_digest(self) -> "BronzeFile":
        """The same file under a name that no other bytes have."""
        table, _, ending = self.name.partition(".")
        return self._replace(name=f"{table}.{self.sha256[:16]}.{ending}")


class PinnedFile(NamedTuple):
    """A file as it stands in Bronze: the version that the manifest names, whatever is written there later."""

    file: BronzeFile
    version_id: str


def build_files(
    header: BatchHeader, records: Sequence[Versioned], subjects: Mapping[str, SubjectIdentity]
) -> list[BronzeFile]:
    """Parquet of every non-empty table, sorted by key and version.

    Args:
        header: of the batch.
        records: the accepted records.
        subjects: the vault's answers by subject token.
    """
    ordered = sorted(records, key=lambda record: (record.key, record.content_version))
    files = []
    for table in TABLES:
        rows = [_row(header, item, subjects[item.subject_token]) for item in ordered if item.record.table == table]
        if rows:
            body = _parquet(SCHEMAS[table], rows)
            files.append(_file(f"{table}.parquet", body, len(rows)))
    return files


def _file(name: str, body: bytes, rows: int) -> BronzeFile:
    return BronzeFile(name=name, body=body, sha256=hashlib.sha256(body).hexdigest(), rows=rows)


def _row(header: BatchHeader, item: Versioned, subject: SubjectIdentity) -> dict[str, Any]:
    own: dict[str, Any] = {**item.record.values, "content_version": item.content_version}
    if item.record.table == "retailers":
        own["gst_status"] = subject.gst_status
    else:
        own |= {**item.order._asdict(), "is_outdated": item.is_outdated}
    identity = "|".join((header.distributor_id, item.record.table, item.key, str(item.content_version)))
    row = {
        "distributor_id": header.distributor_id,
        "batch_id": header.batch_id,
        "record_id": "rec_" + hashlib.sha256(identity.encode()).hexdigest()[:32],
        "subject_token": item.subject_token,
        "sealed_identity": subject.encrypted_identity,
        "erp_type": header.erp_type,
        "schema_version": SCHEMA_VERSION,
        "ingested_at": header.ingested_at,
        **own,
    }
    return row | {"row_sha256": row_sha256(row)}


def row_sha256(row: Mapping[str, Any]) -> str:
    """SHA-256 of a row's other columns as canonical JSON; bytes as hex, null as null, the rest as text."""
    columns = {
        name: value.hex() if isinstance(value, bytes) else None if value is None else str(value)
        for name, value in row.items()
        if name != "row_sha256"
    }
    return canonical_digest(columns).hex()


def _parquet(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> bytes:
    columns = [pa.array([row[field.name] for row in rows], type=field.type) for field in schema]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), buffer, compression="zstd", version="2.6")
    return buffer.getvalue()


def manifest_content(
    header: BatchHeader, files: Sequence[PinnedFile], records: Sequence[Versioned], counts: Counts
) -> dict[str, Any]:
    """What the manifest says, before it is signed."""
    return {
        "schema_version": SCHEMA_VERSION,
        "batch_id": header.batch_id,
        "distributor_id": header.distributor_id,
        "erp_type": header.erp_type,
        "ingested_at": format_instant(header.ingested_at, "auto"),
        "sync_from": format_instant(header.sync_from, "auto"),
        "sync_to": format_instant(header.sync_to, "auto"),
        "sequence": header.sequence,
        "erp_totals": [
            {
                "table": key.table,
                "month": f"{key.month_on:%Y-%m}",
                "count": total.documents,
                "amount_inr": f"{total.amount_inr:.2f}",
            }
            for key, total in sorted(header.erp_totals.items())
        ],
        "files": [
            {
                "name": file.name,
                "sha256": file.sha256,
                "rows": file.rows,
                "bytes": len(file.body),
                "version_id": version_id,
            }
            for file, version_id in files
        ],
        "totals": control_totals(records),
        **counts._asdict(),
    }


def manifest_file(body: bytes) -> BronzeFile:
    """The manifest as an object."""
    return _file("manifest.json", body, 0)


def control_totals(records: Sequence[Versioned]) -> list[dict[str, Any]]:
    """Rows and rupees per table and month; the master has no month and no amount and is counted by its file."""
    count: dict[tuple[str, str], int] = defaultdict(int)
    amount: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for item in records:
        if item.record.dated_on is None:
            continue
        bucket = (item.record.table, f"{item.record.dated_on:%Y-%m}")
        count[bucket] += 1
        amount[bucket] += item.amount_inr
    return [
        {"table": table, "month": month, "count": count[table, month], "amount_inr": f"{amount[table, month]:.2f}"}
        for table, month in sorted(count)
    ]
