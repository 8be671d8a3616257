"""SQL of grievances; takes a connection, never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from altscore_admin.grievances.domain import Status

_COLUMNS = """
grievance_id, retailer_id, lender_id, score_id, grievance_type, filed_at, ack_by, resolution_by, status, version,
acknowledged_by, acknowledged_at, resolved_by, resolved_at, resolution, assigned_to, assigned_at, outcome,
rescoring_requested_at
"""
_ADD = """
INSERT INTO grievances (grievance_id, retailer_id, lender_id, score_id, grievance_type, sealed_description, filed_at,
    ack_by, resolution_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (grievance_id) DO NOTHING
"""
_DUE = "CASE WHEN status = 'open' THEN ack_by ELSE resolution_by END"
_FILTERS = "AND ($4::text IS NULL OR assigned_to = $4) AND ($5::timestamptz IS NULL OR {due} < $5)"
UNRESOLVED_PAGE = f"""
SELECT {_COLUMNS} FROM grievances WHERE status <> 'resolved' AND ({_DUE}, grievance_id) > ($1, $2)
AND ($6::text IS NULL OR status = $6) {_FILTERS.format(due=_DUE)} ORDER BY {_DUE}, grievance_id LIMIT $3
"""  # noqa: S608  # constant columns
RESOLVED_PAGE = f"""
SELECT {_COLUMNS} FROM grievances WHERE status = 'resolved' AND (resolution_by, grievance_id) > ($1, $2)
{_FILTERS.format(due="resolution_by")} ORDER BY resolution_by, grievance_id LIMIT $3
"""  # noqa: S608  # constant columns
_ACKNOWLEDGE = """
UPDATE grievances SET status = 'acknowledged', version = version + 1, acknowledged_by = $2, acknowledged_at = $3
WHERE grievance_id = $1
"""
_RESOLVE = """
UPDATE grievances SET status = 'resolved', version = version + 1, resolved_by = $2, resolved_at = $3, resolution = $4,
    outcome = $5,
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


class Place(NamedTuple):
    """The grievance behind which a page begins: when its SLA was due, and its id."""

    due_at: datetime
    grievance_id: str


class Filters(NamedTuple):
    """Which grievances are listed; without a status those that are not resolved."""

    status: Status | None = None
    assignee: str | None = None
    overdue_at: datetime | None = None


async def page(connection: asyncpg.Connection, filters: Filters, *, after: Place, limit: int) -> list[asyncpg.Record]:
    """Grievances by the SLA that applies: the longest overdue first (grievances_unresolved, grievances_resolved)."""
    values = (*after, limit, filters.assignee, filters.overdue_at)
    if filters.status == "resolved":
        return list(await connection.fetch(RESOLVED_PAGE, *values))
    return list(await connection.fetch(UNRESOLVED_PAGE, *values, filters.status))


async def get(connection: asyncpg.Connection, grievance_id: str, *, lock: bool = False) -> asyncpg.Record | None:
    """One grievance with its encrypted description; locked for a change."""
    statement = f"SELECT {_COLUMNS}, sealed_description FROM grievances WHERE grievance_id = $1"  # noqa: S608  # constant columns
    return await connection.fetchrow(statement + (" FOR UPDATE" if lock else ""), grievance_id)


async def of_retailers(connection: asyncpg.Connection, retailer_ids: list[str]) -> list[asyncpg.Record]:
    """Every grievance about these retailers with its encrypted description, oldest first (grievances_of_retailer)."""
    statement = f"""
        SELECT {_COLUMNS}, sealed_description FROM grievances WHERE retailer_id = ANY($1)
        ORDER BY filed_at, grievance_id
    """  # noqa: S608  # constant columns
    return list(await connection.fetch(statement, retailer_ids))


async def acknowledge(connection: asyncpg.Connection, grievance_id: str, *, by: str, at: datetime) -> None:
    """Records that a person handles it."""
    await connection.execute(_ACKNOWLEDGE, grievance_id, by, at)


async def resolve(
    connection: asyncpg.Connection, grievance_id: str, *, by: str, at: datetime, resolution: str, outcome: str
) -> None:
    """Ends it; a resolution without an earlier acknowledgement is the acknowledgement too."""
    await connection.execute(_RESOLVE, grievance_id, by, at, resolution, outcome)


async def assign(connection: asyncpg.Connection, grievance_id: str, assignee: str | None, at: datetime) -> None:
    """Records who handles it; nobody for None."""
    await connection.execute(
        "UPDATE grievances SET assigned_to = $2, assigned_at = $3 WHERE grievance_id = $1",
        grievance_id,
        assignee,
        at if assignee is not None else None,
    )


async def note_rescoring(connection: asyncpg.Connection, grievance_id: str, at: datetime) -> None:
    """Records that a new score was asked for."""
    await connection.execute(
        "UPDATE grievances SET rescoring_requested_at = $2 WHERE grievance_id = $1", grievance_id, at
    )


async def add_note(
    connection: asyncpg.Connection, grievance_id: str, *, author: str, at: datetime, ciphertext: bytes
) -> None:
    """Adds a note to a grievance, whose row is locked."""
    await connection.execute(
        "INSERT INTO grievance_notes (grievance_id, seq, author, noted_at, encrypted_note)"
        " SELECT $1, 1 + count(*), $2, $3, $4 FROM grievance_notes WHERE grievance_id = $1",
        *(grievance_id, author, at, ciphertext),
    )


async def notes(connection: asyncpg.Connection, grievance_id: str) -> list[asyncpg.Record]:
    """Notes of a grievance, encrypted, in order."""
    return list(
        await connection.fetch(
            "SELECT seq, author, noted_at, encrypted_note FROM grievance_notes WHERE grievance_id = $1 ORDER BY seq",
            grievance_id,
        )
    )


async def escalate(connection: asyncpg.Connection, now: datetime) -> list[tuple[str, asyncpg.Record]]:
    """(SLA, grievance) of those whose SLA was missed since the last call."""
    missed = [("acknowledgement", row) for row in await connection.fetch(_ESCALATE_ACK, now)]
    return missed + [("resolution", row) for row in await connection.fetch(_ESCALATE_RESOLUTION, now)]


async def overdue(connection: asyncpg.Connection, now: datetime) -> dict[str, int]:
    """How many are overdue, by SLA."""
    return dict(await connection.fetchrow(_OVERDUE, now))
