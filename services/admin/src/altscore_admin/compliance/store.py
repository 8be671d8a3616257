"""SQL of compliance reports and of what admin itself holds for them; takes a connection, never commits."""

from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg
from altscore_libs.db import affected_rows

from altscore_admin.compliance.domain import Range
from altscore_admin.errors import ReportLeaseLost

LEASE = timedelta(minutes=2)
PAUSE = timedelta(seconds=30)
"""Between an attempt that failed and the next one."""
MAX_ATTEMPTS = 3
_COLUMNS = """
report_id, first_day, last_day, state, progress, requested_by, requested_at, finished_at, content_sha256, attempts,
failure
"""
_ADD = """
INSERT INTO compliance_reports (report_id, first_day, last_day, requested_by, requested_at) VALUES ($1, $2, $3, $4, $5)
"""
_NEWEST = f"""
SELECT {_COLUMNS}, content, pdf IS NOT NULL AS has_pdf FROM compliance_reports
WHERE first_day = $1 AND last_day = $2 AND state <> 'failed' AND requested_at >= $3
ORDER BY requested_at DESC LIMIT 1
"""  # noqa: S608  # constant columns
# Whoever holds a lease puts a report back when an attempt fails: one that is still being made was left by its maker.
_CLAIM = """
UPDATE compliance_reports r SET state = 'running', leased_until = $1 + $2::interval, attempts = attempts + 1,
    progress = 0, failure = CASE r.state WHEN 'running' THEN 'worker_ended' ELSE r.failure END
FROM (
    SELECT report_id FROM compliance_reports
    WHERE state IN ('queued', 'running') AND coalesce(leased_until, '-infinity') < $1
    ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED
) due WHERE r.report_id = due.report_id
RETURNING r.report_id, r.first_day, r.last_day, r.attempts, r.failure
"""
_IS_HELD = "report_id = $1 AND attempts = $2 AND state = 'running'"
# Constant conditions, no input in any of these.
_RENEW = f"""
UPDATE compliance_reports SET progress = $3, leased_until = $4::timestamptz + $5::interval WHERE {_IS_HELD}
"""  # noqa: S608
_FINISH = f"""
UPDATE compliance_reports SET state = 'done', progress = 100, failure = NULL, finished_at = $3, content = $4,
    content_sha256 = $5, pdf = $6
WHERE {_IS_HELD}
"""  # noqa: S608
_PUT_BACK = f"""
UPDATE compliance_reports SET state = 'queued', failure = $3, leased_until = $4::timestamptz + $5::interval
WHERE {_IS_HELD}
"""  # noqa: S608
_GIVE_UP = f"""
UPDATE compliance_reports SET state = 'failed', failure = $3, finished_at = $4 WHERE {_IS_HELD}
"""  # noqa: S608
_GRIEVANCES = """
SELECT count(*) AS filed,
       count(*) FILTER (WHERE acknowledged_at <= ack_by) AS acknowledged_in_time,
       count(*) FILTER (WHERE acknowledged_at > ack_by OR acknowledged_at IS NULL AND ack_by < $3) AS acknowledged_late,
       count(*) FILTER (WHERE resolved_at <= resolution_by) AS resolved_in_time,
       count(*) FILTER (WHERE resolved_at > resolution_by OR resolved_at IS NULL AND resolution_by < $3)
           AS resolved_late,
       count(*) FILTER (WHERE resolved_at IS NULL AND resolution_by >= $3) AS open_within_limit
FROM grievances WHERE filed_at >= $1 AND filed_at < $2
"""
_INCIDENTS = """
SELECT i.severity, i.is_drill, count(DISTINCT i.incident_id) AS incidents,
       count(*) FILTER (WHERE c.met_at <= c.due_at) AS clocks_met,
       count(*) FILTER (WHERE c.met_at > c.due_at OR c.met_at IS NULL AND NOT c.is_void AND c.due_at < $3)
           AS clocks_missed
FROM incidents i LEFT JOIN incident_clocks c USING (incident_id)
WHERE i.aware_at >= $1 AND i.aware_at < $2 GROUP BY 1, 2 ORDER BY 2, 1
"""
_PROMOTIONS = """
SELECT promotion_id AS id, kind, model_name, model_version, approved_at AS at, evaluation FROM promotions
WHERE status = 'promoted' AND approved_at >= $1 AND approved_at < $2 ORDER BY approved_at
"""
_DECISIONS = """
SELECT decision_id AS id, kind, model_name, approved_at AS at FROM model_decisions
WHERE status = 'decided' AND approved_at >= $1 AND approved_at < $2 ORDER BY approved_at
"""

