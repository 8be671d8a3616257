"""SQL of uploads; every function takes a connection and never commits."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_ingestion.distributors.domain import Credential
from altscore_ingestion.uploads.domain import LivePeriod, StoredUpload

_LOCK_SPACE = 742_102
_UPLOAD = """
    SELECT u.upload_id, u.client_upload_id, u.content_sha256, u.state, u.report,
        (EXISTS (SELECT FROM connector_key k WHERE k.key_number = u.key_number AND k.revoked_at IS NOT NULL)
            OR EXISTS (SELECT FROM sftp_key s WHERE s.fingerprint = u.sftp_fingerprint AND s.revoked_at IS NOT NULL)
        ) AS is_revoked
    FROM upload u WHERE u.distributor_id = $1
"""


_REVOKED = """
    (EXISTS (SELECT FROM connector_key k WHERE k.key_number = u.key_number AND k.revoked_at IS NOT NULL)
        OR EXISTS (SELECT FROM sftp_key s WHERE s.fingerprint = u.sftp_fingerprint AND s.revoked_at IS NOT NULL)
        OR EXISTS (SELECT FROM distributor d WHERE d.distributor_id = u.distributor_id AND NOT d.is_active))
"""
MEASURES = (
    Measure(
        name="altscore_ingest_uploads_waiting",
        help="CSV uploads of which batches are not in Bronze: their distributor has not come back.",
        query="SELECT count(*) FROM upload WHERE state = 'received'",
    ),
    Measure(
        name="altscore_ingest_oldest_waiting_upload_age_seconds",
        help="Age of the CSV upload that has waited longest for its distributor; 0 when none waits.",
        query="SELECT coalesce(extract(epoch FROM now() - min(received_at)), 0) FROM upload WHERE state = 'received'",
    ),
    Measure(
        name="altscore_ingest_uploads_stored",
        help="CSV uploads that are remembered, ended ones for 400 days.",
        query="SELECT state, count(*) FROM upload GROUP BY state",
        labels=("state",),
    ),
)


class LedgerRow(NamedTuple):
    """Wrapped keys and format of a distributor's uploads."""

    keys_wrapped: bytes
    csv_format: dict[str, Any]


class RecordRow(NamedTuple):
    """An acknowledged record as it is kept."""

    record_mac: bytes
    document_mac: bytes
    table_name: str
    source_order: int
    is_live: bool
    dated_on: date | None
    content: bytes


class BatchRow(NamedTuple):
    """A batch that is not acknowledged."""

    place: int
    client_batch_id: UUID
    body: bytes
    records: bytes


async def lock_uploads(connection: asyncpg.Connection, distributor_id: str) -> bool:
    """Takes the session's lock on a distributor's uploads; False when another session holds it."""
    taken: bool = await connection.fetchval(
        "SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCK_SPACE, distributor_id
    )
    return taken


async def unlock_uploads(connection: asyncpg.Connection, distributor_id: str) -> None:
    """Gives the lock of `lock_uploads` back."""
    await connection.execute("SELECT pg_advisory_unlock($1, hashtext($2))", _LOCK_SPACE, distributor_id)


async def ledger(connection: asyncpg.Connection, distributor_id: str) -> LedgerRow | None:
    """Keys and format; None before the distributor's first upload or format."""
    row = await connection.fetchrow(
        "SELECT keys_wrapped, csv_format FROM upload_ledger WHERE distributor_id = $1", distributor_id
    )
    return LedgerRow(bytes(row["keys_wrapped"]), json.loads(row["csv_format"])) if row else None


async def insert_ledger(
    connection: asyncpg.Connection, distributor_id: str, keys_wrapped: bytes, csv_format: dict[str, Any]
) -> None:
    """Stores fresh keys, unless another call did meanwhile."""
    await connection.execute(
        """
        INSERT INTO upload_ledger (distributor_id, keys_wrapped, csv_format) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
        """,
        distributor_id,
        keys_wrapped,
        json.dumps(csv_format),
    )


async def set_format(connection: asyncpg.Connection, distributor_id: str, csv_format: dict[str, Any]) -> None:
    """Replaces the format."""
    await connection.execute(
        "UPDATE upload_ledger SET csv_format = $2 WHERE distributor_id = $1", distributor_id, json.dumps(csv_format)
    )


