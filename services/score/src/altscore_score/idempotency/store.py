"""SQL of stored replies."""

from datetime import datetime
from uuid import UUID

import asyncpg

from altscore_score.idempotency.domain import VALID_FOR, StoredReply
from altscore_score.platform.dedicated_connections import DedicatedConnections


async def find_reply(
    connections: DedicatedConnections, context: str, request_id: UUID, *, now: datetime
) -> StoredReply | None:
    """What an X-Request-ID of this lender was answered with in the last 24 hours, in one round trip."""
    row = await connections.fetchrow("SELECT * FROM kept_reply_for($1, $2, $3)", context, request_id, now - VALID_FOR)
    return StoredReply(row["body_digest"], row["language"], row["reply"]) if row is not None else None


async def delete_old(connection: asyncpg.Connection, *, now: datetime) -> None:
    """Removes replies that no rule reads any more (idempotent_reply_old)."""
    await connection.execute("DELETE FROM idempotent_reply WHERE replied_at <= $1", now - VALID_FOR)
