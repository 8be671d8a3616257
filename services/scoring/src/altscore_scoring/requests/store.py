"""All SQL of lenders' requests for a score; every function takes a connection in a transaction and never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg


async def add_request(connection: asyncpg.Connection, retailer_id: str, *, lender_id: str, at: datetime) -> None:
    """Keeps a lender's request for a score until it is settled."""
    query = "INSERT INTO score_requests (retailer_id, lender_id, received_at) VALUES ($1, $2, $3)"
    await connection.execute(query, retailer_id, lender_id, at)


async def open_requests(connection: asyncpg.Connection, limit: int) -> list[str]:
    """Retailers with an open request, oldest first (index score_requests_open)."""
    query = "SELECT retailer_id FROM score_requests WHERE settled_at IS NULL ORDER BY id LIMIT $1"
    return list(dict.fromkeys(row["retailer_id"] for row in await connection.fetch(query, limit)))


async def lock_requests(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> set[str]:
    """Which of these retailers have an open request; nobody else settles it before this transaction ends."""
    query = "SELECT retailer_id FROM score_requests WHERE retailer_id = ANY($1) AND settled_at IS NULL ORDER BY id"
    return {row["retailer_id"] for row in await connection.fetch(f"{query} FOR UPDATE", list(retailer_ids))}


async def settle_requests(connection: asyncpg.Connection, outcomes: Mapping[str, str], at: datetime) -> None:
    """Closes the open requests of these retailers."""
    await connection.execute(
        "UPDATE score_requests AS r SET settled_at = $3, outcome = o.outcome "
        "FROM unnest($1::text[], $2::text[]) AS o (retailer_id, outcome) "
        "WHERE r.retailer_id = o.retailer_id AND r.settled_at IS NULL",
        list(outcomes),
        list(outcomes.values()),
        at,
    )
