"""SQL of batches and records; every function takes a connection and never commits."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_ingestion.batches.domain import (
    ContentKey,
    Counts,
    RecordOutcome,
    RecordState,
    StoredBatch,
    SubjectIdentity,
)
from altscore_ingestion.batches.order import StatementOrder
from altscore_ingestion.batches.payload import Table
from altscore_ingestion.batches.quota import RATE_WINDOW
from altscore_ingestion.batches.records import Record, Rejected

_LOCK_SPACE = 742_101
_IS_ANNOUNCED = """
    NOT EXISTS (
        SELECT FROM outbox o WHERE o.sent_at IS NULL AND o.name = 'ingestion.batch.complete'
            AND o.key = batch.distributor_id AND (batch.event_id IS NULL OR o.event_id = batch.event_id)
    ) AND NOT EXISTS (SELECT FROM pending_manifest p WHERE p.batch_id = batch.batch_id) AS is_announced
"""
_BATCH_COLUMNS = ", ".join(
    [*(name for name in StoredBatch.__dataclass_fields__ if name != "is_announced"), _IS_ANNOUNCED]
)
MEASURES = (
    Measure(
        name="altscore_ingest_newest_batch_timestamp_seconds",
        help="When the newest complete batch was complete, Unix time.",
        query="SELECT extract(epoch FROM max(completed_at)) FROM batch",
    ),
    Measure(
        name="altscore_ingest_incomplete_batches",
        help="Batches that were accepted more than ten minutes ago and are not complete.",
        query="SELECT count(*) FROM batch WHERE state = 'received' AND received_at < now() - interval '10 minutes'",
    ),
    Measure(
        name="altscore_ingest_pending_manifests",
        help="Batches that count and have no manifest in Bronze for more than a minute, so that the lake lacks them.",
        query="SELECT count(*) FROM pending_manifest JOIN batch USING (batch_id)"
        " WHERE completed_at < now() - interval '1 minute'",
    ),
    Measure(
        name="altscore_ingest_connector_certificates_ending",
        help="Distributors whose newest certificate ends within 14 days, or has ended.",
        query="SELECT count(*) FROM (SELECT distributor_id FROM certificate c JOIN distributor d USING (distributor_id)"
        " WHERE c.revoked_at IS NULL AND d.is_active GROUP BY distributor_id"
        " HAVING max(c.accepted_until) < now() + interval '14 days') AS ending",
    ),
)


async def lock_distributor(connection: asyncpg.Connection, distributor_id: str) -> bool:
    """Takes the session's lock on a distributor's records; False when another session holds it.

    Held while objects are written, outside any transaction; it ends with the connection, so a crash frees it and a
    process that lost it can no longer commit on this connection.
    """
    taken: bool = await connection.fetchval(
        "SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCK_SPACE, distributor_id
    )
    return taken


async def unlock_distributor(connection: asyncpg.Connection, distributor_id: str) -> None:
    """Gives the lock of `lock_distributor` back."""
    await connection.execute("SELECT pg_advisory_unlock($1, hashtext($2))", _LOCK_SPACE, distributor_id)


async def find_batches(
    connection: asyncpg.Connection, distributor_id: str, client_batch_id: UUID, body_sha256: bytes
) -> list[StoredBatch]:
    """Batches of this distributor with this client id or this body: at most one of each."""
    rows = await connection.fetch(
        f"""
        SELECT {_BATCH_COLUMNS} FROM batch WHERE distributor_id = $1 AND client_batch_id = $2
        UNION
        SELECT {_BATCH_COLUMNS} FROM batch WHERE distributor_id = $1 AND body_sha256 = $3
        ORDER BY received_at
        """,  # noqa: S608  # constant column names
        distributor_id,
        client_batch_id,
        body_sha256,
    )
    return [StoredBatch(**row) for row in rows]


async def recent_arrivals(
    connection: asyncpg.Connection, distributor_id: str, now: datetime, limit: int
) -> list[datetime]:
    """Arrivals from the connector within the last hour, newest first, at most `limit`; by index batch_rate."""
    rows = await connection.fetch(
        """
        SELECT received_at FROM batch WHERE distributor_id = $1 AND received_at > $2 AND reprocessed_from IS NULL
        ORDER BY received_at DESC LIMIT $3
        """,
        distributor_id,
        now - RATE_WINDOW,
        limit,
    )
    return [row["received_at"] for row in rows]


async def insert_batch(connection: asyncpg.Connection, batch: StoredBatch) -> None:
    """Stores that a batch arrived."""
    await connection.execute(
        """
        INSERT INTO batch (batch_id, distributor_id, client_batch_id, body_sha256, erp_type, received_at, submitted)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        batch.batch_id,
        batch.distributor_id,
        batch.client_batch_id,
        batch.body_sha256,
        batch.erp_type,
        batch.received_at,
        batch.submitted,
    )


