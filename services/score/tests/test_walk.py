"""The walk of POST /v1/score in docs/architecture.md is the walk of the code."""

from pathlib import Path
from uuid import uuid4

import altscore_score
from altscore_libs.testing import documented_files, entered_files

from .world import World

SOURCE = Path(altscore_score.__file__).parent


async def test_a_score_enters_exactly_the_documented_files_from_the_cache_or_the_database(world: World) -> None:
    await world.score()  # a token is verified in full once
    await world.computed(altscore=725)
    for source in ("store", "cache"):
        await world.later(3)
        with entered_files(SOURCE) as entered:
            answer = await world.score(headers={"X-Request-ID": str(uuid4())})
        assert answer.status_code == 200
        assert (await world.audit("score_requested"))[-1]["details"]["source"] == source
        assert entered == documented_files("POST /v1/score", SOURCE)
