"""Pages that stay in order while others write, and plans that go along indexes."""

import importlib.util
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.testing import Database
from altscore_score.portfolios import store
from altscore_score.portfolios.domain import ALERTED, BLOCKS, ENDING, FIRST, PD_RISE, Filters, Place
from altscore_score.portfolios.worker import MonthCounter

from ..world import LENDER, NOW, OTHER_LENDER, SIGNER

MIGRATION = Path(__file__).parents[2] / "migrations/0016_portfolios.py"
HOLDINGS = MIGRATION.with_name("0019_portfolio_holdings.py")
RETAILERS = 4_000
POPULATE = f"""
SET session_replication_role = replica;
INSERT INTO consent_grant (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at)
SELECT 'ret_' || lpad(to_hex(n), 16, '0'), CASE WHEN n % 8 = 0 THEN '{LENDER}' ELSE 'lender_' || n % 50 END,
       'working_capital_loan', 'cns_' || n, n, true, '2099-01-01'
FROM generate_series(1, {RETAILERS}) AS n;
INSERT INTO sealed_score (score_id, retailer_id, scored_at, sealed_record, seal_key_id, seal)
SELECT 'scr_' || n || '_' || m, 'ret_' || lpad(to_hex(n), 16, '0'), '2026-05-01'::timestamptz + m * interval '1 day',
       '{{}}', 'k', 's'
FROM generate_series(1, {RETAILERS}) AS n, generate_series(1, 3) AS m;
INSERT INTO score_block (block_id, retailer_id, scope, reason, code, blocked_at)
SELECT 'blk_' || n || '_' || scope, 'ret_' || lpad(to_hex(n), 16, '0'), scope, 'GR-5', 'DATA_INSUFFICIENT', '2026-04-01'
FROM generate_series(1, {RETAILERS}) AS n, unnest(ARRAY['retailer', 'run']) AS scope;
INSERT INTO retailer_standing (retailer_id, score_id, scored_at, expires_at, risk_band, probability_of_default,
    recommended_limit_inr, is_low_confidence_data, data_as_of_on)
SELECT 'ret_' || lpad(to_hex(n), 16, '0'), 'scr_' || n || '_3', '2026-05-04', '2026-06-04',
       substr('ABCD', 1 + n % 4, 1), 0.05, 1000, false, '2026-05-17'
FROM generate_series(1, {RETAILERS}) AS n;
INSERT INTO portfolio_holding
SELECT h.* FROM consent_grant g CROSS JOIN LATERAL holding_of(g.lender_id, g.retailer_id) h;
"""


@pytest.fixture
def population(database: Database) -> Database:
    """Many retailers of many lenders; an eighth is of LENDER."""
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        for statement in POPULATE.split(";\n"):
            connection.execute(statement)
        connection.execute(
            "VACUUM ANALYZE consent_grant, sealed_score, retailer_standing, score_block, portfolio_holding"
        )
    return database


