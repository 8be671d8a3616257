"""All SQL of erasures; every function takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

LOCK = 7  # an advisory lock: one for all retailers, since a chunk of a run holds thousands


class Deleted(NamedTuple):
    """How much of erased retailers was deleted."""

    scores: int
    blocks: int


async def lock(connection: asyncpg.Connection) -> None:
    """Waits for what is being written, and keeps other writers waiting until this transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)


async def erased_among(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> set[str]:
    """Which of these retailers are erased; no other becomes so before this transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", LOCK)
    query = "SELECT retailer_id FROM erased_retailers WHERE retailer_id = ANY($1)"  # sees what the lock waited for
    return {row["retailer_id"] for row in await connection.fetch(query, list(retailer_ids))}


async def add(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], *, request_id: str, erased_at: datetime, at: datetime
) -> None:
    """Records for good that retailers are erased; a record that stands stays."""
    await connection.execute(
        "INSERT INTO erased_retailers (retailer_id, request_id, erased_at, applied_at)"
        " SELECT id, $2, $3, $4 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING",
        list(retailer_ids),
        request_id,
        erased_at,
        at,
    )


async def delete(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> Deleted:
    """Deletes scores, blocks, shadow_scores, revocations and requests of erased retailers; empties their evidence."""
    return Deleted(*await connection.fetchrow("SELECT scores, blocks FROM forget_erased($1)", list(retailer_ids)))
