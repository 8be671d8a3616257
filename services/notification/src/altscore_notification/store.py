"""All SQL; every function takes a connection in a transaction and never commits."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.ids import new_id

from altscore_notification.domain import Kind, Message, dedupe_key

LEASE = timedelta(seconds=60)
_CLAIM = """
UPDATE messages m SET attempts = attempts + 1, next_attempt_at = $1 + $2::interval
FROM (
    SELECT message_id FROM messages WHERE status = 'pending' AND next_attempt_at <= $1
    ORDER BY next_attempt_at, created_at LIMIT $3 FOR UPDATE SKIP LOCKED
) due
WHERE m.message_id = due.message_id
RETURNING m.message_id, m.kind, m.retailer_id, m.invite_id, m.language, m.parameters, m.attempts, m.created_at
"""


class Due(NamedTuple):
    """A message to be sent now; leased, so that another worker does not send it meanwhile."""

    message_id: str
    message: Message
    attempts: int
    created_at: datetime


async def add(connection: asyncpg.Connection, event_id: UUID, message: Message, now: datetime) -> bool:
    """Queues a message; False when the same one is queued or sent already."""
    found = await connection.fetchval(
        "INSERT INTO messages (message_id, event_id, kind, dedupe_key, retailer_id, invite_id, template, language,"
        " parameters, created_at, next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6, $3, $7, $8, $9, $9)"
        " ON CONFLICT DO NOTHING RETURNING true",
        new_id("msg"),
        event_id,
        message.kind,
        dedupe_key(message, event_id),
        message.retailer_id,
        message.invite_id,
        message.language,
        list(message.parameters),
        now,
    )
    return bool(found)


async def cancel_questions(connection: asyncpg.Connection, invite_id: str, now: datetime) -> None:
    """Cancels unsent questions about an invite that was answered meanwhile."""
    await connection.execute(
        "UPDATE messages SET status = 'cancelled', finished_at = $3"
        " WHERE invite_id = $1 AND status = 'pending' AND kind = ANY($2)",
        invite_id,
        [Kind.INVITE, Kind.CLARIFICATION],
        now,
    )


async def claim(connection: asyncpg.Connection, now: datetime, limit: int) -> list[Due]:
    """Leases what is due, by index messages_due."""
    rows = await connection.fetch(_CLAIM, now, LEASE, limit)
    return [
        Due(
            row["message_id"],
            Message(
                Kind(row["kind"]),
                row["retailer_id"],
                row["language"],
                tuple(row["parameters"]),
                row["invite_id"],
            ),
            row["attempts"],
            row["created_at"],
        )
        for row in sorted(rows, key=lambda row: (row["created_at"], row["message_id"]))
    ]


async def finish(
    connection: asyncpg.Connection,
    message_id: str,
    *,
    status: str,
    at: datetime,
    error_code: str | None = None,
    provider_hash: str | None = None,
) -> None:
    """Moves a message to its end."""
    await connection.execute(
        "UPDATE messages SET status = $2, finished_at = $3, error_code = $4, provider_hash = $5 WHERE message_id = $1",
        message_id,
        status,
        at,
        error_code,
        provider_hash,
    )


async def postpone(connection: asyncpg.Connection, message_id: str, at: datetime, error_code: str) -> None:
    """Says when a message is tried again, and why it was not sent."""
    await connection.execute(
        "UPDATE messages SET next_attempt_at = $2, error_code = $3 WHERE message_id = $1 AND status = 'pending'",
        message_id,
        at,
        error_code,
    )


async def give_back(connection: asyncpg.Connection, message_id: str, at: datetime, error_code: str) -> None:
    """Like `postpone`, without counting the try: nothing was wrong with the message."""
    await connection.execute(
        "UPDATE messages SET next_attempt_at = $2, error_code = $3, attempts = greatest(attempts - 1, 0)"
        " WHERE message_id = $1 AND status = 'pending'",
        message_id,
        at,
        error_code,
    )


async def purge(connection: asyncpg.Connection, before: datetime) -> int:
    """Forgets messages that ended before, by index messages_finished."""
    done = await connection.execute("DELETE FROM messages WHERE finished_at < $1", before)
    return int(done.split()[-1])