# What matters here is when a request came in, when it was due and when it ended.
_RIGHTS = """
SELECT count(*) AS received,
       count(*) FILTER (WHERE ended_at <= due_at) AS ended_in_time,
       count(*) FILTER (WHERE ended_at > due_at OR ended_at IS NULL AND due_at < $3) AS late,
       count(*) FILTER (WHERE ended_at IS NULL AND due_at >= $3) AS open_within_limit,
       count(*) FILTER (WHERE state = 'refused') AS refused
FROM rights_requests WHERE received_at >= $1 AND received_at < $2
"""


class Lease(NamedTuple):
    """The right to make a report: of the attempt that took it, and of no other."""

    report_id: str
    attempt: int


async def add(connection: asyncpg.Connection, report_id: str, days: Range, *, by: str, at: datetime) -> None:
    """Queues a report."""
    await connection.execute(_ADD, report_id, *days, by, at)


async def lock_range(connection: asyncpg.Connection, days: Range) -> None:
    """Lets one request for a range run at a time."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 13))", f"{days.first}:{days.last}")


async def newest(connection: asyncpg.Connection, days: Range, *, since: datetime) -> asyncpg.Record | None:
    """The newest report of a range that did not fail (compliance_reports_of_range)."""
    return await connection.fetchrow(_NEWEST, *days, since)


async def get(connection: asyncpg.Connection, report_id: str) -> asyncpg.Record | None:
    """A report without its PDF."""
    statement = f"SELECT {_COLUMNS}, content, pdf IS NOT NULL AS has_pdf FROM compliance_reports WHERE report_id = $1"  # noqa: S608  # constant columns
    return await connection.fetchrow(statement, report_id)


async def pdf(connection: asyncpg.Connection, report_id: str) -> bytes | None:
    """The PDF of a report; None where it could not be drawn."""
    content: bytes | None = await connection.fetchval(
        "SELECT pdf FROM compliance_reports WHERE report_id = $1", report_id
    )
    return content


async def claim(connection: asyncpg.Connection, now: datetime) -> asyncpg.Record | None:
    """Leases the oldest report to be made, one whose maker ended among them (compliance_reports_waiting)."""
    return await connection.fetchrow(_CLAIM, now, LEASE)


async def renew(connection: asyncpg.Connection, lease: Lease, *, percent: int, now: datetime) -> None:
    """Says how far a report is, and begins its lease anew.

    Raises:
        ReportLeaseLost: another attempt began.
    """
    await _if_held(connection, _RENEW, *lease, percent, now, LEASE)


async def finish(
    connection: asyncpg.Connection, lease: Lease, *, at: datetime, content: str, digest: str, document: bytes | None
) -> None:
    """Keeps a report.

    Raises:
        ReportLeaseLost: another attempt began.
    """
    await _if_held(connection, _FINISH, *lease, at, content, digest, document)


async def put_back(connection: asyncpg.Connection, lease: Lease, *, reason: str, now: datetime) -> None:
    """Leaves a report to the next attempt, after a pause; nothing happens when that one began already."""
    await connection.execute(_PUT_BACK, *lease, reason, now, PAUSE)


async def give_up(connection: asyncpg.Connection, lease: Lease, *, reason: str, at: datetime) -> bool:
    """Ends a report that could not be made; False when another attempt began."""
    return affected_rows(await connection.execute(_GIVE_UP, *lease, reason, at)) == 1


async def _if_held(connection: asyncpg.Connection, statement: str, *values: object) -> None:
    if affected_rows(await connection.execute(statement, *values)) == 0:
        raise ReportLeaseLost


async def grievances(connection: asyncpg.Connection, since: datetime, until: datetime, now: datetime) -> asyncpg.Record:
    """Grievances filed in a range, by whether their limits were kept."""
    return await connection.fetchrow(_GRIEVANCES, since, until, now)


async def incidents(
    connection: asyncpg.Connection, since: datetime, until: datetime, now: datetime
) -> list[asyncpg.Record]:
    """Incidents of a range by severity, exercises apart."""
    return list(await connection.fetch(_INCIDENTS, since, until, now))


async def promotions(connection: asyncpg.Connection, since: datetime, until: datetime) -> list[asyncpg.Record]:
    """Promotions and rollbacks of a range."""
    return list(await connection.fetch(_PROMOTIONS, since, until))


async def decisions(connection: asyncpg.Connection, since: datetime, until: datetime) -> list[asyncpg.Record]:
    """Challengers, freezes and their ends of a range."""
    return list(await connection.fetch(_DECISIONS, since, until))


async def has_rights_requests(connection: asyncpg.Connection) -> bool:
    """Whether this database holds rights requests."""
    return bool(await connection.fetchval("SELECT to_regclass('public.rights_requests') IS NOT NULL"))


async def rights(connection: asyncpg.Connection, since: datetime, until: datetime, now: datetime) -> asyncpg.Record:
    """Rights requests received in a range, by whether their limits were kept."""
    return await connection.fetchrow(_RIGHTS, since, until, now)
