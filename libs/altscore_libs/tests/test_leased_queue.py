"""Leased queues: some items at once, a failed handler hurts no other item, waits double, old items are given up."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from altscore_libs.db import transaction
from altscore_libs.leased_queue import LeasedQueue, RetryPolicy
from altscore_libs.testing_postgres import HANG_S

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
POLICY = RetryPolicy(timedelta(seconds=1), timedelta(minutes=5), timedelta(days=7), max_attempts=20)
CLAIM = """
DELETE FROM effects WHERE event_id IN (SELECT event_id FROM effects LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING event_id
"""


async def test_two_workers_handle_every_row_once_and_a_failing_item_hurts_no_other(pool: asyncpg.Pool) -> None:
    rows = await pool.fetch(
        "INSERT INTO effects (event_id) SELECT gen_random_uuid() FROM generate_series(1, 20) RETURNING event_id"
    )
    bad, handled = rows[0]["event_id"], []

    async def claim(limit: int) -> Sequence[UUID]:
        async with transaction(pool) as connection:
            return [row["event_id"] for row in await connection.fetch(CLAIM, limit)]

    async def handle(item: UUID) -> None:
        await asyncio.sleep(0.001)
        handled.append(item)
        if item == bad:
            raise RuntimeError

    stop = asyncio.Event()
    queues = [LeasedQueue("tested", claim=claim, handle=handle, at_once=3, poll_interval_s=0.01) for _ in range(2)]
    tasks = [asyncio.create_task(queue.run(stop)) for queue in queues]
    async with asyncio.timeout(HANG_S):
        while len(handled) < len(rows):  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks), timeout=HANG_S)
    assert sorted(handled) == sorted(row["event_id"] for row in rows)


@pytest.mark.parametrize(("attempts", "wait_s"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (19, 300)])
def test_waits_double_up_to_the_longest(attempts: int, wait_s: int) -> None:
    assert POLICY.next_attempt_at(NOW, created_at=NOW, attempts=attempts) == NOW + timedelta(seconds=wait_s)


def test_a_wait_that_the_other_side_asks_for_is_kept() -> None:
    assert POLICY.wait(1, at_least=timedelta(hours=1)) == timedelta(hours=1)


def test_an_item_is_given_up_by_age_or_attempts() -> None:
    assert POLICY.next_attempt_at(NOW, created_at=NOW - timedelta(days=7), attempts=1) is None
    assert POLICY.next_attempt_at(NOW, created_at=NOW, attempts=20) is None
