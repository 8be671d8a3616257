"""All SQL of the ingestion database; every function takes a connection and never commits."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from altscore_ingestion.bronze import Counts, Sealed
from altscore_ingestion.domain import Known, Placed, Record, Rejected
from altscore_ingestion.payload import Table

RATE_WINDOW = timedelta(hours=1)
_LOCK_SPACE = 742_101


@dataclass(frozen=True)
class Connector:
    """What a presented certificate gives access to, and what must be proven besides it."""

    distributor_id: str
    api_key_hash: bytes
    signing_secret_wrapped: bytes
    is_active: bool
    is_accepted: bool
    backfill_open_until: datetime | None


@dataclass(frozen=True)
class BatchRow:
    """A batch as it stands."""

    batch_id: str
    distributor_id: str
    client_batch_id: UUID
    body_sha256: bytes
    erp_type: str
    state: str
    received_at: datetime
    submitted: int
    accepted: int | None
    quarantined: int | None
    duplicate: int | None
    completeness: Decimal | None


_BATCH_COLUMNS = ", ".join(BatchRow.__dataclass_fields__)


async def key_or_insert(connection: asyncpg.Connection, name: str, wrapped: bytes) -> bytes:
    """The stored wrapped key of this name; `wrapped` becomes it where there is none."""
    await connection.execute(
        "INSERT INTO service_key (name, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, wrapped
    )
    return bytes(await connection.fetchval("SELECT wrapped FROM service_key WHERE name = $1", name))


async def find_key(connection: asyncpg.Connection, name: str) -> bytes | None:
    """The stored wrapped key of this name."""
    found = await connection.fetchval("SELECT wrapped FROM service_key WHERE name = $1", name)
    return None if found is None else bytes(found)


async def connector_of_certificate(connection: asyncpg.Connection, fingerprint: str, now: datetime) -> Connector | None:
    """The distributor behind a certificate, by primary key."""
    row = await connection.fetchrow(
        """
        SELECT d.distributor_id, d.api_key_hash, d.signing_secret_wrapped, d.is_active,
               c.revoked_at IS NULL AND c.accepted_until > $2 AS is_accepted, d.backfill_open_until
        FROM certificate c JOIN distributor d USING (distributor_id) WHERE c.fingerprint = $1
        """,
        fingerprint,
        now,
    )
    return Connector(**row) if row else None


async def lock_distributor(connection: asyncpg.Connection, distributor_id: str) -> bool:
    """Takes the session's lock on a distributor's books; False when another session holds it.

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


async def find_batch(
    connection: asyncpg.Connection, distributor_id: str, client_batch_id: UUID, body_sha256: bytes
) -> list[BatchRow]:
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
    return [BatchRow(**row) for row in rows]


async def recent_arrivals(
    connection: asyncpg.Connection, distributor_id: str, now: datetime, limit: int
) -> list[datetime]:
    """Arrivals within the last hour, newest first, at most `limit`; by index batch_rate."""
    rows = await connection.fetch(
        """
        SELECT received_at FROM batch WHERE distributor_id = $1 AND received_at > $2
        ORDER BY received_at DESC LIMIT $3
        """,
        distributor_id,
        now - RATE_WINDOW,
        limit,
    )
    return [row["received_at"] for row in rows]


async def insert_batch(connection: asyncpg.Connection, batch: BatchRow) -> None:
    """Writes down that a batch arrived."""
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


async def known_records(
    connection: asyncpg.Connection, distributor_id: str, keys: Sequence[tuple[Table, str]]
) -> dict[tuple[Table, str], Known]:
    """Newest stored versions of these records, by primary key."""
    rows = await connection.fetch(
        """
        SELECT r.table_name, r.record_key, r.content_version, r.content_sha256, r.subject_token
        FROM unnest($2::text[], $3::text[]) AS wanted (table_name, record_key)
        JOIN record r ON r.distributor_id = $1
            AND r.table_name = wanted.table_name AND r.record_key = wanted.record_key
        """,
        distributor_id,
        [table for table, _ in keys],
        [key for _, key in keys],
    )
    return {
        (row["table_name"], row["record_key"]): Known(
            row["content_version"], bytes(row["content_sha256"]), row["subject_token"]
        )
        for row in rows
    }


async def sealed_subjects(
    connection: asyncpg.Connection, distributor_id: str, tokens: Sequence[str]
) -> dict[str, Sealed]:
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
        row["subject_token"]: Sealed(row["subject_token"], bytes(row["sealed_identity"]), row["gst_status"])
        for row in rows
    }


async def upsert_records(
    connection: asyncpg.Connection, distributor_id: str, batch_id: str, placed: Sequence[Placed]
) -> None:
    """Stores the newest version of each written record; one statement."""
    newest = {(one.record.table, one.key): one for one in placed}.values()
    await connection.execute(
        """
        INSERT INTO record
            (distributor_id, batch_id, table_name, record_key, content_version, content_sha256, subject_token)
        SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::int[], $6::bytea[], $7::text[])
        ON CONFLICT (distributor_id, table_name, record_key) DO UPDATE SET
            batch_id = excluded.batch_id, content_version = excluded.content_version,
            content_sha256 = excluded.content_sha256, subject_token = excluded.subject_token
        """,
        distributor_id,
        batch_id,
        [one.record.table for one in newest],
        [one.key for one in newest],
        [one.content_version for one in newest],
        [one.content_sha256 for one in newest],
        [one.subject_token for one in newest],
    )


async def upsert_subjects(connection: asyncpg.Connection, distributor_id: str, sealed: Iterable[Sealed]) -> None:
    """Stores the vault's newest answers; one statement."""
    ordered = sorted(sealed)
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
        [one.subject_token for one in ordered],
        [one.sealed_identity for one in ordered],
        [one.gst_status for one in ordered],
    )


async def insert_outcomes(
    connection: asyncpg.Connection, batch_id: str, rejected: Sequence[Rejected], duplicates: Sequence[Record]
) -> None:
    """Stores why records of a batch are not in Bronze."""
    rows = [
        (one.table, one.index, "quarantined", json.dumps([reason._asdict() for reason in one.reasons]))
        for one in rejected
    ]
    rows += [(one.table, one.index, "duplicate", "[]") for one in duplicates]
    await connection.executemany(
        """
        INSERT INTO batch_record (batch_id, table_name, position, status, reasons) VALUES ($1, $2, $3, $4, $5)
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
    now: datetime,
) -> bool:
    """Marks a received batch complete; False when it already was."""
    tag: str = await connection.execute(
        """
        UPDATE batch SET state = 'complete', completed_at = $2, accepted = $3, quarantined = $4, duplicate = $5,
            completeness = $6, manifest_uri = $7, manifest_sha256 = $8
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
    )
    return tag == "UPDATE 1"


async def batch_status(
    connection: asyncpg.Connection, distributor_id: str, batch_id: str, client_batch_id: UUID | None
) -> BatchRow | None:
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
    return BatchRow(**row) if row else None


async def outcomes(connection: asyncpg.Connection, batch_id: str) -> list[Mapping[str, Any]]:
    """The records of a batch that are not in Bronze, in the order of the batch."""
    rows = await connection.fetch(
        """
        SELECT table_name, position, status, reasons FROM batch_record
        WHERE batch_id = $1 ORDER BY table_name, position
        """,
        batch_id,
    )
    return [
        {
            "table": row["table_name"],
            "index": row["position"],
            "status": row["status"],
            "reasons": json.loads(row["reasons"]),
        }
        for row in rows
    ]
