"""SQL of distributors and lenders; takes a connection, never commits."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

_ADD_DISTRIBUTOR = """
INSERT INTO distributors (distributor_id, name, requested_by, requested_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (distributor_id) DO UPDATE SET name = excluded.name
"""
_ADD_LENDER = """
INSERT INTO lenders (lender_id, name, requested_by, requested_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (lender_id) DO UPDATE SET name = excluded.name
"""


async def add_distributor(
    connection: asyncpg.Connection, distributor_id: str, *, name: str, by: str, at: datetime
) -> None:
    """Adds a distributor, or gives it a new name."""
    await connection.execute(_ADD_DISTRIBUTOR, distributor_id, name, by, at)


async def add_lender(connection: asyncpg.Connection, lender_id: str, *, name: str, by: str, at: datetime) -> None:
    """Adds a lender, or gives it a new name."""
    await connection.execute(_ADD_LENDER, lender_id, name, by, at)


async def activate_distributor(connection: asyncpg.Connection, distributor_id: str) -> None:
    """Sets the distributor active, once ingestion has created it."""
    await connection.execute("UPDATE distributors SET status = 'active' WHERE distributor_id = $1", distributor_id)


async def activate_lender(connection: asyncpg.Connection, lender_id: str) -> None:
    """Sets the lender active, once score has created it."""
    await connection.execute("UPDATE lenders SET status = 'active' WHERE lender_id = $1", lender_id)


async def distributor_name(connection: asyncpg.Connection, distributor_id: str) -> str | None:
    """Name of an active distributor."""
    name: str | None = await connection.fetchval(
        "SELECT name FROM distributors WHERE distributor_id = $1 AND status = 'active'", distributor_id
    )
    return name


async def lender_name(connection: asyncpg.Connection, lender_id: str) -> str | None:
    """Name of an active lender."""
    name: str | None = await connection.fetchval(
        "SELECT name FROM lenders WHERE lender_id = $1 AND status = 'active'", lender_id
    )
    return name


async def unknown_lenders(connection: asyncpg.Connection, lender_ids: Sequence[str]) -> list[str]:
    """Those that are not active lenders."""
    rows = await connection.fetch(
        "SELECT lender_id FROM lenders WHERE lender_id = ANY ($1) AND status = 'active'", list(lender_ids)
    )
    known = {row["lender_id"] for row in rows}
    return [lender_id for lender_id in lender_ids if lender_id not in known]
