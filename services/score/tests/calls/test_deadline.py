"""One deadline for a whole call: its waits never add up, whatever hangs."""

import asyncio
from uuid import uuid4

import pytest
from altscore_libs.testing_postgres import PostgresServer
from altscore_libs.testing_stopwatch import Stopwatch
from altscore_score.platform.waits import SERVING

from ..world import RETAILER, World

LATE_S = 0.4  # what a busy machine may add
pytestmark = pytest.mark.parametrize("waits", [SERVING])


@pytest.mark.parametrize("with_key", [True, False])
async def test_a_score_call_ends_in_time_while_consent_and_the_database_hang(
    world: World, pg_server: PostgresServer, with_key: bool
) -> None:
    await world.score()  # connections are open
    await world.later(61)  # no answer of consent is left to fall back to
    world.neighbours.is_hanging = True

    async def seconds_of_a_call() -> float:
        watch = Stopwatch()
        headers = {"X-Request-ID": str(uuid4())} if with_key else {}
        assert (await world.score(headers=headers)).status_code == 503
        return watch.seconds

    with pg_server.hanging():
        waits_s = [await seconds_of_a_call()]
        waits_s += await asyncio.gather(*(seconds_of_a_call() for _ in range(4)))
    assert max(waits_s) <= SERVING.call_s + LATE_S


async def test_calls_that_share_a_commit_end_in_time_while_the_database_hangs(
    world: World, pg_server: PostgresServer
) -> None:
    await asyncio.gather(*(world.score() for _ in range(3)))

    async def seconds_of_a_call() -> float:
        watch = Stopwatch()
        await world.score(f"ret_{uuid4().hex[:16]}")
        return watch.seconds

    with pg_server.hanging():
        waits_s = await asyncio.gather(*(seconds_of_a_call() for _ in range(12)))
    assert max(waits_s) <= SERVING.call_s + LATE_S


async def test_a_history_ends_in_time_while_the_database_hangs(world: World, pg_server: PostgresServer) -> None:
    path, headers = f"/v1/score/{RETAILER}/history", world.headers()
    assert (await world.lenders.get(path, headers=headers)).status_code == 200
    with pg_server.hanging():
        watch = Stopwatch()
        assert (await world.lenders.get(path, headers=headers)).status_code == 503
    assert watch.seconds <= SERVING.call_s + LATE_S
