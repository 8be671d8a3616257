"""All SQL of erasures; every function takes a connection in a transaction and never commits."""

from datetime import datetime

import asyncpg


async def add(
    connection: asyncpg.Connection, retailer_id: str, *, request_id: str, erased_at: datetime, at: datetime
) -> None:
    """Records for good that a retailer is erased; the first record stands."""
    await connection.execute(
        "INSERT INTO erased_retailers (retailer_id, request_id, erased_at, applied_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING",
        retailer_id,
        request_id,
        erased_at,
        at,
    )


async def is_erased(connection: asyncpg.Connection, retailer_id: str) -> bool:
    """Whether a retailer is erased; under the lock of its ledger this cannot change."""
    query = "SELECT EXISTS (SELECT FROM erased_retailers WHERE retailer_id = $1)"
    return bool(await connection.fetchval(query, retailer_id))


async def delete_unclear_replies(connection: asyncpg.Connection, retailer_id: str) -> None:
    """Removes the unclear replies; records, states and the notices shown stay."""
    await connection.execute("DELETE FROM unclear_replies WHERE retailer_id = $1", retailer_id)
