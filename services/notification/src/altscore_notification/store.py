"""All SQL; every function takes a connection in a transaction and never commits."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.ids import new_id

from altscore_notification.domain import Kind, Message, dedupe_key

LEASE = timedelta(seconds=60)
_LEASE_THOSE = """
UPDATE messages m SET attempts = attempts + 1, next_attempt_at = $1 + $2::interval
FROM (
    SELECT message_id FROM messages WHERE status = 'pending' AND next_attempt_at <= $1 AND {which}
    ORDER BY next_attempt_at, created_at LIMIT $3 FOR UPDATE SKIP LOCKED
) due
WHERE m.message_id = due.message_id
RETURNING m.message_id, m.kind, m.retailer_id, m.invite_id, m.language, m.parameters, m.attempts, m.created_at,
    m.channel, m.contact_ref
"""
_CLAIM = _LEASE_THOSE.format(which="true")
_CLAIM_FOR_SMS = _LEASE_THOSE.format(
    which="kind IN ('consent_confirmation', 'consent_withdrawn') AND (channel = 'sms' OR created_at <= $4)"
)


class Due(NamedTuple):
    """A message to be sent now; leased, so that another worker does not send it meanwhile."""

    message_id: str
    message: Message
    attempts: int
    created_at: datetime
    channel: str


async def add(connection: asyncpg.Connection, event_id: UUID, message: Message, now: datetime) -> bool:
    """Queues a message; False when the same one is queued or sent already."""
    found = await connection.fetchval(
        "INSERT INTO messages (message_id, event_id, kind, dedupe_key, retailer_id, invite_id, template, language,"
        " parameters, created_at, next_attempt_at, contact_ref)"
        " VALUES ($1, $2, $3, $4, $5, $6, $3, $7, $8, $9, $9, $10)"
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
        message.contact_ref,
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
    return _due(await connection.fetch(_CLAIM, now, LEASE, limit))


async def claim_for_sms(
    connection: asyncpg.Connection, now: datetime, limit: int, *, made_before: datetime
) -> list[Due]:
    """Leases what is due and may leave by SMS, by index messages_due_by_sms, while WhatsApp refuses everything."""
    return _due(await connection.fetch(_CLAIM_FOR_SMS, now, LEASE, limit, made_before))


def _due(rows: list[asyncpg.Record]) -> list[Due]:
    return [
        Due(
            row["message_id"],
            Message(
                Kind(row["kind"]),
                row["retailer_id"],
                row["language"],
                tuple(row["parameters"]),
                invite_id=row["invite_id"],
                contact_ref=row["contact_ref"],
            ),
            row["attempts"],
            row["created_at"],
            row["channel"],
        )
        for row in sorted(rows, key=lambda row: (row["created_at"], row["message_id"]))
    ]


async def bind_to_sms(connection: asyncpg.Connection, message_id: str) -> None:
    """Says that an SMS leaves now: whatever becomes of this process, WhatsApp is not asked for this message."""
    await connection.execute(
        "UPDATE messages SET channel = 'sms' WHERE message_id = $1 AND status = 'pending'", message_id
    )


async def finish(
    connection: asyncpg.Connection,
    message_id: str,
    *,
    status: str,
    at: datetime,
    channel: str,
    error_code: str | None = None,
    provider_hash: str | None = None,
) -> None:
    """Moves a message to its end."""
    await connection.execute(
        "UPDATE messages SET status = $2, finished_at = $3, channel = $4, error_code = $5, provider_hash = $6"
        " WHERE message_id = $1",
        message_id,
        status,
        at,
        channel,
        error_code,
        provider_hash,
    )


async def postpone(
    connection: asyncpg.Connection, message_id: str, at: datetime, error_code: str, *, channel: str
) -> None:
    """Says when and how a message is tried again, and why it was not sent."""
    await connection.execute(
        "UPDATE messages SET next_attempt_at = $2, error_code = $3, channel = $4"
        " WHERE message_id = $1 AND status = 'pending'",
        message_id,
        at,
        error_code,
        channel,
    )


async def give_back(
    connection: asyncpg.Connection, message_id: str, at: datetime, error_code: str, *, channel: str
) -> None:
    """Like `postpone`, without counting the try: nothing was wrong with the message."""
    await connection.execute(
        "UPDATE messages SET next_attempt_at = $2, error_code = $3, channel = $4, attempts = greatest(attempts - 1, 0)"
        " WHERE message_id = $1 AND status = 'pending'",
        message_id,
        at,
        error_code,
        channel,
    )


async def purge(connection: asyncpg.Connection, before: datetime) -> int:
    """Forgets messages that ended before, by index messages_finished."""
    done = await connection.execute("DELETE FROM messages WHERE finished_at < $1", before)
    return int(done.split()[-1])
