"""One end for a whole call: each step that waits takes what is left."""

import pytest
from altscore_libs.deadlines import call_ends_at_s, call_ends_within, seconds_left
from altscore_libs.errors import Unavailable


async def test_a_step_takes_what_is_left_and_no_more_than_its_own_limit() -> None:
    assert seconds_left(5) == 5
    with call_ends_within(1.0):
        assert seconds_left(0.2) == 0.2
        assert 0.9 < seconds_left(5) <= 1.0
    assert seconds_left(5) == 5


async def test_a_call_without_time_begins_no_step() -> None:
    with call_ends_within(0.0), pytest.raises(Unavailable):
        seconds_left(5)


async def test_a_call_inside_another_has_its_own_end_and_leaves_the_outer_one_its() -> None:
    with call_ends_within(10.0) as outer:
        with call_ends_within(1.0) as inner:
            assert call_ends_at_s() == inner < outer
        assert call_ends_at_s() == outer
