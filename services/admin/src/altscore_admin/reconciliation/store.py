"""SQL of the reconciliation; takes a connection, never commits."""

import asyncpg


async def active_lenders(connection: asyncpg.Connection) -> frozenset[str]:
    """Lenders that were onboarded."""
    rows = await connection.fetch("SELECT lender_id FROM lenders WHERE status = 'active'")
    return frozenset(row["lender_id"] for row in rows)


async def requested_lenders(connection: asyncpg.Connection) -> frozenset[str]:
    """Lenders whose onboarding was requested; score may have them already."""
    rows = await connection.fetch("SELECT lender_id FROM lenders")
    return frozenset(row["lender_id"] for row in rows)
