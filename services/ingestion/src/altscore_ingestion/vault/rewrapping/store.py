"""SQL of rewrapping; every function takes a connection and never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.state_gauges import Measure

MEASURES = (
    Measure(
        name="altscore_vault_oldest_wrapping_seconds",
        help="Age of the oldest wrapping of a data key; 0 when there is none.",
        query="SELECT coalesce(extract(epoch FROM now() - min(coalesce(wrapped_at, created_at))), 0) FROM retailer",
    ),
)


class Wrapping(NamedTuple):
    """A wrapped data key, and its new wrapping."""

    retailer_id: str
    before: bytes
    after: bytes


async def due(
    connection: asyncpg.Connection, *, wrapped_by: str, wrapped_before: datetime, after: str, limit: int
) -> list[tuple[str, bytes]]:
    """Wrapped keys of another label or an older time, by retailer id from `after` on; by the primary key."""
    rows = await connection.fetch(
        """
        SELECT retailer_id, wrapped_data_key FROM retailer
        WHERE retailer_id > $3 AND (wrapped_by IS DISTINCT FROM $1 OR coalesce(wrapped_at, created_at) < $2)
        ORDER BY retailer_id LIMIT $4
        """,
        wrapped_by,
        wrapped_before,
        after,
        limit,
    )
    return [(row["retailer_id"], bytes(row["wrapped_data_key"])) for row in rows]


async def replace(
    connection: asyncpg.Connection, wrappings: Sequence[Wrapping], *, wrapped_by: str, now: datetime
) -> int:
    """Replaces wrapped keys that are still what they were; returns how many. A retailer erased meanwhile stays away."""
    rows = await connection.fetch(
        """
        UPDATE retailer SET wrapped_data_key = new.after, wrapped_by = $4, wrapped_at = $5
        FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS new (retailer_id, before, after)
        WHERE retailer.retailer_id = new.retailer_id AND retailer.wrapped_data_key = new.before
        RETURNING retailer.retailer_id
        """,
        [wrapping.retailer_id for wrapping in wrappings],
        [wrapping.before for wrapping in wrappings],
        [wrapping.after for wrapping in wrappings],
        wrapped_by,
        now,
    )
    return len(rows)