async def record_states(
    connection: asyncpg.Connection, distributor_id: str, keys: Sequence[tuple[Table, str]]
) -> dict[tuple[Table, str], RecordState]:
    """What is stored of these records, by primary key."""
    rows = await connection.fetch(
        """
        SELECT r.table_name, r.record_key, r.content_version, r.content_sha256, r.subject_token, r.source_order,
            r.sequence, r.stated_at, r.dated_on, r.amount_inr, r.is_cancelled
        FROM unnest($2::text[], $3::text[]) AS asked (table_name, record_key)
        JOIN record r ON r.distributor_id = $1
            AND r.table_name = asked.table_name AND r.record_key = asked.record_key
        """,
        distributor_id,
        [table for table, _ in keys],
        [key for _, key in keys],
    )
    return {
        (row["table_name"], row["record_key"]): RecordState(
            content_version=row["content_version"],
            content_sha256=bytes(row["content_sha256"]),
            subject_token=row["subject_token"],
            order=StatementOrder(row["source_order"], row["sequence"]),
            stated_at=row["stated_at"],
            dated_on=row["dated_on"],
            amount_inr=row["amount_inr"],
            is_cancelled=row["is_cancelled"],
        )
        for row in rows
    }


async def superseded_contents(
    connection: asyncpg.Connection, distributor_id: str, keys: Sequence[tuple[Table, str]]
) -> set[ContentKey]:
    """Contents of these records that are in Bronze and not live, by primary key."""
    rows = await connection.fetch(
        """
        SELECT s.table_name, s.record_key, s.content_sha256
        FROM unnest($2::text[], $3::text[]) AS asked (table_name, record_key)
        JOIN superseded_content s ON s.distributor_id = $1
            AND s.table_name = asked.table_name AND s.record_key = asked.record_key
        """,
        distributor_id,
        [table for table, _ in keys],
        [key for _, key in keys],
    )
    return {ContentKey(row["table_name"], row["record_key"], bytes(row["content_sha256"])) for row in rows}


async def subjects(
    connection: asyncpg.Connection, distributor_id: str, tokens: Sequence[str]
) -> dict[str, SubjectIdentity]:
    """The vault's newest answers for these tokens."""
    rows = await connection.fetch(
        """
        SELECT subject_token, sealed_identity, gst_status FROM subject
        WHERE distributor_id = $1 AND subject_token = ANY($2::text[])
        """,
        distributor_id,
        list(tokens),
    )
    return {
        row["subject_token"]: SubjectIdentity(row["subject_token"], bytes(row["sealed_identity"]), row["gst_status"])
        for row in rows
    }


async def upsert_records(
    connection: asyncpg.Connection,
    distributor_id: str,
    batch_id: str,
    *,
    states: Mapping[tuple[Table, str], RecordState],
) -> None:
    """Stores the new states of records; one statement."""
    await connection.execute(
        """
        INSERT INTO record (distributor_id, batch_id, table_name, record_key, content_version, content_sha256,
            subject_token, source_order, sequence, stated_at, dated_on, amount_inr, is_cancelled)
        SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::int[], $6::bytea[], $7::text[], $8::bigint[],
            $9::bigint[], $10::timestamptz[], $11::date[], $12::numeric[], $13::boolean[])
        ON CONFLICT (distributor_id, table_name, record_key) DO UPDATE SET
            batch_id = excluded.batch_id, content_version = excluded.content_version,
            content_sha256 = excluded.content_sha256, subject_token = excluded.subject_token,
            source_order = excluded.source_order, sequence = excluded.sequence, stated_at = excluded.stated_at,
            dated_on = excluded.dated_on, amount_inr = excluded.amount_inr, is_cancelled = excluded.is_cancelled
        """,
        distributor_id,
        batch_id,
        [table for table, _ in states],
        [key for _, key in states],
        [state.content_version for state in states.values()],
        [state.content_sha256 for state in states.values()],
        [state.subject_token for state in states.values()],
        [state.order.source_order for state in states.values()],
        [state.order.sequence for state in states.values()],
        [state.stated_at for state in states.values()],
        [state.dated_on for state in states.values()],
        [state.amount_inr for state in states.values()],
        [state.is_cancelled for state in states.values()],
    )


