"""The walk of POST /v1/score in docs/architecture.md is the walk of the code."""

from pathlib import Path
from uuid import uuid4

import altscore_score
import pytest
from altscore_libs.testing import counted_entries, documented_files, entered_files

from .world import World

SOURCE = Path(altscore_score.__file__).parent
MOST_FILES = 15
MOST_ENTRIES = 3  # entered, left, and re-entered twice at most
SOURCES = ("store", "cache")
# Once for each record that a process sees: its rules also say whether it is in contract and explained.
ENTRIES_AT_FIRST_SIGHT = {"scores/domain.py": 5}


@pytest.fixture
async def verified(world: World) -> World:
    """A lender whose token and a score whose record were verified once, which is in no cache of ours any more."""
    await world.computed(altscore=725)
    await world.score()
    await world.service_redis.call("FLUSHDB")
    return world


async def served_from(world: World) -> str:
    """Where the score of one call came from, whose answer is good."""
    answer = await world.score(headers={"X-Request-ID": str(uuid4())})
    assert answer.status_code == 200
    return str((await world.audit("score_requested"))[-1]["details"]["source"])


async def test_a_score_enters_exactly_the_documented_files_from_the_cache_or_the_database(verified: World) -> None:
    documented = documented_files("POST /v1/score", SOURCE)
    assert len(documented) <= MOST_FILES
    for source in SOURCES:
        await verified.later(3)
        with entered_files(SOURCE) as entered:
            assert await served_from(verified) == source
        assert entered == documented


async def test_a_score_returns_to_no_file_more_than_twice(verified: World) -> None:
    for source in SOURCES:
        await verified.later(3)
        with counted_entries(SOURCE) as entries:
            assert await served_from(verified) == source
        assert {"scores/service.py", "calls/service.py", "limits/service.py"} <= entries.keys()
        assert {file: number for file, number in entries.items() if number > MOST_ENTRIES} == {}


async def test_a_record_that_is_seen_for_the_first_time_adds_the_entries_of_its_rules(world: World) -> None:
    await world.lenders.get("/v1/retailers/lookup", headers=world.headers())  # the token is verified in full once
    await world.computed(altscore=725)
    with counted_entries(SOURCE) as entries:
        assert await served_from(world) == "store"
    assert {file: number for file, number in entries.items() if number > MOST_ENTRIES} == ENTRIES_AT_FIRST_SIGHT
