"""Checks that arrive together are read together, and fail by themselves."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from altscore_consent.platform.batched_reads import READERS, BatchedReads
from altscore_libs import db
from altscore_libs.errors import Unavailable

from ..conftest import LENDERS, PURPOSE, RETAILER, World


@pytest_asyncio.fixture
async def reads(world: World) -> AsyncIterator[BatchedReads]:
    """Reads over a pool as the api has it."""
    pool = await db.create_pool(world.database.app_dsn, max_size=READERS, resets_sessions=False)
    yield BatchedReads(pool, world.clock)
    pool.terminate()


async def test_more_reads_than_readers_and_batches_are_all_answered_by_two_connections(
    world: World, reads: BatchedReads
) -> None:
    await world.granted()
    rows = await asyncio.gather(*(reads.read(RETAILER, LENDERS[n % 2]) for n in range(500)))
    assert [row[0].state.lender_id for row in rows] == [LENDERS[n % 2] for n in range(500)]
    connections = await world.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%a.place%' AND pid <> pg_backend_pid()"
    )
    assert 1 <= connections <= READERS


async def test_whatever_breaks_a_read_is_refused_to_those_who_wait_and_the_next_are_read(
    world: World, reads: BatchedReads
) -> None:
    await world.granted()
    world.as_superuser("ALTER TABLE consent_uses RENAME TO away")
    outcomes = await asyncio.gather(*(reads.read(RETAILER, LENDERS[0]) for _ in range(200)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    world.as_superuser("ALTER TABLE away RENAME TO consent_uses")
    assert len(await reads.read(RETAILER, LENDERS[0])) == 1


async def test_a_lost_connection_of_the_kept_sessions_is_replaced(world: World, reads: BatchedReads) -> None:
    await world.granted()
    assert await reads.read(RETAILER, LENDERS[0])
    world.as_superuser(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'consent'"
    )
    for _ in range(READERS):
        try:
            assert await reads.read(RETAILER, LENDERS[0])
        except Unavailable:
            continue
    assert await reads.read(RETAILER, LENDERS[0])


async def test_checks_that_come_together_each_get_their_own_answer(world: World) -> None:
    retailers = [f"ret_{n:016x}" for n in range(200)]
    for retailer in retailers[::20]:
        await world.granted(retailer)
    results = await asyncio.gather(
        *(world.services.checks.check(retailer, LENDERS[0], PURPOSE) for retailer in retailers)
    )
    assert [result.is_consented for result in results] == [n % 20 == 0 for n in range(200)]


async def test_a_lost_connection_refuses_the_checks_of_that_moment_and_no_later_ones(world: World) -> None:
    await world.granted()
    assert await world.is_consented()
    world.as_superuser(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'consent'"
    )
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(await world.is_consented())
        except Unavailable:
            outcomes.append(None)
    assert False not in outcomes
    assert outcomes[-1] is True


async def test_a_caller_that_disconnects_does_not_end_the_others(world: World) -> None:
    await world.granted()
    gone = asyncio.create_task(world.services.checks.check(RETAILER, LENDERS[0], PURPOSE))
    stays = asyncio.create_task(world.services.checks.check(RETAILER, LENDERS[1], PURPOSE))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).is_consented
    assert await world.is_consented()
