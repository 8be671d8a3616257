"""All SQL; every function takes a connection in a transaction and never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from altscore_webhook.domain import Item, Kind
from altscore_webhook.sealing import Sealed

LEASE = timedelta(seconds=60)
_CLAIM = """
UPDATE messages m SET attempts = attempts + 1, next_attempt_at = $1 + $2::interval
FROM (
    SELECT message_hash FROM messages WHERE status = 'pending' AND next_attempt_at <= $1
    ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED
) due
WHERE m.message_hash = due.message_hash
RETURNING m.message_hash, m.delivery_id, m.place, m.attempts, m.received_at,
          (SELECT wrapped_key FROM deliveries d WHERE d.delivery_id = m.delivery_id) AS wrapped_key,
          (SELECT sealed FROM deliveries d WHERE d.delivery_id = m.delivery_id) AS sealed
"""


class Due(NamedTuple):
    """A message that is to be processed now; leased, so that another worker does not take it meanwhile."""

    message_hash: str
    delivery_id: UUID | None
    place: tuple[int, ...]
    attempts: int
    received_at: datetime
    sealed: Sealed | None


async def known(connection: asyncpg.Connection, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that were received before."""
    rows = await connection.fetch("SELECT message_hash FROM messages WHERE message_hash = ANY($1)", list(hashes))
    return {row["message_hash"] for row in rows}


async def add_delivery(connection: asyncpg.Connection, delivery_id: UUID, sealed: Sealed, at: datetime) -> None:
    """Keeps a sealed delivery."""
    await connection.execute(
        "INSERT INTO deliveries (delivery_id, received_at, wrapped_key, sealed) VALUES ($1, $2, $3, $4)",
        delivery_id,
        at,
        sealed.wrapped_key,
        sealed.sealed,
    )


async def add_items(
    connection: asyncpg.Connection,
    delivery_id: UUID,
    items: Sequence[tuple[str, Item]],
    at: datetime,
    *,
    replaced: Mapping[str, str],
) -> None:
    """Adds the items that are new; a message waits for the worker, a status is done when it is counted.

    Args:
        connection: in a transaction.
        delivery_id: of the delivery that holds them.
        items: with the hash of each.
        at: when they came.
        replaced: hashes of edited or deleted messages, by their ids.
    """
    await connection.executemany(
        "INSERT INTO messages (message_hash, delivery_id, place, kind, status, outcome, received_at, next_attempt_at,"
        " finished_at, replaces_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9) ON CONFLICT DO NOTHING",
        [
            (
                message_hash,
                delivery_id,
                list(item.place),
                item.kind,
                "pending" if item.kind is Kind.MESSAGE else "done",
                item.status,
                at,
                None if item.kind is Kind.MESSAGE else at,
                replaced[item.replaces] if item.replaces else None,
            )
            for message_hash, item in items
        ],
    )


async def add_sent(connection: asyncpg.Connection, sent: Mapping[str, str], at: datetime) -> None:
    """Notes which invites messages of ours, by their hashes, were about; the first word stands."""
    if sent:
        await connection.executemany(
            "INSERT INTO sent_messages (message_hash, invite_id, seen_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            [(message_hash, invite_id, at) for message_hash, invite_id in sent.items()],
        )


async def invite_of_sent(connection: asyncpg.Connection, message_hash: str) -> str | None:
    """The invite that a message of ours was about."""
    found = await connection.fetchval("SELECT invite_id FROM sent_messages WHERE message_hash = $1", message_hash)
    return str(found) if found is not None else None


async def is_replaced(connection: asyncpg.Connection, message_hash: str) -> bool:
    """Whether its sender edited or deleted this message since, by index messages_by_replaced."""
    query = "SELECT EXISTS (SELECT FROM messages WHERE replaces_hash = $1)"
    return bool(await connection.fetchval(query, message_hash))


async def claim(connection: asyncpg.Connection, now: datetime, limit: int) -> list[Due]:
    """Leases what is due, by index messages_due."""
    rows = await connection.fetch(_CLAIM, now, LEASE, limit)
    return [
        Due(
            row["message_hash"],
            row["delivery_id"],
            tuple(row["place"]),
            row["attempts"],
            row["received_at"],
            Sealed(row["wrapped_key"], row["sealed"]) if row["sealed"] is not None else None,
        )
        for row in rows
    ]


async def finish(connection: asyncpg.Connection, message_hash: str, *, status: str, outcome: str, at: datetime) -> None:
    """Moves a message to its end."""
    await connection.execute(
        "UPDATE messages SET status = $2, outcome = $3, finished_at = $4 WHERE message_hash = $1",
        message_hash,
        status,
        outcome,
        at,
    )


async def retry_at(connection: asyncpg.Connection, message_hash: str, at: datetime) -> None:
    """Says when a message is tried again."""
    await connection.execute("UPDATE messages SET next_attempt_at = $2 WHERE message_hash = $1", message_hash, at)


async def purge(connection: asyncpg.Connection, *, payloads_before: datetime, hashes_before: datetime) -> int:
    """Forgets raw deliveries whose messages are all done, and later their hashes; returns how many deliveries."""
    done = await connection.execute(
        "DELETE FROM deliveries d WHERE received_at < $1 AND NOT EXISTS"
        " (SELECT FROM messages m WHERE m.delivery_id = d.delivery_id AND m.status <> 'done')",
        payloads_before,
    )
    await connection.execute("DELETE FROM messages WHERE status = 'done' AND finished_at < $1", hashes_before)
    await connection.execute("DELETE FROM sent_messages WHERE seen_at < $1", hashes_before)
    return int(done.split()[-1])
