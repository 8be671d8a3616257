"""SQL of incidents and their timelines; takes a connection, never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from altscore_admin.incidents.domain import TimelineEntry

_COLUMNS = (
    "incident_id, title, kind, severity, is_drill, is_reportable, status, aware_at, opened_by, opened_at, affected"
)
_ADD = """
INSERT INTO incidents (incident_id, title, kind, severity, is_drill, aware_at, opened_by, opened_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_PAGE = f"""
SELECT {_COLUMNS} FROM incidents
WHERE ($1::timestamptz IS NULL OR (opened_at, incident_id) < ($1, $2)) AND ($4::text IS NULL OR status = $4)
ORDER BY opened_at DESC, incident_id DESC LIMIT $3
"""  # noqa: S608  # constant columns
# A clock that was met stays; one that runs again after a change warns and escalates again when its limit moved.
_SET_CLOCK = """
INSERT INTO incident_clocks AS c (incident_id, clock, due_at, warn_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (incident_id, clock) DO UPDATE SET due_at = excluded.due_at, warn_at = excluded.warn_at, is_void = false,
    warned_at = CASE WHEN c.due_at = excluded.due_at THEN c.warned_at END,
    overdue_at = CASE WHEN c.due_at = excluded.due_at THEN c.overdue_at END
WHERE c.met_at IS NULL
"""
_VOID_OTHERS = """
UPDATE incident_clocks SET is_void = true WHERE incident_id = $1 AND met_at IS NULL AND NOT clock = ANY ($2)
"""
_CLOCKS = """
SELECT incident_id, clock, due_at, warn_at, met_at, met_by, is_void FROM incident_clocks
WHERE incident_id = ANY ($1) ORDER BY due_at, clock
"""
_MEET = """
UPDATE incident_clocks SET met_at = $3, met_by = $4
WHERE incident_id = $1 AND clock = $2 AND met_at IS NULL AND NOT is_void
"""
_WARN = """
UPDATE incident_clocks c SET warned_at = $1 FROM incidents i
WHERE i.incident_id = c.incident_id AND c.met_at IS NULL AND NOT c.is_void AND c.warned_at IS NULL
  AND c.warn_at <= $1 AND c.due_at >= $1
RETURNING c.incident_id, c.clock, i.severity, i.is_drill
"""
_OVERDUE = """
UPDATE incident_clocks c SET overdue_at = $1 FROM incidents i
WHERE i.incident_id = c.incident_id AND c.met_at IS NULL AND NOT c.is_void AND c.overdue_at IS NULL AND c.due_at < $1
RETURNING c.incident_id, c.clock, i.severity, i.is_drill
"""
_RUNNING_LATE = """
SELECT i.is_drill, c.clock, count(*) FILTER (WHERE c.due_at >= $1) AS due_soon,
       count(*) FILTER (WHERE c.due_at < $1) AS overdue
FROM incident_clocks c JOIN incidents i USING (incident_id)
WHERE c.met_at IS NULL AND NOT c.is_void AND c.warn_at <= $1 GROUP BY 1, 2
"""
_ADD_ENTRY = """
INSERT INTO incident_entries (incident_id, seq, at, by, kind, subject, outcome, note, details, entry_sha256,
    audit_event_id, command_id, command_sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_ENTRIES = """
SELECT seq, at, by, kind, subject, outcome, note, details, entry_sha256, audit_event_id FROM incident_entries
WHERE incident_id = $1 ORDER BY seq
"""
_STEPS = """
SELECT DISTINCT ON (subject) subject AS step, outcome AS state, by, at, note FROM incident_entries
WHERE incident_id = $1 AND kind = 'step' ORDER BY subject, seq DESC
"""


class Place(NamedTuple):
    """Where a page of incidents begins."""

    opened_at: datetime
    incident_id: str


class Command(NamedTuple):
    """A request that is carried out once.

    Args:
        command_id: a UUID, the caller's own where it sent one.
        digest: SHA-256 of what it asks for, hex.
    """

    command_id: UUID
    digest: str


class EntryRow(NamedTuple):
    """An entry to be written."""

    incident_id: str
    seq: int
    at: datetime
    by: str
    entry: TimelineEntry
    digest: str
    audit_event_id: UUID


async def lock_command(connection: asyncpg.Connection, command_id: UUID) -> None:
    """Lets one request with this id run at a time."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 12))", str(command_id))


async def entry_of_command(connection: asyncpg.Connection, command_id: UUID) -> asyncpg.Record | None:
    """What an earlier request with this id wrote (incident_entries_by_command)."""
    return await connection.fetchrow(
        "SELECT incident_id, command_sha256, subject FROM incident_entries WHERE command_id = $1", command_id
    )


