"""SQL of erasures, in the projector's signed context. Takes a connection, never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

LOCK_SPACE = 7  # of advisory locks; filings of grievances use 5 and 6


class Deleted(NamedTuple):
    """How much of erased retailers was deleted."""

    scores: int
    blocks: int


async def lock(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> None:
    """Waits for what is being projected of these retailers, and keeps others waiting until this transaction ends."""
    for retailer_id in sorted(retailer_ids):
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", retailer_id, LOCK_SPACE)


async def is_erased(connection: asyncpg.Connection, retailer_id: str) -> bool:
    """Whether a retailer is erased; it cannot become so before this transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended($1, $2))", retailer_id, LOCK_SPACE)
    query = "SELECT EXISTS (SELECT FROM erased_retailer WHERE retailer_id = $1)"  # sees what the lock waited for
    return bool(await connection.fetchval(query, retailer_id))


async def add(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], *, request_id: str, erased_at: datetime, at: datetime
) -> None:
    """Records for good that retailers are erased; a record that stands stays."""
    await connection.execute(
        "INSERT INTO erased_retailer (retailer_id, request_id, erased_at, applied_at)"
        " SELECT id, $2, $3, $4 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING",
        list(retailer_ids),
        request_id,
        erased_at,
        at,
    )


async def delete(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> Deleted:
    """Deletes scores, blocks, requests and standings of erased retailers, and ends their projected consents.

    Standings, rows of retailer_standing, since migration 0016; portfolio_holding goes with the grants, since 0019.
    """
    return Deleted(*await connection.fetchrow("SELECT scores, blocks FROM forget_erased($1)", list(retailer_ids)))