async def insert_superseded(
    connection: asyncpg.Connection, distributor_id: str, contents: Iterable[ContentKey]
) -> None:
    """Stores contents that are not, or no longer, live; one statement."""
    ordered = sorted(contents)
    await connection.execute(
        """
        INSERT INTO superseded_content (distributor_id, table_name, record_key, content_sha256)
        SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bytea[])
        ON CONFLICT DO NOTHING
        """,
        distributor_id,
        [content.table for content in ordered],
        [content.key for content in ordered],
        [content.content_sha256 for content in ordered],
    )


async def raise_sequence(connection: asyncpg.Connection, distributor_id: str, sequence: int | None) -> None:
    """Stores the sequence number of a batch that counts now, unless a greater one is stored."""
    if sequence is None:
        return
    await connection.execute(
        """
        INSERT INTO accepted_sequence (distributor_id, highest_sequence) VALUES ($1, $2)
        ON CONFLICT (distributor_id) DO UPDATE SET highest_sequence = excluded.highest_sequence
        WHERE accepted_sequence.highest_sequence < excluded.highest_sequence
        """,
        distributor_id,
        sequence,
    )


async def upsert_subjects(
    connection: asyncpg.Connection, distributor_id: str, subjects: Iterable[SubjectIdentity]
) -> None:
    """Stores the vault's newest answers; one statement."""
    ordered = sorted(subjects)
    await connection.execute(
        """
        INSERT INTO subject (distributor_id, subject_token, sealed_identity, gst_status)
        SELECT $1, * FROM unnest($2::text[], $3::bytea[], $4::text[])
        ON CONFLICT (distributor_id, subject_token) DO UPDATE SET
            sealed_identity = excluded.sealed_identity, gst_status = excluded.gst_status
        WHERE (subject.sealed_identity, subject.gst_status)
            IS DISTINCT FROM (excluded.sealed_identity, excluded.gst_status)
        """,
        distributor_id,
        [item.subject_token for item in ordered],
        [item.encrypted_identity for item in ordered],
        [item.gst_status for item in ordered],
    )


async def insert_outcomes(
    connection: asyncpg.Connection,
    batch_id: str,
    rejected: Sequence[Rejected],
    duplicates: Sequence[Record],
    *,
    rejected_keys: Sequence[str | None],
) -> None:
    """Stores why records of a batch are not in Bronze; `rejected_keys` names the rejected ones, in their order."""
    rows = [
        (item.table, item.index, "quarantined", json.dumps([reason._asdict() for reason in item.reasons]), key)
        for item, key in zip(rejected, rejected_keys, strict=True)
    ]
    rows += [(item.table, item.index, "duplicate", "[]", None) for item in duplicates]
    await connection.executemany(
        """
        INSERT INTO batch_record (batch_id, table_name, position, status, reasons, record_key)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [(batch_id, *row) for row in rows],
    )


async def complete_batch(
    connection: asyncpg.Connection,
    batch_id: str,
    *,
    counts: Counts,
    completeness: Decimal,
    manifest_uri: str,
    manifest_sha256: str,
    event_id: UUID,
    now: datetime,
) -> bool:
    """Marks a received batch complete; False when it already was."""
    tag: str = await connection.execute(
        """
        UPDATE batch SET state = 'complete', completed_at = $2, accepted = $3, quarantined = $4, duplicate = $5,
            completeness = $6, manifest_uri = $7, manifest_sha256 = $8, event_id = $9
        WHERE batch_id = $1 AND state = 'received'
        """,
        batch_id,
        now,
        counts.accepted,
        counts.quarantined,
        counts.duplicate,
        completeness,
        manifest_uri,
        manifest_sha256,
        event_id,
    )
    return tag == "UPDATE 1"


async def batch_status(
    connection: asyncpg.Connection, distributor_id: str, batch_id: str, client_batch_id: UUID | None
) -> StoredBatch | None:
    """A batch of this distributor by our id or by the connector's own."""
    row = await connection.fetchrow(
        f"""
        SELECT {_BATCH_COLUMNS} FROM batch
        WHERE distributor_id = $1 AND (batch_id = $2 OR client_batch_id = $3)
        """,  # noqa: S608  # constant column names
        distributor_id,
        batch_id,
        client_batch_id,
    )
    return StoredBatch(**row) if row else None


async def outcomes(connection: asyncpg.Connection, batch_id: str) -> list[RecordOutcome]:
    """The records of a batch that are not in Bronze, in the order of the batch."""
    rows = await connection.fetch(
        """
        SELECT table_name, position, status, reasons FROM batch_record
        WHERE batch_id = $1 AND reprocessed_in IS NULL ORDER BY table_name, position
        """,
        batch_id,
    )
    return [
        RecordOutcome(
            table=row["table_name"],
            index=row["position"],
            status=row["status"],
            reasons=json.loads(row["reasons"]),
        )
        for row in rows
    ]
