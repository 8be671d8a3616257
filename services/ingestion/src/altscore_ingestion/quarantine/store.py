"""SQL of reprocessing; every function takes a connection and never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.errors import FieldError

from altscore_ingestion.quarantine.domain import Place, SourceBatch, first_reason


async def find_source(connection: asyncpg.Connection, distributor_id: str, batch_id: str) -> SourceBatch | None:
    """A batch of the distributor, by primary key; None for one of another or of nobody."""
    row = await connection.fetchrow(
        """
        SELECT b.batch_id, b.erp_type, b.state = 'complete' AS is_complete, b.received_at, b.manifest_uri,
            b.manifest_sha256, d.is_active, d.max_amount_inr
        FROM batch b JOIN distributor d USING (distributor_id) WHERE b.batch_id = $1 AND b.distributor_id = $2
        """,
        batch_id,
        distributor_id,
    )
    return SourceBatch(**row) if row else None


async def quarantined_places(connection: asyncpg.Connection, batch_id: str) -> dict[Place, FieldError]:
    """Records of a batch that are still in quarantine, each with the first rule that it broke, by primary key."""
    rows = await connection.fetch(
        """
        SELECT table_name, position, reasons FROM batch_record
        WHERE batch_id = $1 AND status = 'quarantined' AND reprocessed_in IS NULL ORDER BY table_name, position
        """,
        batch_id,
    )
    return {Place(row["table_name"], row["position"]): first_reason(row["reasons"]) for row in rows}


async def is_active(connection: asyncpg.Connection, distributor_id: str) -> bool:
    """Whether the distributor may call at all; a revocation waits for this transaction's end."""
    active: bool | None = await connection.fetchval(
        "SELECT is_active FROM distributor WHERE distributor_id = $1 FOR SHARE", distributor_id
    )
    return bool(active)


class NewReprocessing(NamedTuple):
    """A batch of records from quarantine, before it is written."""

    batch_id: str
    distributor_id: str
    client_batch_id: UUID
    body_sha256: bytes
    erp_type: str
    received_at: datetime
    submitted: int
    reprocessed_from: str


async def has_unfinished(connection: asyncpg.Connection, source_batch_id: str) -> bool:
    """Whether an earlier try was cut off, by index batch_reprocessing."""
    exists: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM batch WHERE reprocessed_from = $1 AND state = 'received')", source_batch_id
    )
    return exists


async def insert_or_resume(connection: asyncpg.Connection, new: NewReprocessing) -> tuple[str, datetime]:
    """Stores that a batch of records from quarantine begins; one that was cut off becomes this one.

    Returns:
        Its id and instant: its own where it is resumed.
    """
    row = await connection.fetchrow(
        """
        INSERT INTO batch (batch_id, distributor_id, client_batch_id, body_sha256, erp_type, received_at, submitted,
            reprocessed_from)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (reprocessed_from) WHERE state = 'received' DO UPDATE SET
            body_sha256 = excluded.body_sha256, submitted = excluded.submitted
        RETURNING batch_id, received_at
        """,
        *new,
    )
    return row["batch_id"], row["received_at"]


async def set_reprocessed(
    connection: asyncpg.Connection, source_batch_id: str, places: Sequence[Place], *, batch_id: str
) -> None:
    """Stores which batch brought these records to Bronze."""
    await connection.execute(
        """
        UPDATE batch_record r SET reprocessed_in = $2
        FROM unnest($3::text[], $4::int[]) AS taken (table_name, position)
        WHERE r.batch_id = $1 AND r.table_name = taken.table_name AND r.position = taken.position
        """,
        source_batch_id,
        batch_id,
        [place.table for place in places],
        [place.position for place in places],
    )
