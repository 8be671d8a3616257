"""SQL of erasures; every function takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from altscore_libs.db import affected_rows

LOCK_SPACE = 7  # of advisory locks


async def lock(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> None:
    """Waits for what is being queued for these retailers, and keeps others waiting until this transaction ends."""
    for retailer_id in sorted(retailer_ids):
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", retailer_id, LOCK_SPACE)


async def is_erased(connection: asyncpg.Connection, retailer_id: str) -> bool:
    """Whether a retailer is erased; it cannot become so before this transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended($1, $2))", retailer_id, LOCK_SPACE)
    query = "SELECT EXISTS (SELECT FROM erased_retailers WHERE retailer_id = $1)"  # sees what the lock waited for
    return bool(await connection.fetchval(query, retailer_id))


async def add(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], *, request_id: str, erased_at: datetime, at: datetime
) -> None:
    """Records for good that retailers are erased; a record that stands stays."""
    await connection.execute(
        "INSERT INTO erased_retailers (retailer_id, request_id, erased_at, applied_at)"
        " SELECT id, $2, $3, $4 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING",
        list(retailer_ids),
        request_id,
        erased_at,
        at,
    )


async def delete_messages(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> int:
    """Deletes messages to these retailers, sent or waiting, by index messages_by_retailer; returns how many."""
    status = await connection.execute("DELETE FROM messages WHERE retailer_id = ANY($1)", list(retailer_ids))
    return affected_rows(status)
