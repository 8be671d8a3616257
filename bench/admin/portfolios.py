"""A lender's portfolio of 50,000 retailers out of 100,000, read as the serving role under row-level security."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
import psycopg
from altscore_libs import db
from altscore_libs.db import transaction
from altscore_libs.rls import ContextSigner
from altscore_score.portfolios import store
from altscore_score.portfolios.domain import ALERTED, FIRST, PAGE, Filters, Place

LENDER, KEY = "lender_one", b"k" * 32
RETAILERS, HELD = 100_000, 50_000
Query = Callable[[asyncpg.Connection], Awaitable[object]]
# Triggers would make a holding at each row; here all of them are made at the end, as the migration does.
_FILL = (
    "SET session_replication_role = replica",
    """INSERT INTO consent_grant
        (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at, ended_at)
    SELECT 'ret_' || lpad(to_hex(n), 16, '0'), %(lender)s, 'working_capital_loan', 'cns_' || n, n, n %% 20 <> 0,
           now() + n %% 365 * interval '1 day', CASE WHEN n %% 20 = 0 THEN now() - n %% 90 * interval '1 day' END
    FROM generate_series(1, %(held)s) AS n""",
    """INSERT INTO consent_grant (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at)
    SELECT 'ret_' || lpad(to_hex(n), 16, '0'), 'lender_' || (n + k) %% 20, 'working_capital_loan', 'cnx_' || n, n, true,
           now() + n %% 365 * interval '1 day'
    FROM generate_series(1, %(retailers)s) AS n, generate_series(1, 2) AS k""",
    """INSERT INTO retailer_standing (retailer_id, score_id, scored_at, expires_at, risk_band, probability_of_default,
        recommended_limit_inr, is_low_confidence_data, data_as_of_on, previous_band, previous_probability, blocked_at,
        block_code)
    SELECT 'ret_' || lpad(to_hex(n), 16, '0'), 'scr_' || n, now() - n %% 60 * interval '1 day',
           now() + (30 - n %% 60) * interval '1 day', substr('ABCD', 1 + n %% 4, 1), 0.05 + n %% 7 * 0.01,
           1000 + n %% 500, n %% 10 = 0, current_date - (n %% 40)::int, substr('ABCD', 1 + n %% 3, 1), 0.05,
           CASE WHEN n %% 15 = 0 THEN now() - n %% 40 * interval '1 day' END,
           CASE WHEN n %% 15 = 0 THEN 'DATA_INSUFFICIENT' END
    FROM generate_series(1, %(retailers)s) AS n""",
    """INSERT INTO portfolio_holding SELECT h.*
    FROM (SELECT DISTINCT lender_id, retailer_id FROM consent_grant WHERE is_active) g
    CROSS JOIN LATERAL holding_of(g.lender_id, g.retailer_id) h""",
    "VACUUM ANALYZE",
)


def fill(dsn: str) -> None:
    """Grants of twenty-one lenders, standings and holdings; as a superuser."""
    values = {"lender": LENDER, "held": HELD, "retailers": RETAILERS}
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO context_key (key) VALUES (%s)", (KEY,))
        for statement in _FILL:
            connection.execute(statement.encode(), values if "%(" in statement else None)


async def measure(dsn: str, calls: int) -> dict[str, list[float]]:
    """Milliseconds of each reading with its transaction, without HTTP, consent's answers and signatures."""
    signer, now = ContextSigner(KEY), datetime.now(UTC)
    async with await db.create_pool(dsn) as pool:
        return {name: await _timed(pool, signer, query, calls) for name, query in _queries(now).items()}


def _queries(now: datetime) -> dict[str, Query]:
    def page(after: str, filters: Filters) -> Query:
        return lambda link: store.page(link, LENDER, after=after, limit=PAGE, filters=filters, now=now)

    def alerts(before: Place) -> Query:
        return lambda link: store.alerts(link, LENDER, now=now, since=now - ALERTED, before=before, limit=PAGE)

    return {
        "portfolio: counts": lambda link: store.counted(link, LENDER, now=now, run_blocked_at=None),
        "portfolio: alerts, first": alerts(Place(now + ALERTED, "", "")),
        "portfolio: alerts, deep": alerts(Place(now - ALERTED / 2, "", "")),
        "portfolio: rows, first": page(FIRST, Filters()),
        "portfolio: rows, middle": page(f"ret_{HELD // 2:016x}", Filters()),
        "portfolio: rows, band D": page(FIRST, Filters(band="D")),
        "portfolio: rows, ending": page(FIRST, Filters(is_ending=True)),
    }


async def _timed(pool: asyncpg.Pool, signer: ContextSigner, query: Query, calls: int) -> list[float]:
    times = []
    for _ in range(calls + 1):
        begun = time.perf_counter()
        async with transaction(pool) as connection:
            await signer.enter(connection, LENDER)
            await query(connection)
        times.append((time.perf_counter() - begun) * 1000)
    return times[1:]