@pytest.fixture
async def scoped(population: Database, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A transaction of LENDER."""
    async with transaction(pool) as connection:
        await SIGNER.enter(connection, LENDER)
        yield connection


async def plan_of(connection: asyncpg.Connection, statement: str, *arguments: Any) -> str:
    """How the database would run a statement."""
    return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *arguments))


async def test_a_page_goes_along_the_lenders_own_index_from_the_cursor_on(scoped: asyncpg.Connection) -> None:
    for band in (None, "D"):
        plan = await plan_of(scoped, store.PAGE_ROWS, LENDER, FIRST, 50, band, None, NOW)
        first = next(line for line in plan.splitlines() if "portfolio_holding_pkey" in line)
        assert "Index" in first
        condition = next(line for line in plan.splitlines() if "Index Cond" in line and "lender_id" in line)
        assert "retailer_id >" in condition
        assert "Seq Scan" not in plan


async def test_a_count_is_one_pass_over_the_lenders_own_holdings(scoped: asyncpg.Connection) -> None:
    plan = await plan_of(scoped, store.COUNTED, LENDER, list(BLOCKS), NOW, None, NOW + ENDING)
    assert re.findall(r"Scan (?:using|on) (portfolio_holding\w*)", plan)[-1] == "portfolio_holding_pkey"
    assert set(re.findall(r"Scan (?:using|on) ([a-z]+_[a-z]+)", plan)) == {"portfolio_holding"}
    assert "SubPlan" not in plan, "nothing is looked up for each row"


async def test_counts_are_planned_for_the_lender_however_often_others_were_counted(scoped: asyncpg.Connection) -> None:
    for _ in range(8):  # after five a plan for any lender may be kept
        await store.counted(scoped, LENDER, now=NOW, run_blocked_at=None)
    plans = "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement = $1"
    assert tuple(await scoped.fetchrow(plans, store.COUNTED)) == (8, 0)


async def test_alerts_are_one_pass_over_the_lenders_own_holdings_and_ends(scoped: asyncpg.Connection) -> None:
    arguments = (LENDER, NOW, NOW - ENDING, Decimal("0.02"), list(BLOCKS), ENDING, NOW + ENDING, "", "", 50)
    plan = await plan_of(scoped, store.ALERT_ROWS, *arguments)
    assert "portfolio_holding_pkey" in plan
    assert re.findall(r" on portfolio_holding (\w+)", plan) == ["t", "h"], "one pass, and a probe of each end"
    assert "Seq Scan" not in plan
    assert "retailer_standing" not in plan


# Of every kind some, several of one retailer, and many of the same instant.
WORSEN = f"""
UPDATE portfolio_holding SET
    scored_at = now() - k % 3 * interval '5 days', expires_at = now() + (k % 5 - 2) * interval '6 days',
    risk_band = substr('BCD', 1 + k % 3, 1), previous_band = substr('BCD', 1 + k % 2, 1),
    probability_of_default = 0.08, previous_probability = 0.05 + k % 2 * 0.02,
    blocked_at = CASE WHEN k % 4 = 0 THEN now() - k % 7 * interval '2 days' END,
    block_code = CASE WHEN k % 4 = 0 THEN 'DATA_INSUFFICIENT' END,
    consent_expires_at = now() + (1 + k % 6 * 10) * interval '1 day'
FROM generate_series(1, {RETAILERS}) AS k WHERE retailer_id = 'ret_' || lpad(to_hex(k), 16, '0')
"""


def alerts_of(holding: asyncpg.Record, now: datetime) -> Iterator[tuple[datetime, str, str]]:
    """Instant, kind and retailer of what is alerted about a holding."""
    since, retailer_id, scored_at = now - ALERTED, holding["retailer_id"], holding["scored_at"]
    if holding["blocked_at"] is not None and holding["blocked_at"] >= scored_at:
        if holding["blocked_at"] > since:
            yield holding["blocked_at"], "blocked", retailer_id
    elif since < holding["expires_at"] <= now:
        yield holding["expires_at"], "score_expired", retailer_id
    elif holding["expires_at"] > now and scored_at > since:
        if holding["risk_band"] > holding["previous_band"]:
            yield scored_at, "band_dropped", retailer_id
        if holding["probability_of_default"] - holding["previous_probability"] >= Decimal(PD_RISE):
            yield scored_at, "pd_rose", retailer_id
    if holding["consent_expires_at"] <= now + ENDING:
        yield holding["consent_expires_at"] - ENDING, "consent_ending", retailer_id


async def test_pages_of_alerts_together_are_all_of_them_newest_first_and_each_once(
    population: Database, pool: asyncpg.Pool
) -> None:
    with psycopg.connect(population.superuser_dsn, autocommit=True) as connection:
        connection.execute(WORSEN)
    seen: list[tuple[datetime, str, str]] = []
    async with transaction(pool) as scoped:
        await SIGNER.enter(scoped, LENDER)
        now = await scoped.fetchval("SELECT now()")
        holdings = await scoped.fetch("SELECT * FROM portfolio_holding")
        before, size = Place(now + ALERTED, "", ""), 37
        while len(seen) % size == 0:
            page = await store.alerts(scoped, LENDER, now=now, since=now - ALERTED, before=before, limit=size)
            assert page, "a page as long as it may be is followed by another"
            seen += [(alert.at, alert.kind, alert.retailer_id) for alert in page]
            before = Place(*seen[-1])
    expected = sorted((alert for holding in holdings for alert in alerts_of(holding, now)), reverse=True)
    assert {kind for _, kind, _ in expected} == {
        "band_dropped",
        "pd_rose",
        "score_expired",
        "blocked",
        "consent_ending",
    }
    assert len(expected) > len(holdings) > 400
    assert seen == expected


async def test_pages_are_stable_while_others_are_added(population: Database, pool: asyncpg.Pool) -> None:
    add = """INSERT INTO consent_grant (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at)
        VALUES (%s, %s, 'working_capital_loan', 'cns_x', 1, true, '2099-01-01')"""
    seen: list[str] = []
    cursor, pages = FIRST, 0
    with psycopg.connect(population.superuser_dsn, autocommit=True) as writer:
        writer.execute("SELECT set_config('app.context', %s, false)", (SIGNER.sign("projector"),))
        while True:
            async with transaction(pool) as connection:
                await SIGNER.enter(connection, LENDER)
                rows = await store.page(connection, LENDER, after=cursor, limit=50, filters=Filters(), now=NOW)
            seen += [row.holding.retailer_id for row in rows]
            if len(rows) < 50:
                break
            cursor, pages = rows[-1].holding.retailer_id, pages + 1
            writer.execute(add, (f"ret_{pages * 8 + 1:016x}", LENDER))  # before the cursor
            writer.execute(add, (f"ret_{RETAILERS + pages:016x}", LENDER))  # behind it
    original = {f"ret_{number:016x}" for number in range(8, RETAILERS + 1, 8)}
    behind = {f"ret_{RETAILERS + page:016x}" for page in range(1, pages + 1)}
    assert (set(seen), len(seen)) == (original | behind, len(original | behind))
    assert seen == sorted(seen)


def migration_of(file: Path) -> Any:
    """A migration as a module."""
    spec = importlib.util.spec_from_file_location("migration", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_grants_of_before_the_migration_have_a_holding(population: Database) -> None:
    with psycopg.connect(population.superuser_dsn, autocommit=True) as connection:
        expected = connection.execute("SELECT * FROM portfolio_holding ORDER BY 1, 2").fetchall()
        assert len(expected) == RETAILERS
        connection.execute("TRUNCATE portfolio_holding")
        with psycopg.connect(population.owner_dsn) as owner:
            owner.execute(migration_of(HOLDINGS).EXISTING)
        assert connection.execute("SELECT * FROM portfolio_holding ORDER BY 1, 2").fetchall() == expected


def test_rows_of_before_the_migration_have_a_standing(population: Database) -> None:
    migration = migration_of(MIGRATION)
    with psycopg.connect(population.superuser_dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE retailer_standing, score_block")
        connection.execute("DELETE FROM sealed_score WHERE retailer_id > 'ret_00000000000000ff'")
        connection.execute("UPDATE sealed_score SET sealed_record = '' WHERE score_id LIKE '%_2'")
        connection.execute("""UPDATE sealed_score SET sealed_record = '{"risk_band": "C"}' WHERE score_id LIKE '%_3'""")
        with psycopg.connect(population.owner_dsn) as owner:
            owner.execute(migration.EXISTING)
        rows = connection.execute("SELECT risk_band, previous_band, count(*) FROM retailer_standing GROUP BY 1, 2")
        assert rows.fetchall() == [("C", None, 255)]


async def test_a_month_is_counted_for_every_lender_and_replaced(
    population: Database, pool: asyncpg.Pool, clock: FixedClock
) -> None:
    counter = MonthCounter(pool, SIGNER, clock)
    await counter.step()
    async with transaction(pool) as connection:
        await SIGNER.enter(connection, LENDER)
        months = await store.months(connection, LENDER, since=NOW.date() - timedelta(days=40))
        assert {(month.month, month.standing, month.retailers) for month in months} == {("2026-05", "A", 500)}
        assert await store.months(connection, OTHER_LENDER, since=NOW.date() - timedelta(days=40)) == []
    with psycopg.connect(population.superuser_dsn, autocommit=True) as connection:
        connection.execute("UPDATE retailer_standing SET risk_band = 'C'")
    clock.advance(seconds=60)
    await counter.step()
    async with transaction(pool) as connection:
        await SIGNER.enter(connection, LENDER)
        months = await store.months(connection, LENDER, since=NOW.date() - timedelta(days=40))
    assert {(month.standing, month.retailers) for month in months} == {("C", 500)}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)
