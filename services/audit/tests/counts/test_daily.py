"""Entries are counted into days of India, once, and a range is read from the counters alone."""

import json
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
from altscore_audit.app import create_app
from altscore_audit.chain import store as chain
from altscore_audit.chain.domain import Entry
from altscore_audit.counts import store
from altscore_audit.counts.service import CountService
from altscore_audit.main import create_services
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.testing import api_client

from ..conftest import entry_of

LATE = datetime(2026, 5, 20, 18, 29, 59, tzinfo=UTC)  # 23:59:59 in India
EARLY = datetime(2026, 5, 20, 18, 30, tzinfo=UTC)
RANGE = "from=2026-05-01&to=2026-05-31"


def served(number: int, at: datetime, **codes: Any) -> Entry:
    """An entry of a served score."""
    fields = {"producer": "score", "outcome": "served", "reason": None} | codes
    return entry_of(number, json.dumps(fields), action="score_requested", occurred_at=at)


async def append(pool: asyncpg.Pool, *entries: Entry) -> None:
    async with transaction(pool) as connection:
        await chain.append(connection, "general", entries)


async def answer(pool: asyncpg.Pool, query: str) -> httpx.Response:
    async with api_client(create_app(create_services(pool, FixedClock(LATE))), "admin") as client:
        response: httpx.Response = await client.get(f"/internal/daily-counts?{query}")
        return response


async def test_days_are_those_of_india_and_months_add_them_up(pool: asyncpg.Pool) -> None:
    await append(pool, served(1, LATE), served(2, EARLY), served(3, EARLY))
    while await CountService(pool).count_days():
        pass
    days = (await answer(pool, f"{RANGE}&unit=day")).json()
    assert [(row["period"], row["entries"]) for row in days["counts"]] == [("2026-05-20", 1), ("2026-05-21", 2)]
    [month] = (await answer(pool, f"{RANGE}&unit=month")).json()["counts"]
    assert (month["period"], month["entries"], month["reason"]) == ("2026-05-01", 3, "none")
    general = next(item for item in days["counted"] if item["chain"] == "general")
    assert general == {"chain": "general", "counted_seq": 3, "head_seq": 3}


async def test_what_is_not_counted_yet_is_told(pool: asyncpg.Pool) -> None:
    await append(pool, served(1, LATE), served(2, LATE), served(3, LATE))
    async with transaction(pool) as connection:
        assert await store.count_days(connection, 2) == 2
    body = (await answer(pool, RANGE)).json()
    general = next(item for item in body["counted"] if item["chain"] == "general")
    assert (general["counted_seq"], general["head_seq"], body["counts"][0]["entries"]) == (2, 3, 2)


async def test_an_entry_is_counted_once_however_many_workers_count(pool: asyncpg.Pool) -> None:
    await append(pool, *(served(number, LATE) for number in range(1, 8)))
    async with transaction(pool) as first:
        assert await store.count_days(first, 5) == 5
    async with transaction(pool) as second:
        assert await store.count_days(second, 5) == 2
        assert await store.count_days(second, 5) == 0
    assert (await answer(pool, RANGE)).json()["counts"][0]["entries"] == 7


async def test_texts_of_others_become_no_codes(pool: asyncpg.Pool) -> None:
    await append(
        pool,
        served(1, LATE, reason="call 98765 43210"),
        entry_of(2, "no json", action="score_requested", occurred_at=LATE),
        entry_of(3, '{"outcome":"\\u0000"}', action="score_requested", occurred_at=LATE),
    )
    await CountService(pool).count_days()
    rows = (await answer(pool, RANGE)).json()["counts"]
    assert sorted((row["outcome"], row["reason"], row["entries"]) for row in rows) == [
        ("none", "none", 2),
        ("served", "other", 1),
    ]


async def test_a_range_reads_the_counters_by_their_key_and_no_entry(
    pool: asyncpg.Pool, superuser: psycopg.Connection
) -> None:
    superuser.execute(
        """INSERT INTO audit_daily SELECT date '2020-01-01' + n % 2000, 'general', 'a' || n % 20, 'score', 'ok',
        'r' || n / 2000, 1 FROM generate_series(0, 39999) AS n"""
    )
    superuser.execute("ANALYZE audit_daily")
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            "EXPLAIN " + store.daily_statement("range"), date(2024, 1, 1), date(2024, 1, 31), ["a1"]
        )
    plan = "\n".join(row[0] for row in rows)
    assert "audit_daily_pkey" in plan
    assert "Seq Scan" not in plan
    assert "audit_log" not in plan


async def test_the_role_can_count_and_never_write_a_count(pool: asyncpg.Pool) -> None:
    for statement in (
        "INSERT INTO audit_daily VALUES ('2026-05-20', 'general', 'a', 'b', 'c', 'd', 1)",
        "UPDATE audit_daily_position SET counted_seq = 0",
        "SELECT audit_codes('{}')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


@pytest.mark.parametrize(
    "query",
    ["", "from=2026-05-02&to=2026-05-01", "from=x&to=y", f"{RANGE}&unit=hour", f"{RANGE}&actions=a;b"],
)
async def test_a_bad_range_is_a_400(pool: asyncpg.Pool, query: str) -> None:
    assert (await answer(pool, query)).status_code == 400
