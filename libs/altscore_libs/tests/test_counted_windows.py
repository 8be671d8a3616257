"""Floods are recorded one by one up to a bound, then by their number: nothing is lost, memory is bounded."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.counted_windows import CountedWindows, WindowSummary
from altscore_libs.errors import Unavailable
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 9, 21, 14, 20, tzinfo=UTC)
RECORDS, MAX_SOURCES = 2, 3


def windows(clock: FixedClock) -> CountedWindows[str]:
    """Two records a minute for each of three sources."""
    return CountedWindows(clock, window=timedelta(minutes=1), records=RECORDS, max_sources=MAX_SOURCES, others="others")


class Trail:
    """Keeps summaries, or cannot."""

    def __init__(self) -> None:
        self.is_away = False
        self.summaries: list[WindowSummary[str]] = []

    async def keep(self, summary: WindowSummary[str]) -> None:
        """Keeps it.

        Raises:
            Unavailable: while it is away.
        """
        if self.is_away:
            raise Unavailable("trail")
        self.summaries.append(summary)


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"), st.sampled_from(["x", "y"]), st.integers(0, 70), st.booleans(), st.booleans()
    ),
    max_size=80,
)


@settings(deadline=None, max_examples=200)
@given(steps=STEPS)
async def test_each_occurrence_is_recorded_or_counted_once_whatever_fails_meanwhile(
    steps: list[tuple[str, str, int, bool, bool]],
) -> None:
    clock, trail, occurred, recorded = FixedClock(NOW), Trail(), Counter[str](), Counter[str]()
    counted = windows(clock)
    for source, reason, seconds, is_away, is_written in steps:
        clock.advance(seconds=seconds)
        trail.is_away = is_away
        occurred[reason] += 1
        if counted.admit(source, reason):
            if is_written:
                recorded[reason] += 1
            else:
                counted.count(source, reason)
        try:
            await counted.write_summaries(trail.keep)
        except Unavailable:
            assert is_away
        assert len(counted._running) <= MAX_SOURCES + 1
        assert len(counted._ended) <= MAX_SOURCES + 1
    trail.is_away = False
    await counted.write_summaries(trail.keep, too_early=True)
    for summary in trail.summaries:
        recorded.update(summary.numbers)
    assert recorded == occurred
    assert counted.waiting == 0


async def test_a_summary_waits_for_the_end_of_its_window_and_is_handed_over_once() -> None:
    clock, trail = FixedClock(NOW), Trail()
    counted = windows(clock)
    assert [counted.admit("a", "x") for _ in range(5)] == [True, True, False, False, False]
    clock.advance(seconds=59)
    await counted.write_summaries(trail.keep)
    assert trail.summaries == []
    clock.advance(seconds=1)
    for _ in range(2):
        await counted.write_summaries(trail.keep)
    assert [summary.details() for summary in trail.summaries] == [
        {"began_at": NOW.isoformat(), "window_s": "60", "number": "3", "x": "3"}
    ]
    assert counted.admit("a", "x"), "the next window has records of its own"


async def test_what_comes_while_a_summary_is_being_written_is_not_lost() -> None:
    clock = FixedClock(NOW)
    counted = windows(clock)
    numbers: list[dict[str, int]] = []

    async def keep(summary: WindowSummary[str]) -> None:
        numbers.append(summary.numbers)
        if len(numbers) == 1:
            clock.advance(seconds=-60)
            counted.count("a", "y")
            clock.advance(seconds=60)
            counted._end("a")

    counted.count("a", "x")
    clock.advance(seconds=60)
    await counted.write_summaries(keep)
    await counted.write_summaries(keep)
    assert numbers == [{"x": 1}, {"y": 1}]


@pytest.mark.parametrize("number", [MAX_SOURCES, MAX_SOURCES + 7])
def test_beyond_the_bound_further_sources_share_the_records_of_one(number: int) -> None:
    counted = windows(FixedClock(NOW))
    admitted = [counted.admit(f"source_{index}", "x") for index in range(number)]
    assert sum(admitted) == min(number, MAX_SOURCES + RECORDS)
