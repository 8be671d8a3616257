"""Statements on connections kept out of the pool: a database that hangs costs each caller a bounded time."""

import asyncio
import gc
from collections.abc import Iterator

import pytest
from altscore_libs import db
from altscore_libs.errors import Unavailable
from altscore_libs.testing_postgres import HANG_S, PostgresServer
from altscore_libs.testing_stopwatch import Stopwatch
from altscore_score.platform.dedicated_connections import DedicatedConnections, database_breaker

STATEMENT_S = 0.5
LATE_S = 0.4  # what a busy machine may add


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    own = PostgresServer()
    own.start()
    yield own
    own.stop()


async def is_served(dedicated: DedicatedConnections) -> bool:
    """Whether a statement passes the circuit and is answered."""
    try:
        return bool(await dedicated.fetchrow("SELECT true") == (True,))
    except Unavailable:
        return False


async def test_a_database_that_hangs_costs_every_caller_one_statement_at_most(server: PostgresServer) -> None:
    pool = await db.create_pool(server.dsn("postgres"), min_size=2, max_size=6, statement_timeout_s=STATEMENT_S)
    dedicated = DedicatedConnections(pool, size=2, timeout_s=STATEMENT_S)
    assert [await dedicated.fetchrow("SELECT 1") for _ in range(3)] == [(1,)] * 3

    async def seconds_until_refused() -> float:
        watch = Stopwatch()
        with pytest.raises(Unavailable):
            await dedicated.fetchrow("SELECT 1")
        return watch.seconds

    with server.hanging():
        waits_s = await asyncio.gather(*(seconds_until_refused() for _ in range(12)))
        waits_s += [await seconds_until_refused() for _ in range(2)]
    assert max(waits_s) <= STATEMENT_S + db.GRACE_S + LATE_S
    async with asyncio.timeout(HANG_S):
        while not await is_served(dedicated):  # noqa: ASYNC110  # the circuit closes by itself, no event tells
            await asyncio.sleep(0.1)
        while not all(await asyncio.gather(*(is_served(dedicated) for _ in range(8)))):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.1)
    await dedicated.close()
    pool.terminate()


async def test_statements_that_did_not_end_spare_the_next_ones_of_every_user_the_wait(server: PostgresServer) -> None:
    pool, breaker = await db.create_pool(server.dsn("postgres"), statement_timeout_s=STATEMENT_S), database_breaker()
    reads, writes = (DedicatedConnections(pool, size=2, timeout_s=STATEMENT_S, breaker=breaker) for _ in range(2))
    with server.hanging():
        assert not any(await asyncio.gather(is_served(reads), is_served(reads)))
        watch = Stopwatch()
        assert not await is_served(writes)
        assert watch.seconds < LATE_S / 2
    pool.terminate()


async def test_a_place_is_never_lost_when_its_caller_leaves(server: PostgresServer) -> None:
    pool = await db.create_pool(server.dsn("postgres"), min_size=2, max_size=4)
    dedicated = DedicatedConnections(pool, size=1, timeout_s=5)
    for wait_s in (0.0, 0.001, 0.05):
        leaving = [asyncio.create_task(dedicated.fetchrow("SELECT pg_sleep(0.2)")) for _ in range(3)]
        await asyncio.sleep(wait_s)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
    async with asyncio.timeout(HANG_S):
        assert await dedicated.fetchrow("SELECT 1") == (1,)
    await dedicated.close()
    pool.terminate()


async def test_connections_are_open_before_the_first_statement(server: PostgresServer) -> None:
    pool = await db.create_pool(server.dsn("postgres"), min_size=1, max_size=4)
    dedicated = DedicatedConnections(pool, size=3, timeout_s=5)
    await dedicated.open_all()
    assert (pool.get_size(), pool.get_idle_size()) == (3, 0)
    assert await asyncio.gather(*(dedicated.fetchrow("SELECT 1") for _ in range(9))) == [(1,)] * 9
    assert (pool.get_size(), pool.get_idle_size()) == (3, 0)
    await dedicated.close()
    pool.terminate()


async def test_a_database_that_hangs_at_the_start_is_left_to_the_calls(server: PostgresServer) -> None:
    pool = await db.create_pool(server.dsn("postgres"), min_size=0, max_size=4)
    dedicated = DedicatedConnections(pool, size=3, timeout_s=STATEMENT_S)
    with server.hanging():
        await dedicated.open_all()
    async with asyncio.timeout(HANG_S):
        while not all(await asyncio.gather(*(is_served(dedicated) for _ in range(9)))):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.1)
    await dedicated.close()
    pool.terminate()


async def test_a_connection_that_its_pool_has_dropped_leaves_no_error_that_nobody_reads(server: PostgresServer) -> None:
    unread: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unread.append(context["message"]))
    pool = await db.create_pool(server.dsn("postgres"), min_size=1, max_size=1, statement_timeout_s=STATEMENT_S)
    dedicated = DedicatedConnections(pool, size=1, timeout_s=STATEMENT_S)
    with server.hanging():
        assert not await is_served(dedicated)
        while pool.get_size():  # noqa: ASYNC110  # dropping it takes as long as a statement may, and no event tells
            await asyncio.sleep(0.01)
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()  # an error is told of when its task goes
    assert not unread
    pool.terminate()
