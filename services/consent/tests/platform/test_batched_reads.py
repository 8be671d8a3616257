"""Checks that arrive together are read together, and fail by themselves."""

import asyncio

from altscore_libs.errors import Unavailable

from ..conftest import LENDERS, PURPOSE, RETAILER, World


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
