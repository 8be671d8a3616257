"""The walk of an answer in docs/architecture.md is the walk of the code."""

from pathlib import Path

import altscore_webhook
from altscore_libs.testing import documented_files, entered_files

from .conftest import World, delivery

SOURCE = Path(altscore_webhook.__file__).parent


async def test_a_haan_enters_exactly_the_documented_files(world: World) -> None:
    with entered_files(SOURCE) as entered:
        await world.deliver(delivery(text="HAAN"))
        await world.queue.work_once()
    assert await world.pool.fetchval("SELECT outcome FROM messages") == "granted"
    assert entered - {"app.py"} == documented_files("A consent grant", SOURCE)  # the fixture makes the application
