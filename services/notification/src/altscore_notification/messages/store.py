"""SQL of messages; every function takes a connection in a transaction and never commits."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.db import affected_rows
from altscore_libs.ids import new_id
from altscore_libs.state_gauges import Measure

from altscore_notification.messages.domain import Message, MessageKind, dedupe_key, notice_id_of

LEASE = timedelta(seconds=60)
_CLAIM_WHERE = """
UPDATE messages m SET attempts = attempts + 1, next_attempt_at = $1 + $2::interval
FROM (
    SELECT message_id FROM messages WHERE status = 'pending' AND next_attempt_at <= $1 AND {which}
    ORDER BY next_attempt_at, created_at LIMIT $3 FOR UPDATE SKIP LOCKED
) due
WHERE m.message_id = due.message_id
RETURNING m.message_id, m.kind, m.retailer_id, m.invite_id, m.language, m.parameters, m.attempts, m.created_at,
    m.channel, m.contact_ref, m.reply_token, m.dedupe_key
"""
_CLAIM = _CLAIM_WHERE.format(which="true")
_CLAIM_FOR_SMS = _CLAIM_WHERE.format(
    which="kind IN ('consent_confirmation', 'consent_withdrawn') AND (channel = 'sms' OR created_at <= $4)"
)

MEASURES = (
    Measure(
        name="altscore_notification_waiting",
        help="Messages to retailers that have not left.",
        query="SELECT kind, count(*) FROM messages WHERE status = 'pending' GROUP BY kind",
        labels=("kind",),
    ),
    Measure(
        name="altscore_notification_oldest_waiting_age_seconds",
        help="Age of the message that has waited longest to leave; 0 when none waits.",
        query="SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM messages WHERE status = 'pending'",
    ),
)


class DueMessage(NamedTuple):
    """A message to send now, leased so that no other worker sends it meanwhile."""

    message_id: str
    message: Message
    attempts: int
    created_at: datetime
    channel: str
    notice_id: str | None = None
    """The notice that another service asked for; None for messages about a consent."""


async def add(connection: asyncpg.Connection, event_id: UUID, message: Message, now: datetime) -> bool:
    """Queues a message; False when the same one is queued or sent already."""
    was_added = await connection.fetchval(
        "INSERT INTO messages (message_id, event_id, kind, dedupe_key, retailer_id, invite_id, template, language,"
        " parameters, created_at, next_attempt_at, contact_ref, reply_token)"
        " VALUES ($1, $2, $3, $4, $5, $6, $3, $7, $8, $9, $9, $10, $11)"
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
        message.reply_token,
    )
    return bool(was_added)


async def is_withdrawal_told(connection: asyncpg.Connection, retailer_id: str, *, after: int) -> bool:
    """Whether a withdrawal that consent announced after its event `after` has its message (messages_by_retailer)."""
    query = """SELECT EXISTS (SELECT FROM messages m JOIN inbox i USING (event_id)
        WHERE m.retailer_id = $1 AND m.kind = $2 AND i.producer_seq > $3)"""
    return bool(await connection.fetchval(query, retailer_id, MessageKind.WITHDRAWN, after))


async def cancel_questions(connection: asyncpg.Connection, invite_id: str, now: datetime) -> None:
    """Cancels unsent questions about an invite that was answered meanwhile."""
    await connection.execute(
        "UPDATE messages SET status = 'cancelled', finished_at = $3, reply_token = NULL"
        " WHERE invite_id = $1 AND status = 'pending' AND kind = ANY($2)",
        invite_id,
        [MessageKind.INVITE, MessageKind.CLARIFICATION],
        now,
    )


async def claim(connection: asyncpg.Connection, now: datetime, limit: int) -> list[DueMessage]:
    """Leases what is due, by index messages_due."""
    return _due(await connection.fetch(_CLAIM, now, LEASE, limit))


async def claim_for_sms(
    connection: asyncpg.Connection, now: datetime, limit: int, *, created_before: datetime
) -> list[DueMessage]:
    """Leases what is due and may leave by SMS, by index messages_due_by_sms, while WhatsApp refuses everything."""
    return _due(await connection.fetch(_CLAIM_FOR_SMS, now, LEASE, limit, created_before))


def _due(rows: list[asyncpg.Record]) -> list[DueMessage]:
    return [
        DueMessage(
            message_id=row["message_id"],
            message=Message(
                kind=MessageKind(row["kind"]),
                retailer_id=row["retailer_id"],
                language=row["language"],
                parameters=tuple(row["parameters"]),
                invite_id=row["invite_id"],
                contact_ref=row["contact_ref"],
                reply_token=row["reply_token"],
            ),
            attempts=row["attempts"],
            created_at=row["created_at"],
            channel=row["channel"],
            notice_id=notice_id_of(row["dedupe_key"]),
        )
        for row in sorted(rows, key=lambda row: (row["created_at"], row["message_id"]))
    ]


async def bind_to_sms(connection: asyncpg.Connection, message_id: str) -> None:
    """Records that an SMS leaves now: whatever becomes of this process, WhatsApp is not asked for this message."""
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
        "UPDATE messages SET status = $2, finished_at = $3, channel = $4, error_code = $5, provider_hash = $6,"
        " reply_token = NULL WHERE message_id = $1",
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
    """Records when and by which channel a message is tried again, and why it was not sent."""
    await connection.execute(
        "UPDATE messages SET next_attempt_at = $2, error_code = $3, channel = $4"
        " WHERE message_id = $1 AND status = 'pending'",
        message_id,
        at,
        error_code,
        channel,
    )


async def postpone_uncounted(
    connection: asyncpg.Connection, message_id: str, at: datetime, error_code: str, *, channel: str
) -> None:
    """Like `postpone`, without counting the attempt: nothing was wrong with the message."""
    await connection.execute(
        "UPDATE messages SET next_attempt_at = $2, error_code = $3, channel = $4, attempts = greatest(attempts - 1, 0)"
        " WHERE message_id = $1 AND status = 'pending'",
        message_id,
        at,
        error_code,
        channel,
    )


async def purge(connection: asyncpg.Connection, before: datetime) -> int:
    """Deletes messages that ended before, by index messages_finished."""
    status = await connection.execute("DELETE FROM messages WHERE finished_at < $1", before)
    return affected_rows(status)