async def add(connection: asyncpg.Connection, incident: Mapping[str, Any]) -> None:
    """Opens an incident."""
    names = ("incident_id", "title", "kind", "severity", "is_drill", "aware_at", "opened_by", "opened_at")
    await connection.execute(_ADD, *(incident[name] for name in names))


async def get(connection: asyncpg.Connection, incident_id: str, *, lock: bool = False) -> asyncpg.Record | None:
    """An incident; locked for a change."""
    statement = f"SELECT {_COLUMNS} FROM incidents WHERE incident_id = $1"  # noqa: S608  # constant columns
    return await connection.fetchrow(statement + (" FOR UPDATE" if lock else ""), incident_id)


async def page(
    connection: asyncpg.Connection, *, after: Place | None, limit: int, status: str | None
) -> list[asyncpg.Record]:
    """Incidents, newest first (incidents_newest)."""
    at, incident_id = after or (None, None)
    return list(await connection.fetch(_PAGE, at, incident_id, limit, status))


async def count_affected(connection: asyncpg.Connection, incident_id: str, added: int) -> None:
    """Adds to the number of affected retailers: the list itself is counted by nobody."""
    await connection.execute("UPDATE incidents SET affected = affected + $2 WHERE incident_id = $1", incident_id, added)


async def update(
    connection: asyncpg.Connection, incident_id: str, *, severity: str, is_reportable: bool | None, status: str
) -> None:
    """Changes what may change of an incident."""
    await connection.execute(
        "UPDATE incidents SET severity = $2, is_reportable = $3, status = $4 WHERE incident_id = $1",
        incident_id,
        severity,
        is_reportable,
        status,
    )


async def set_clocks(
    connection: asyncpg.Connection, incident_id: str, due: Mapping[Any, tuple[datetime, datetime]]
) -> None:
    """Lets these clocks run, (due_at, warn_at) each; all others that were not met become void."""
    for clock, (due_at, warn_at) in due.items():
        await connection.execute(_SET_CLOCK, incident_id, clock, due_at, warn_at)
    await connection.execute(_VOID_OTHERS, incident_id, list(due))


async def clocks(connection: asyncpg.Connection, incident_ids: Sequence[str]) -> list[asyncpg.Record]:
    """Clocks of these incidents, the next one due first."""
    return list(await connection.fetch(_CLOCKS, list(incident_ids)))


async def meet(connection: asyncpg.Connection, incident_id: str, clock: str, *, by: str, at: datetime) -> None:
    """Stops a clock that runs; the first one who met it counts."""
    await connection.execute(_MEET, incident_id, clock, at, by)


async def escalate(connection: asyncpg.Connection, now: datetime) -> list[tuple[str, asyncpg.Record]]:
    """(due_soon or overdue, clock) of those that came so far since the last call; overdue is told even unwarned."""
    warned = [("due_soon", row) for row in await connection.fetch(_WARN, now)]
    return warned + [("overdue", row) for row in await connection.fetch(_OVERDUE, now)]


async def running_late(connection: asyncpg.Connection, now: datetime) -> list[asyncpg.Record]:
    """How many clocks are about to run out or have, by clock (incident_clocks_running)."""
    return list(await connection.fetch(_RUNNING_LATE, now))


async def last_entry(connection: asyncpg.Connection, incident_id: str) -> asyncpg.Record | None:
    """Number and digest of the newest entry."""
    return await connection.fetchrow(
        "SELECT seq, entry_sha256 FROM incident_entries WHERE incident_id = $1 ORDER BY seq DESC LIMIT 1", incident_id
    )


async def add_entry(connection: asyncpg.Connection, row: EntryRow, details: str, command: Command | None) -> None:
    """Appends to a timeline, whose incident is locked."""
    entry = row.entry
    await connection.execute(
        _ADD_ENTRY,
        *(row.incident_id, row.seq, row.at, row.by),
        *(entry.kind, entry.subject, entry.outcome, entry.note, details),
        *(row.digest, row.audit_event_id),
        *(command or (None, None)),
    )


async def entries(connection: asyncpg.Connection, incident_id: str) -> list[asyncpg.Record]:
    """A whole timeline, in order."""
    return list(await connection.fetch(_ENTRIES, incident_id))


async def steps(connection: asyncpg.Connection, incident_id: str) -> list[asyncpg.Record]:
    """The newest statement about each step."""
    return list(await connection.fetch(_STEPS, incident_id))
