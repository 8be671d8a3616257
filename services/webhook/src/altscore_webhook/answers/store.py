"""SQL of messages that wait for a decision; every function takes a connection in a transaction and never commits."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_webhook.deliveries.envelope import Envelope

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
          (SELECT sealed FROM deliveries d WHERE d.delivery_id = m.delivery_id) AS ciphertext,
          (SELECT signature FROM deliveries d WHERE d.delivery_id = m.delivery_id) AS signature
"""

MEASURES = (
    Measure(
        name="altscore_webhook_waiting",
        help="Messages from retailers that wait for a decision.",
        query="SELECT count(*) FROM messages WHERE status = 'pending'",
    ),
    Measure(
        name="altscore_webhook_oldest_waiting_age_seconds",
        help="Age of the message that has waited longest for a decision; 0 when none waits.",
        query="SELECT coalesce(extract(epoch FROM now() - min(received_at)), 0) FROM messages WHERE status = 'pending'",
    ),
    Measure(
        name="altscore_webhook_parked",
        help="Messages from retailers that only a person can decide.",
        query="SELECT count(*) FROM messages WHERE status = 'parked'",
    ),
)


class DueMessage(NamedTuple):
    """A message to decide now, leased so that no other worker takes it; without `envelope` its delivery is gone."""

    message_hash: str
    delivery_id: UUID | None
    place: tuple[int, ...]
    attempts: int
    received_at: datetime
    envelope: Envelope | None
    signature: str | None = None


async def claim(connection: asyncpg.Connection, now: datetime, limit: int) -> list[DueMessage]:
    """Leases what is due, by index messages_due."""
    return [
        DueMessage(
            message_hash=row["message_hash"],
            delivery_id=row["delivery_id"],
            place=tuple(row["place"]),
            attempts=row["attempts"],
            received_at=row["received_at"],
            envelope=Envelope(row["wrapped_key"], row["ciphertext"]) if row["ciphertext"] is not None else None,
            signature=row["signature"],
        )
        for row in await connection.fetch(_CLAIM, now, LEASE, limit)
    ]


async def invite_of_sent_message(connection: asyncpg.Connection, message_hash: str) -> str | None:
    """The invite that a message of ours was about, by primary key."""
    query = "SELECT invite_id FROM sent_messages WHERE message_hash = $1"
    invite_id: str | None = await connection.fetchval(query, message_hash)
    return invite_id


async def is_replaced(connection: asyncpg.Connection, message_hash: str) -> bool:
    """Whether its sender edited or deleted this message since, by index messages_by_replaced."""
    query = "SELECT EXISTS (SELECT FROM messages WHERE replaces_hash = $1)"
    return bool(await connection.fetchval(query, message_hash))


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
    """Sets when a message is tried again."""
    await connection.execute("UPDATE messages SET next_attempt_at = $2 WHERE message_hash = $1", message_hash, at)
