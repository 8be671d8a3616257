"""SQL of threat reports; takes a connection, never commits. The role may SELECT and call one function."""

from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_audit.threat_reports.domain import Week, week_at

_FIRST_ENTRY = """
SELECT min(l.recorded_at) FROM audit_chain c
CROSS JOIN LATERAL (SELECT recorded_at FROM audit_log WHERE chain = c.chain ORDER BY seq LIMIT 1) l
"""
MEASURES = (
    Measure(
        name="altscore_audit_threat_report_age_seconds",
        help="Since the end of the newest week whose report is kept, or since the first entry; 0 without entries.",
        query="SELECT coalesce(extract(epoch FROM now() - coalesce((SELECT max(ends_at) FROM audit_threat_report),"  # noqa: S608
        f" ({_FIRST_ENTRY}))), 0)",
    ),
)
_NEWEST = "SELECT ends_at FROM audit_threat_report ORDER BY ends_at DESC LIMIT 1"


class KeptReport(NamedTuple):
    """A report that was read back and is whole."""

    key: str
    sha256: bytes


async def next_week(connection: asyncpg.Connection) -> Week | None:
    """The week after the newest report's; None when none was kept yet."""
    newest: datetime | None = await connection.fetchval(_NEWEST)
    return None if newest is None else week_at(newest)


async def first_entry_at(connection: asyncpg.Connection) -> datetime | None:
    """When the oldest entry was chained; None when there is none."""
    at: datetime | None = await connection.fetchval(_FIRST_ENTRY)
    return at


async def add(connection: asyncpg.Connection, week: Week, report: KeptReport) -> None:
    """Adds a report; the database refuses one that does not follow the one before."""
    await connection.execute(
        "SELECT audit_threat_report_add($1, $2, $3, $4)", week.name, week.ends_at, report.sha256, report.key
    )
