"""Rows of applied events go once their event can no longer arrive again, along an index, in bounded batches."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.retention import InboxRetention, inbox_periods
from altscore_libs.testing import SCHEMAS

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def add(pool: asyncpg.Pool, topic: str, *, age_days: float, count: int = 1) -> None:
    """Applied events of a topic."""
    await pool.execute(
        "INSERT INTO inbox (event_id, name, topic, producer, producer_seq, applied_at)"
        " SELECT gen_random_uuid(), 'n', $1, 'p', 1, $2 FROM generate_series(1, $3)",
        topic,
        NOW - age_days * DAY,
        count,
    )


async def rows(pool: asyncpg.Pool, topic: str) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM inbox WHERE topic = $1", topic))


def test_a_row_outlives_its_topic_and_the_outboxes_and_topics_kept_for_ever_keep_theirs(tmp_path: Path) -> None:
    file = tmp_path / "topics.yml"
    file.write_text("- {name: short, retention_days: 7}\n- {name: endless, retention_days: -1}\n")
    assert inbox_periods(file) == {"short": timedelta(days=15)}
    real = inbox_periods(SCHEMAS / "topics.yml")
    assert real["altscore.scores"] == timedelta(days=38)
    assert "altscore.consent" not in real


async def test_only_rows_that_are_older_than_their_topics_period_go(pool: asyncpg.Pool) -> None:
    for topic, age_days in (("short", 14.9), ("short", 15.1), ("long", 15.1), ("endless", 4000)):
        await add(pool, topic, age_days=age_days)

    periods = {"short": timedelta(days=15), "long": timedelta(days=98)}
    assert not await InboxRetention(pool, periods, FixedClock(NOW)).step()

    assert [await rows(pool, topic) for topic in ("short", "long", "endless")] == [1, 1, 1]


async def test_a_step_removes_one_batch_the_oldest_first_and_says_that_there_is_more(pool: asyncpg.Pool) -> None:
    await add(pool, "short", age_days=30, count=5)
    await add(pool, "short", age_days=40, count=2)
    retention = InboxRetention(pool, {"short": timedelta(days=15)}, FixedClock(NOW), batch=3)

    assert await retention.step()

    assert await pool.fetchval("SELECT count(*) FROM inbox WHERE applied_at < $1", NOW - 35 * DAY) == 0
    assert (await rows(pool, "short"), await retention.step(), await rows(pool, "short")) == (4, True, 1)
    assert (await retention.step(), await rows(pool, "short")) == (False, 0)


@pytest.mark.parametrize("size", [20_000])
async def test_a_batch_is_found_along_the_index(pool: asyncpg.Pool, size: int) -> None:
    await add(pool, "short", age_days=1, count=size)
    await add(pool, "short", age_days=30, count=10)
    await pool.execute("ANALYZE inbox")
    query = "SELECT event_id FROM inbox WHERE topic = $1 AND applied_at < $2 ORDER BY applied_at LIMIT $3"
    plan = "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN {query}", "short", NOW - 15 * DAY, 5000))
    assert "inbox_by_age" in plan
    assert "Seq Scan" not in plan