async def find_upload(
    connection: asyncpg.Connection, distributor_id: str, client_upload_id: UUID
) -> StoredUpload | None:
    """The upload with this id of its sender."""
    row = await connection.fetchrow(f"{_UPLOAD} AND u.client_upload_id = $2", distributor_id, client_upload_id)
    return _stored(row) if row else None


async def received_uploads(connection: asyncpg.Connection, distributor_id: str) -> list[StoredUpload]:
    """Uploads that wait for an acknowledgement; by index upload_received."""
    rows = await connection.fetch(f"{_UPLOAD} AND u.state = 'received' ORDER BY u.received_at", distributor_id)
    return [_stored(row) for row in rows]


def _stored(row: asyncpg.Record) -> StoredUpload:
    return StoredUpload(
        upload_id=row["upload_id"],
        client_upload_id=row["client_upload_id"],
        content_sha256=bytes(row["content_sha256"]),
        state=row["state"],
        report=json.loads(row["report"]),
        is_revoked=row["is_revoked"],
    )


async def recent_arrivals(
    connection: asyncpg.Connection, distributor_id: str, since: datetime, limit: int
) -> list[datetime]:
    """Arrivals of uploads since an instant, refused ones too, newest first, at most `limit`; by two indexes."""
    rows = await connection.fetch(
        """
        SELECT received_at FROM upload WHERE distributor_id = $1 AND received_at > $2
        UNION ALL SELECT refused_at FROM upload_refusal WHERE distributor_id = $1 AND refused_at > $2
        ORDER BY received_at DESC LIMIT $3
        """,
        distributor_id,
        since,
        limit,
    )
    return [row["received_at"] for row in rows]


async def insert_refusal(connection: asyncpg.Connection, distributor_id: str, at: datetime) -> None:
    """Records that a file was read and refused."""
    await connection.execute(
        "INSERT INTO upload_refusal (distributor_id, refused_at) VALUES ($1, $2)", distributor_id, at
    )


