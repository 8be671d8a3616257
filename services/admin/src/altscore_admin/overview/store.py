"""SQL of the overview; takes a connection, never commits."""

import asyncpg

_COUNTS = """
SELECT (SELECT count(*) FROM distributors WHERE status = 'active') AS distributors,
       (SELECT count(*) FROM lenders WHERE status = 'active') AS lenders,
       (SELECT coalesce(sum(invited), 0) FROM invite_runs) AS invited,
       (SELECT count(*) FROM promotions WHERE status = 'proposed') AS open_promotions,
       (SELECT count(*) FROM anomalies WHERE status = 'open') AS open_anomalies
"""
_DISTRIBUTORS = """
SELECT d.distributor_id, d.name, d.status, d.requested_at, coalesce(sum(r.invited), 0)::bigint AS invited
FROM distributors d LEFT JOIN invite_runs r USING (distributor_id)
GROUP BY d.distributor_id ORDER BY d.distributor_id LIMIT 1000
"""
_PROMOTIONS = """
SELECT promotion_id, kind, model_name, model_version, status, proposed_by, approved_by, proposed_at
FROM promotions ORDER BY seq DESC LIMIT 20
"""


async def counts(connection: asyncpg.Connection) -> asyncpg.Record:
    """The figures at the top."""
    return await connection.fetchrow(_COUNTS)


async def distributors(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Distributors with the sum of their invites, by id."""
    return list(await connection.fetch(_DISTRIBUTORS))


async def lenders(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Lenders, by id."""
    return list(
        await connection.fetch(
            "SELECT lender_id, name, status, requested_at FROM lenders ORDER BY lender_id LIMIT 1000"
        )
    )


async def promotions(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """The newest promotions and proposals."""
    return list(await connection.fetch(_PROMOTIONS))
