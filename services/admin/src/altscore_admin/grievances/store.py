"""SQL of grievances; takes a connection, never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg

_COLUMNS = """
grievance_id, retailer_id, lender_id, score_id, grievance_type, filed_at, ack_by, resolution_by, status, version,
acknowledged_by, acknowledged_at, resolved_by, resolved_at, resolution
"""
_ADD = """
INSERT INTO grievances (grievance_id, retailer_id, lender_id, score_id, grievance_type, sealed_description, filed_at,
    ack_by, resolution_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (grievance_id) DO NOTHING
"""
_LIST = f"""
SELECT {_COLUMNS} FROM grievances WHERE status <> 'resolved'
ORDER BY CASE WHEN status = 'open' THEN ack_by ELSE resolution_by END, grievance_id LIMIT $1
"""  # noqa: S608  # constant columns
_ACKNOWLEDGE = """
UPDATE grievances SET status = 'acknowledged', version = version + 1, acknowledged_by = $2, acknowledged_at = $3
WHERE grievance_id = $1
"""
_RESOLVE = """
UPDATE grievances SET status = 'resolved', version = version + 1, resolved_by = $2, resolved_at = $3, resolution = $4,
    acknowledged_by = coalesce(acknowledged_by, $2), acknowledged_at = coalesce(acknowledged_at, $3)
WHERE grievance_id = $1
"""
_ESCALATE_ACK = """
UPDATE grievances SET ack_overdue_at = $1 WHERE status = 'open' AND ack_by < $1 AND ack_overdue_at IS NULL
RETURNING grievance_id, retailer_id, lender_id
"""
_ESCALATE_RESOLUTION = """
UPDATE grievances SET resolution_overdue_at = $1
WHERE status <> 'resolved' AND resolution_by < $1 AND resolution_overdue_at IS NULL
RETURNING grievance_id, retailer_id, lender_id
"""
_OVERDUE = """
SELECT count(*) FILTER (WHERE status = 'open' AND ack_by < $1) AS acknowledgement,
       count(*) FILTER (WHERE resolution_by < $1) AS resolution
FROM grievances WHERE status <> 'resolved'
"""


async def add(connection: asyncpg.Connection, data: Mapping[str, Any], ciphertext: bytes) -> None:
    """Adds a grievance; the same twice is stored once."""
    ids = (data[name] for name in ("grievance_id", "retailer_id", "lender_id", "score_id", "grievance_type"))
    await connection.execute(_ADD, *ids, ciphertext, data["filed_at"], data["ack_by"], data["resolution_by"])


async def unresolved(connection: asyncpg.Connection, limit: int) -> list[asyncpg.Record]:
    """Unresolved grievances by the SLA that applies: the longest overdue first (grievances_unresolved)."""
    return list(await connection.fetch(_LIST, limit))


async def get(connection: asyncpg.Connection, grievance_id: str, *, lock: bool = False) -> asyncpg.Record | None:
    """One grievance with its encrypted description; locked for a change."""
    statement = f"SELECT {_COLUMNS}, sealed_description FROM grievances WHERE grievance_id = $1"  # noqa: S608  # constant columns
    return await connection.fetchrow(statement + (" FOR UPDATE" if lock else ""), grievance_id)


async def acknowledge(connection: asyncpg.Connection, grievance_id: str, *, by: str, at: datetime) -> None:
    """Records that a person handles it."""
    await connection.execute(_ACKNOWLEDGE, grievance_id, by, at)


async def resolve(connection: asyncpg.Connection, grievance_id: str, *, by: str, at: datetime, resolution: str) -> None:
    """Ends it; a resolution without an earlier acknowledgement is the acknowledgement too."""
    await connection.execute(_RESOLVE, grievance_id, by, at, resolution)


async def escalate(connection: asyncpg.Connection, now: datetime) -> list[tuple[str, asyncpg.Record]]:
    """(SLA, grievance) of those whose SLA was missed since the last call."""
    missed = [("acknowledgement", row) for row in await connection.fetch(_ESCALATE_ACK, now)]
    return missed + [("resolution", row) for row in await connection.fetch(_ESCALATE_RESOLUTION, now)]


async def overdue(connection: asyncpg.Connection, now: datetime) -> dict[str, int]:
    """How many are overdue, by SLA."""
    return dict(await connection.fetchrow(_OVERDUE, now))
