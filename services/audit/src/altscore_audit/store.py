"""All SQL of the audit service. The role may SELECT and call three functions; nothing here can change an entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from altscore_audit.domain import Entry, Link

_LINKS = """
SELECT chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash FROM audit_log
WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""
_LINKS_OF_ACTION = """
SELECT chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash FROM audit_log
WHERE chain = $1 AND seq > $2 AND action = $4 ORDER BY seq LIMIT $3
"""
_UNSEALED = """
SELECT h.chain, h.last_seq, coalesce(c.seq, 0) AS sealed_seq,
       coalesce(c.entry_hash, decode(repeat('00', 32), 'hex')) AS sealed_hash,
       (SELECT l.recorded_at FROM audit_log l WHERE l.chain = h.chain AND l.seq > coalesce(c.seq, 0)
        ORDER BY l.seq LIMIT 1) AS oldest_at
FROM audit_chain h
LEFT JOIN LATERAL (
    SELECT seq, entry_hash FROM audit_checkpoint c WHERE c.chain = h.chain ORDER BY seq DESC LIMIT 1
) c ON true
ORDER BY h.chain
"""
_HEADS = """
SELECT h.chain, h.last_seq, h.last_hash, c.seq AS checkpoint_seq, c.signed_at AS checkpoint_at
FROM audit_chain h
LEFT JOIN LATERAL (
    SELECT seq, signed_at FROM audit_checkpoint c WHERE c.chain = h.chain ORDER BY seq DESC LIMIT 1
) c ON true
ORDER BY h.chain
"""


@dataclass(frozen=True)
class Unsealed:
    """How far a chain is and how far its newest checkpoint is."""

    chain: str
    last_seq: int
    sealed_seq: int
    sealed_hash: bytes
    oldest_at: datetime | None


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint that stands in the bucket."""

    link: Link
    document: str
    signature: bytes
    key_id: str
    object_key: str
    signed_at: datetime


async def append(connection: asyncpg.Connection, chain: str, entries: Sequence[Entry]) -> tuple[int, frozenset[UUID]]:
    """Chains entries in order.

    Returns:
        How many were new, and the ids that stand already with another payload.
    """
    row = await connection.fetchrow(
        "SELECT appended, conflicts FROM audit_append($1, $2, $3, $4, $5)",
        chain,
        [one.event_id for one in entries],
        [one.occurred_at for one in entries],
        [one.action for one in entries],
        [one.payload for one in entries],
    )
    return int(row["appended"]), frozenset(row["conflicts"])


async def count(connection: asyncpg.Connection, arrived: Sequence[tuple[str, str, int]]) -> int:
    """Counts (topic, producer, producer_seq) triples; returns how many were new."""
    topics, producers, seqs = (list(column) for column in zip(*arrived, strict=True))
    return int(await connection.fetchval("SELECT audit_count($1, $2, $3)", topics, producers, seqs))


async def links(
    connection: asyncpg.Connection, chain: str, *, after: int, limit: int, action: str | None = None
) -> list[Link]:
    """Entries of a chain behind `after`, in order."""
    if action is None:
        rows = await connection.fetch(_LINKS, chain, after, limit)
    else:
        rows = await connection.fetch(_LINKS_OF_ACTION, chain, after, limit, action)
    return [Link(**dict(row)) for row in rows]


async def unsealed(connection: asyncpg.Connection) -> list[Unsealed]:
    """Every chain with its newest checkpoint."""
    return [Unsealed(**dict(row)) for row in await connection.fetch(_UNSEALED)]


async def add_checkpoint(connection: asyncpg.Connection, made: SignedCheckpoint) -> None:
    """Notes a checkpoint; the database refuses one that names no entry."""
    await connection.execute(
        "SELECT audit_checkpoint_add($1, $2, $3, $4, $5, $6, $7, $8)",
        made.link.chain,
        made.link.seq,
        made.link.entry_hash,
        made.document,
        made.signature.hex(),
        made.key_id,
        made.object_key,
        made.signed_at,
    )


async def heads(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Head and newest checkpoint of every chain, by name."""
    return list(await connection.fetch(_HEADS))


async def counts(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Events by topic and producer."""
    return list(
        await connection.fetch("SELECT topic, producer, events, last_seq FROM event_count ORDER BY topic, producer")
    )


async def balance(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Produced, applied and the first missing number of every producer."""
    return list(
        await connection.fetch("SELECT producer, produced, applied, first_missing FROM event_balance ORDER BY producer")
    )


async def unreadable(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Unreadable messages by topic."""
    return list(await connection.fetch("SELECT topic, events FROM event_unreadable ORDER BY topic"))
