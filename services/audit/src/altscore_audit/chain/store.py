"""SQL of the chains; takes a connection, never commits. The role may SELECT and call functions, nothing else."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from altscore_audit.chain.domain import Entry, Link

_LINKS = """
SELECT chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash FROM audit_log
WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""
_LINKS_OF_ACTION = """
SELECT chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash FROM audit_log
WHERE chain = $1 AND seq > $2 AND action = $4 ORDER BY seq LIMIT $3
"""
_HEADS = """
SELECT h.chain, h.last_seq, h.last_hash, c.seq AS checkpoint_seq, c.signed_at AS checkpoint_at
FROM audit_chain h
LEFT JOIN LATERAL (
    SELECT seq, signed_at FROM audit_checkpoint c WHERE c.chain = h.chain ORDER BY seq DESC LIMIT 1
) c ON true
ORDER BY h.chain
"""


async def append(connection: asyncpg.Connection, chain: str, entries: Sequence[Entry]) -> tuple[int, frozenset[UUID]]:
    """Chains entries in order.

    Returns:
        How many were new, and the ids that are already chained with another payload.
    """
    row = await connection.fetchrow(
        "SELECT appended, conflicts FROM audit_append($1, $2, $3, $4, $5)",
        chain,
        [entry.event_id for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.action for entry in entries],
        [entry.payload for entry in entries],
    )
    return int(row["appended"]), frozenset(row["conflicts"])


async def links(
    connection: asyncpg.Connection, chain: str, *, after: int, limit: int, action: str | None = None
) -> list[Link]:
    """Entries of a chain behind `after`, in order."""
    if action is None:
        rows = await connection.fetch(_LINKS, chain, after, limit)
    else:
        rows = await connection.fetch(_LINKS_OF_ACTION, chain, after, limit, action)
    return [Link(**dict(row)) for row in rows]


async def heads(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Head and newest checkpoint of every chain, by name."""
    return list(await connection.fetch(_HEADS))


async def last_seq(connection: asyncpg.Connection, chain: str) -> int:
    """Where a chain ends."""
    return int(await connection.fetchval("SELECT last_seq FROM audit_chain WHERE chain = $1", chain))


async def recorded_after(connection: asyncpg.Connection, chain: str, seq: int) -> datetime | None:
    """When the first entry behind a place was chained, None when there is none."""
    statement = "SELECT recorded_at FROM audit_log WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT 1"
    recorded_at: datetime | None = await connection.fetchval(statement, chain, seq)
    return recorded_at
