"""Messages come late, twice and in any order: the last word stands, and of two of one second the NAHI."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from altscore_consent.errors import AnswerOutdated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import LENDERS, NOW, PURPOSE, RETAILER, World

WORDS = st.lists(st.tuples(st.sampled_from(["HAAN", "NAHI"]), st.integers(0, 6)), min_size=1, max_size=8)
counter = iter(range(10**9))


def last_word(words: list[tuple[str, int]]) -> str:
    """Independent of the code: by time, NAHI above HAAN."""
    return max(words, key=lambda word: (word[1], word[0] == "NAHI"))[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
async def test_any_order_of_arrival_ends_with_the_last_word_by_sending_time(
    world: World, words: list[tuple[str, int]]
) -> None:
    retailer = f"ret_{next(counter):016x}"
    invite = await world.invite(retailer)
    versions = [0]
    for index, (word, second) in enumerate(words):
        at = NOW - timedelta(minutes=1) + timedelta(seconds=second)
        if word == "NAHI":
            await world.nahi(at, retailer)
        else:
            with contextlib.suppress(AnswerOutdated):
                await world.haan(invite, at, f"{retailer[-8:]}-{index}")
        versions.append((await world.checks.check(retailer, LENDERS[0], PURPOSE)).version)
    found = await world.checks.check(retailer, LENDERS[0], PURPOSE)
    assert found.is_consented == (last_word(words) == "HAAN")
    assert versions == sorted(versions)


async def test_two_answers_at_the_same_moment_are_applied_one_after_the_other(world: World) -> None:
    invite = await world.invite()
    results = await asyncio.gather(
        *(world.haan(invite, NOW, f"m{n}") for n in range(6)), world.nahi(NOW), return_exceptions=True
    )
    unexpected = [one for one in results if isinstance(one, BaseException) and not isinstance(one, AnswerOutdated)]
    assert unexpected == []
    assert not await world.is_consented()
    assert (await world.checks.check(RETAILER, LENDERS[1], None)).reason in ("none", "revoked")


@pytest.mark.parametrize("words", [[("HAAN", 1), ("NAHI", 1)], [("NAHI", 1), ("HAAN", 2)], [("HAAN", 3), ("NAHI", 2)]])
def test_the_yardstick_itself_is_right(words: list[tuple[str, int]]) -> None:
    assert last_word(words) == ("NAHI" if words[0][1] == words[1][1] else "HAAN")
