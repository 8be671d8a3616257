"""What need not be kept goes by itself, a first time as soon as the worker runs."""

import asyncio

from altscore_webhook.deliveries.worker import purge_worker

from ..conftest import World

LIMIT_S = 30


async def test_the_worker_forgets_finished_deliveries(world: World) -> None:
    await world.answer(text="HAAN")
    world.clock.advance(seconds=9 * 86_400)
    stop = asyncio.Event()
    task = asyncio.create_task(purge_worker(world.purge).run(stop))
    async with asyncio.timeout(LIMIT_S):
        while await world.pool.fetchval("SELECT count(*) FROM deliveries") > 0:
            continue
    stop.set()
    await task