async def insert_upload(
    connection: asyncpg.Connection,
    distributor_id: str,
    upload: StoredUpload,
    *,
    credential: Credential,
    received_at: datetime,
    remainder: bytes,
    batches: Sequence[BatchRow],
) -> None:
    """Stores an upload with all of its batches, before the first of them is sent."""
    await connection.execute(
        """
        INSERT INTO upload (upload_id, distributor_id, client_upload_id, content_sha256, key_number,
            sftp_fingerprint, received_at, report, remainder)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        upload.upload_id,
        distributor_id,
        upload.client_upload_id,
        upload.content_sha256,
        *credential,
        received_at,
        json.dumps(upload.report),
        remainder,
    )
    await connection.executemany(
        "INSERT INTO upload_batch (upload_id, place, client_batch_id, body, records) VALUES ($1, $2, $3, $4, $5)",
        [(upload.upload_id, *batch) for batch in batches],
    )


async def next_batch(connection: asyncpg.Connection, upload_id: str) -> BatchRow | None:
    """The first batch that is not acknowledged."""
    row = await connection.fetchrow(
        """
        SELECT place, client_batch_id, body, records FROM upload_batch WHERE upload_id = $1 ORDER BY place LIMIT 1
        """,
        upload_id,
    )
    return BatchRow(**row) if row else None


async def delete_batch(connection: asyncpg.Connection, upload_id: str, place: int) -> None:
    """Forgets the bytes of a batch."""
    await connection.execute("DELETE FROM upload_batch WHERE upload_id = $1 AND place = $2", upload_id, place)


async def delete_batches(connection: asyncpg.Connection, upload_id: str) -> None:
    """Forgets what was not sent of an upload."""
    await connection.execute("DELETE FROM upload_batch WHERE upload_id = $1", upload_id)


async def set_report(connection: asyncpg.Connection, upload_id: str, report: dict[str, Any]) -> None:
    """Replaces what is known of the outcome."""
    await connection.execute("UPDATE upload SET report = $2 WHERE upload_id = $1", upload_id, json.dumps(report))


async def remainder_of(connection: asyncpg.Connection, upload_id: str) -> bytes:
    """What is to be remembered once the last batch is acknowledged, as ciphertext."""
    return bytes(await connection.fetchval("SELECT remainder FROM upload WHERE upload_id = $1", upload_id))


async def end_upload(connection: asyncpg.Connection, upload_id: str, state: str, *, at: datetime) -> None:
    """Marks an upload complete or dropped."""
    await connection.execute(
        "UPDATE upload SET state = $2, remainder = NULL, ended_at = $3 WHERE upload_id = $1", upload_id, state, at
    )


async def waiting_of_revoked(connection: asyncpg.Connection) -> list[tuple[str, str]]:
    """Distributor and id of uploads that wait and whose key or distributor was revoked."""
    rows = await connection.fetch(
        f"SELECT u.distributor_id, u.upload_id FROM upload u WHERE u.state = 'received' AND {_REVOKED}"  # noqa: S608
    )
    return [(row["distributor_id"], row["upload_id"]) for row in rows]


async def lock_uploads_of(connection: asyncpg.Connection, distributor_id: str) -> bool:
    """Like `lock_uploads`, until the transaction ends."""
    taken: bool = await connection.fetchval(
        "SELECT pg_try_advisory_xact_lock($1, hashtext($2))", _LOCK_SPACE, distributor_id
    )
    return taken


async def upsert_records(connection: asyncpg.Connection, distributor_id: str, rows: Iterable[RecordRow]) -> None:
    """Makes these the newest acknowledged statements; one statement."""
    newest = {row.record_mac: row for row in rows}
    await connection.execute(
        """
        INSERT INTO upload_record (distributor_id, record_mac, document_mac, table_name, source_order, is_live,
            dated_on, content)
        SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::text[], $5::bigint[], $6::boolean[], $7::date[],
            $8::bytea[])
        ON CONFLICT (distributor_id, record_mac) DO UPDATE SET
            document_mac = excluded.document_mac, table_name = excluded.table_name,
            source_order = excluded.source_order, is_live = excluded.is_live, dated_on = excluded.dated_on,
            content = excluded.content
        """,
        distributor_id,
        *(list(column) for column in zip(*newest.values(), strict=True)),
    )


async def raise_orders(connection: asyncpg.Connection, distributor_id: str, orders: dict[bytes, int]) -> None:
    """Remembers that unchanged records were stated anew; one statement."""
    await connection.execute(
        """
        UPDATE upload_record r SET source_order = greatest(r.source_order, seen.source_order)
        FROM unnest($2::bytea[], $3::bigint[]) AS seen (record_mac, source_order)
        WHERE r.distributor_id = $1 AND r.record_mac = seen.record_mac
        """,
        distributor_id,
        list(orders),
        list(orders.values()),
    )


async def records_of(
    connection: asyncpg.Connection, distributor_id: str, document_macs: Iterable[bytes]
) -> list[RecordRow]:
    """The records of documents, cancelled ones included; by index upload_record_of_document."""
    return await _records(connection, distributor_id, "document_mac = ANY($2::bytea[])", list(document_macs))


async def live_records(connection: asyncpg.Connection, distributor_id: str, period: LivePeriod) -> list[RecordRow]:
    """The live records of a table and days; by index upload_record_live_by_day."""
    return await _records(
        connection, distributor_id, "is_live AND table_name = $2 AND dated_on BETWEEN $3 AND $4", *period
    )


async def _records(
    connection: asyncpg.Connection, distributor_id: str, condition: str, *values: object
) -> list[RecordRow]:
    rows = await connection.fetch(
        f"SELECT {', '.join(RecordRow._fields)} FROM upload_record WHERE distributor_id = $1 AND {condition}",  # noqa: S608
        distributor_id,
        *values,
    )
    return [RecordRow(**row) for row in rows]


async def marks(connection: asyncpg.Connection, distributor_id: str, name_macs: Iterable[bytes]) -> dict[bytes, bytes]:
    """Ciphertexts of marks by MAC of their names."""
    rows = await connection.fetch(
        "SELECT name_mac, content FROM upload_mark WHERE distributor_id = $1 AND name_mac = ANY($2::bytea[])",
        distributor_id,
        list(name_macs),
    )
    return {bytes(row["name_mac"]): bytes(row["content"]) for row in rows}


async def upsert_marks(connection: asyncpg.Connection, distributor_id: str, contents: dict[bytes, bytes]) -> None:
    """Stores marks; one statement."""
    await connection.execute(
        """
        INSERT INTO upload_mark (distributor_id, name_mac, content)
        SELECT $1, * FROM unnest($2::bytea[], $3::bytea[])
        ON CONFLICT (distributor_id, name_mac) DO UPDATE SET content = excluded.content
        """,
        distributor_id,
        list(contents),
        list(contents.values()),
    )
