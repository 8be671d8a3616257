"""All SQL of revocations; every function takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg


async def add_revocation(connection: asyncpg.Connection, retailer_id: str, *, consent_id: str, at: datetime) -> None:
    """Keeps a revocation until it is settled."""
    query = "INSERT INTO revocations (retailer_id, consent_id, received_at) VALUES ($1, $2, $3)"
    await connection.execute(query, retailer_id, consent_id, at)


async def last_revocation(connection: asyncpg.Connection) -> int:
    """Number of the newest revocation, 0 when there is none."""
    number: int = await connection.fetchval("SELECT coalesce(max(id), 0) FROM revocations")
    return number


async def is_revoked_since(connection: asyncpg.Connection, retailer_ids: Sequence[str], last: int) -> bool:
    """Whether one of these retailers revoked after `last` (index revocations_of_retailer)."""
    query = "SELECT EXISTS (SELECT FROM revocations WHERE retailer_id = ANY($1) AND id > $2)"
    is_revoked: bool = await connection.fetchval(query, list(retailer_ids), last)
    return is_revoked


async def open_revocations(connection: asyncpg.Connection, limit: int) -> list[tuple[int, str]]:
    """Revocations not yet settled, oldest first (index revocations_open)."""
    query = "SELECT id, retailer_id FROM revocations WHERE settled_at IS NULL ORDER BY id LIMIT $1"
    return [(row["id"], row["retailer_id"]) for row in await connection.fetch(query, limit)]


async def settle_revocations(connection: asyncpg.Connection, ids: Sequence[int], at: datetime) -> list[int]:
    """Marks revocations as settled; returns those that nobody else settled meanwhile."""
    query = "UPDATE revocations SET settled_at = $2 WHERE id = ANY($1) AND settled_at IS NULL RETURNING id"
    return [row["id"] for row in await connection.fetch(query, list(ids), at)]
