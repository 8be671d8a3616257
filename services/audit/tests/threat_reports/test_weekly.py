"""A threat report of every week is kept in the locked bucket: in order, read back, and none of a week that goes on."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import psycopg
import pytest
from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import Rule
from altscore_audit.errors import ReportNotWhole
from altscore_audit.threat_reports import store
from altscore_audit.threat_reports.domain import Week, first_due, is_due, week_at, week_of
from altscore_audit.threat_reports.service import WeeklyReports
from altscore_audit.threat_reports.store import MEASURES, KeptReport
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.state_gauges import StateGauges

from ..conftest import entry_of

MONDAY = datetime(2026, 5, 17, 18, 30, tzinfo=UTC)  # midnight in India
DAY, WEEK, MOMENT = timedelta(days=1), timedelta(days=7), timedelta(microseconds=1)
W20, W21, W22 = (week_of(f"2026-W{number}") for number in (20, 21, 22))


@pytest.fixture
async def now(pool: asyncpg.Pool) -> datetime:
    """The database's: entries get its instant."""
    at: datetime = await pool.fetchval("SELECT now()")
    return at


@pytest.fixture
def reports(pool: asyncpg.Pool, bucket: Any, rules: dict[str, Rule], now: datetime) -> WeeklyReports:
    return WeeklyReports(pool=pool, bucket=bucket, rules=rules, clock=FixedClock(now))


async def append(pool: asyncpg.Pool) -> None:
    async with transaction(pool) as connection:
        await chains.append(connection, "general", [entry_of(1)])


async def keep(pool: asyncpg.Pool, week: Week) -> None:
    async with transaction(pool) as connection:
        await store.add(connection, week, KeptReport(f"threat-reports/{week.name}.html", bytes(32)))


async def kept(pool: asyncpg.Pool) -> list[tuple[str, bytes]]:
    return [tuple(row) for row in await pool.fetch("SELECT week, sha256 FROM audit_threat_report ORDER BY ends_at")]


def weeks_before(now: datetime, number: int) -> Week:
    return week_at(now - number * WEEK)


def test_a_week_begins_on_its_mondays_midnight_in_india() -> None:
    assert [week_at(at).name for at in (MONDAY - MOMENT, MONDAY, MONDAY + WEEK)] == ["2026-W20", "2026-W21", "2026-W22"]
    assert week_at(datetime(2027, 1, 1, tzinfo=UTC)) == Week("2026-W53", date(2026, 12, 28))


def test_a_report_waits_a_day_for_entries_that_are_chained_late() -> None:
    assert [is_due(W21, MONDAY + WEEK + DAY - MOMENT), is_due(W21, MONDAY + WEEK + DAY)] == [False, True]


@pytest.mark.parametrize(
    ("first_entry_at", "now", "week"),
    [
        (MONDAY - 40 * WEEK, MONDAY + WEEK + DAY, W21),
        (MONDAY - 40 * WEEK, MONDAY + WEEK + DAY - MOMENT, W20),
        (MONDAY + 8 * DAY, MONDAY + 9 * DAY, W22),
    ],
)
def test_reports_begin_with_the_last_week_that_is_over_and_none_before_the_first_entry(
    first_entry_at: datetime, now: datetime, week: Week
) -> None:
    assert first_due(first_entry_at, now) == week


async def test_nothing_is_made_before_there_is_an_entry_or_while_its_week_goes_on(
    pool: asyncpg.Pool, reports: WeeklyReports, bucket: Any
) -> None:
    assert not await reports.make_next()
    await append(pool)
    assert not await reports.make_next()
    assert bucket.objects == {}


async def test_every_week_since_the_last_report_gets_its_own(
    pool: asyncpg.Pool, reports: WeeklyReports, now: datetime, *, bucket: Any
) -> None:
    await append(pool)
    await keep(pool, weeks_before(now, 5))
    reported = 0
    while await reports.make_next():
        reported += 1
    names = [week for week, _ in await kept(pool)]
    assert names == [weeks_before(now, number).name for number in range(5, 4 - reported, -1)]
    assert reported == (4 if is_due(weeks_before(now, 1), now) else 3)
    body, retain_until = bucket.objects[f"threat-reports/{names[-1]}.html"]
    assert f"Threat report {names[-1]}" in body.decode()
    assert (await kept(pool))[-1][1] == hashlib.sha256(body).digest()
    assert retain_until >= now + timedelta(days=7 * 365)
    assert not await reports.make_next()


async def test_a_bucket_that_is_away_or_returns_something_else_keeps_the_week_due(
    pool: asyncpg.Pool, reports: WeeklyReports, now: datetime, *, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(pool)
    await keep(pool, weeks_before(now, 3))
    bucket.is_reachable = False
    with pytest.raises(Unavailable):
        await reports.make_next()
    bucket.is_reachable = True

    async def other(_key: str) -> bytes:
        return b"other"

    with monkeypatch.context() as patched:
        patched.setattr(bucket, "get", other)
        with pytest.raises(ReportNotWhole):
            await reports.make_next()
    assert len(await kept(pool)) == 1
    assert await reports.make_next()
    assert [week for week, _ in await kept(pool)] == [weeks_before(now, 3).name, weeks_before(now, 2).name]


async def test_the_database_refuses_a_gap_a_second_report_and_a_week_that_goes_on(
    pool: asyncpg.Pool, now: datetime
) -> None:
    await keep(pool, weeks_before(now, 4))
    for number in (5, 4, 2, 0):
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await keep(pool, weeks_before(now, number))
    await keep(pool, weeks_before(now, 3))


async def test_a_kept_report_is_neither_changed_nor_removed_from_the_list(
    pool: asyncpg.Pool, owner: psycopg.Connection, now: datetime
) -> None:
    await keep(pool, weeks_before(now, 2))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM audit_threat_report")
    for statement in ("DELETE FROM audit_threat_report", "UPDATE audit_threat_report SET sha256 = sha256"):
        with pytest.raises(psycopg.Error, match="append"):
            owner.execute(statement)


async def test_the_gauge_tells_how_old_the_newest_report_is(pool: asyncpg.Pool, now: datetime) -> None:
    async def age_s() -> float:
        gauges = StateGauges(pool, MEASURES)
        await gauges.measure()
        (value,) = [s.value for family in gauges.collect() for s in family.samples if s.name == MEASURES[0].name]
        return float(value)

    assert await age_s() == 0
    await append(pool)
    assert 0 <= await age_s() < DAY.total_seconds()
    await keep(pool, weeks_before(now, 2))
    expected = (now - weeks_before(now, 2).ends_at).total_seconds()
    assert expected <= await age_s() < expected + DAY.total_seconds()
