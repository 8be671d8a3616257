"""Reason codes (GR-3): by sign first, filled by distance, never under a point, never against the retailer's data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.reasons import BackedReason, Candidate, choose_reasons
from hypothesis import given, settings
from hypothesis import strategies as st

WAYS = ("positive", "negative")
GROUPS = [f"g{number}" for number in range(12)]
# A code for each direction of each group: what points and reference alone decide.
CANDIDATES = [Candidate(f"g{i}:{way}", way, i) for i in range(12) for way in WAYS]  # type: ignore[arg-type]
# The same with a second code for each, which is tried where the first is not true.
DOUBLED = [item for candidate in CANDIDATES for item in (candidate, candidate._replace(code=candidate.code + ":later"))]
FIVE = {"g0": 5.0, "g1": 4.0, "g2": 3.0, "g6": -2.0, "g7": -1.5}


def choose(
    points: Mapping[str, float],
    *,
    best: Mapping[str, float] | None = None,
    worst: Mapping[str, float] | None = None,
    untrue: Sequence[str] = (),
    candidates: Sequence[Candidate] = CANDIDATES,
) -> tuple[BackedReason, ...] | None:
    """Reasons of a single row; a group that is not named moves nothing and has no distance to its reference."""
    row = np.array([[points.get(group, 0.0) for group in GROUPS]])
    return choose_reasons(
        row,
        best=np.array([(best or {}).get(group, row[0, i]) for i, group in enumerate(GROUPS)]),
        worst=np.array([(worst or {}).get(group, row[0, i]) for i, group in enumerate(GROUPS)]),
        holds=np.array([[candidate.code not in untrue for candidate in candidates]]),
        candidates=candidates,
    )[0]


def texts(reasons: tuple[BackedReason, ...] | None) -> list[str] | None:
    """Codes in the order of their rank, those by distance with a star."""
    if reasons is None:
        return None
    assert [item.reason.rank for item in reasons] == list(range(1, len(reasons) + 1))
    return [item.reason.code + ("*" if item.basis == "distance" else "") for item in reasons]


def test_by_sign_the_strongest_comes_first_and_what_raises_the_score_is_positive() -> None:
    assert texts(choose(FIVE)) == ["g0:positive", "g1:positive", "g2:positive", "g6:negative", "g7:negative"]


def test_a_reason_keeps_what_it_moves_the_score_by() -> None:
    reasons = choose(FIVE)
    assert reasons is not None
    assert [item.points for item in reasons] == [5.0, 4.0, 3.0, 2.0, 1.5]
    assert [item.reason.direction for item in reasons] == ["positive"] * 3 + ["negative"] * 2


def test_equal_points_keep_the_order_of_the_index() -> None:
    equal = {group: np.copysign(2.0, value) for group, value in FIVE.items()}
    assert texts(choose(equal)) == ["g0:positive", "g1:positive", "g2:positive", "g6:negative", "g7:negative"]


@pytest.mark.parametrize(
    ("untrue", "code"),
    [([], "g0:positive"), (["g0:positive:later"], "g0:positive"), (["g0:positive"], "g0:positive:later")],
)
def test_of_several_codes_of_a_group_and_side_the_first_true_one_speaks(untrue: list[str], code: str) -> None:
    reasons = texts(choose(FIVE, untrue=untrue, candidates=DOUBLED))
    assert reasons == [code, "g1:positive", "g2:positive", "g6:negative", "g7:negative"]


def test_a_further_code_is_not_tried_where_the_first_ones_are_enough() -> None:
    reasons = choose(FIVE | {"g3": 9.0, "g8": -9.0}, untrue=["g3:positive", "g8:negative"], candidates=DOUBLED)
    assert texts(reasons) == texts(choose(FIVE))


def test_further_codes_are_tried_for_the_side_that_lacks_reasons_alone() -> None:
    untrue = ["g3:positive", "g8:negative", "g7:negative"]
    negative = choose(FIVE | {"g3": 9.0, "g8": -9.0}, untrue=untrue, candidates=DOUBLED)
    assert texts(negative) == [
        *("g8:negative:later", "g0:positive", "g1:positive", "g2:positive", "g6:negative"),
        "g7:negative:later",
    ]
    untrue = ["g2:positive", "g8:negative"]
    positive = choose(FIVE | {"g8": -9.0}, untrue=untrue, candidates=DOUBLED)
    assert texts(positive) == ["g0:positive", "g1:positive", "g2:positive:later", "g6:negative", "g7:negative"]
    untrue = ["g2:positive", "g7:negative"]
    both = choose(FIVE, untrue=untrue, candidates=DOUBLED)
    assert texts(both) == ["g0:positive", "g1:positive", "g2:positive:later", "g6:negative", "g7:negative:later"]


def test_a_further_code_fills_like_a_first_one_and_its_group_speaks_once() -> None:
    reasons = choose(FIVE | {"g7": 0.0}, best={"g7": 3.0}, untrue=["g7:negative"], candidates=DOUBLED)
    assert texts(reasons) == ["g0:positive", "g1:positive", "g2:positive", "g6:negative", "g7:negative:later*"]
    assert choose(FIVE | {"g7": 0.0}, best={"g6": 3.0}, candidates=DOUBLED) is None


@pytest.mark.parametrize(("points", "is_blocked"), [(1.0, False), (0.9999, True)])
@pytest.mark.parametrize("group", ["g2", "g7"])
def test_a_group_speaks_from_one_score_point_on(points: float, group: str, *, is_blocked: bool) -> None:
    assert (choose(FIVE | {group: np.copysign(points, FIVE[group])}) is None) is is_blocked


@pytest.mark.parametrize("missing", ["g2", "g7"])
def test_a_group_that_moves_nothing_has_no_direction_and_gr3_blocks(missing: str) -> None:
    assert choose(FIVE | {missing: 0.0}) is None


@pytest.mark.parametrize("code", ["g2:positive", "g7:negative"])
def test_a_group_says_nothing_that_is_not_true_and_gr3_then_blocks(code: str) -> None:
    assert choose(FIVE, untrue=[code]) is None


def test_an_untrue_code_does_not_turn_its_group_into_the_other_side() -> None:
    assert choose(FIVE | {"g2": 3.0}, untrue=["g2:positive"]) is None


def test_a_lacking_negative_is_filled_by_the_farthest_from_the_best_of_the_reference() -> None:
    points = {"g0": 5.0, "g1": 4.0, "g2": 3.0, "g3": 2.0, "g6": -2.0}
    reasons = choose(points, best={"g8": 1.5, "g9": 2.5, "g10": 2.0})
    assert texts(reasons) == ["g0:positive", "g1:positive", "g2:positive", "g3:positive", "g6:negative", "g9:negative*"]
    assert reasons is not None
    assert reasons[-1].points == 2.5


def test_a_lacking_positive_is_filled_by_the_farthest_from_the_worst_of_the_reference() -> None:
    reasons = choose({"g6": -2.0, "g7": -3.0, "g0": 5.0}, worst={"g3": -4.0, "g4": -1.5, "g5": -9.0})
    assert texts(reasons) == ["g0:positive", "g7:negative", "g6:negative", "g5:positive*", "g3:positive*"]
    assert reasons is not None
    assert [item.points for item in reasons[-2:]] == [9.0, 4.0]


@pytest.mark.parametrize(("shortfall", "is_blocked"), [(1.0, False), (0.9999, True)])
def test_a_distance_counts_from_one_score_point_on(shortfall: float, *, is_blocked: bool) -> None:
    assert (choose(FIVE | {"g7": 0.0}, best={"g7": shortfall}) is None) is is_blocked


def test_a_surplus_over_the_best_or_a_shortfall_under_the_worst_fills_nothing() -> None:
    assert choose(FIVE | {"g7": 0.0}, best={"g8": -5.0}) is None
    assert choose(FIVE | {"g2": 0.0}, worst={"g8": 5.0}) is None


def test_a_side_that_has_enough_by_sign_is_not_filled() -> None:
    assert texts(choose(FIVE, best={"g9": 50.0}, worst={"g10": -50.0})) == texts(choose(FIVE))


def test_only_what_a_side_lacks_is_filled() -> None:
    reasons = choose(FIVE | {"g7": 0.0}, best={"g8": 4.0, "g9": 3.0})
    assert texts(reasons) == ["g0:positive", "g1:positive", "g2:positive", "g6:negative", "g8:negative*"]


def test_a_distance_too_must_be_true_of_the_data() -> None:
    reasons = choose(FIVE | {"g7": 0.0}, best={"g8": 4.0, "g9": 3.0}, untrue=["g8:negative"])
    assert texts(reasons) == ["g0:positive", "g1:positive", "g2:positive", "g6:negative", "g9:negative*"]


def test_a_group_speaks_once() -> None:
    points = FIVE | {"g7": 0.0}
    assert choose(points, best={"g0": 50.0}) is None, "g0 speaks for the positive side already"
    both = choose({"g0": 5.0, "g1": 4.0, "g6": -2.0}, worst={"g8": -9.0}, best={"g8": 9.0, "g9": 2.0})
    assert texts(both) == ["g0:positive", "g1:positive", "g6:negative", "g8:positive*", "g9:negative*"]


def test_a_group_that_cannot_say_what_its_sign_means_may_fill_the_other_side() -> None:
    """Better than average and yet short of the best: true part payments are a weakness where nothing is weaker."""
    reasons = choose(FIVE | {"g7": 0.0, "g8": 3.0}, best={"g8": 9.0}, untrue=["g8:positive"])
    assert texts(reasons) == ["g0:positive", "g1:positive", "g2:positive", "g6:negative", "g8:negative*"]


def test_a_needed_group_never_speaks_for_the_other_side() -> None:
    assert choose(FIVE | {"g7": 0.0}, best={"g0": 50.0, "g1": 50.0, "g2": 50.0}) is None


def test_quiet_groups_fill_before_groups_that_speak_for_the_other_side() -> None:
    points = FIVE | {"g3": 2.0, "g4": 2.5, "g7": 0.0}
    first = choose(points, best={"g3": 30.0, "g8": 1.5})
    assert texts(first) == [
        *("g0:positive", "g1:positive", "g2:positive", "g4:positive", "g3:positive"),
        *("g6:negative", "g8:negative*"),
    ]
    then = choose(points, best={"g3": 30.0, "g4": 20.0})
    assert texts(then) == ["g0:positive", "g1:positive", "g2:positive", "g4:positive", "g6:negative", "g3:negative*"]


def test_a_group_without_a_code_in_that_direction_gives_none() -> None:
    onesided = [candidate for candidate in CANDIDATES if candidate.code not in {"g3:negative", "g4:positive"}]
    assert texts(choose(FIVE | {"g3": -9.0, "g4": 9.0}, candidates=onesided)) == texts(choose(FIVE))


def test_the_needed_codes_are_kept_however_many_stronger_there_are() -> None:
    strong = {"g3": 10.0, "g4": 11.0, "g5": 12.0, "g8": 13.0, "g9": 14.0}
    codes = texts(choose(FIVE | strong))
    assert codes is not None
    assert codes[-2:] == ["g6:negative", "g7:negative"]
    assert len(codes) == 8


def test_a_filled_code_is_kept_however_many_by_sign_there_are() -> None:
    strong = {f"g{number}": 10.0 for number in range(7)}
    codes = texts(choose(strong | {"g7": -2.0}, best={"g8": 2.0}))
    assert codes is not None
    assert codes[-2:] == ["g7:negative", "g8:negative*"]
    assert len(codes) == 8


@pytest.mark.parametrize("groups", [8, 9, 12])
def test_eight_codes_at_most_the_strongest_of_each_direction_first(groups: int) -> None:
    codes = texts(choose({f"g{i}": (1.0 if i % 2 else -1.0) * (1 + i) for i in range(groups)}))
    assert codes is not None
    strongest = sorted(range(groups), reverse=True)[:8]
    assert [code.split(":")[0] for code in codes] == [f"g{i}" for i in strongest]


def test_points_that_are_not_numbers_say_nothing() -> None:
    assert choose(FIVE | {"g7": np.nan}, best={"g7": np.nan}) is None


POINTS = st.lists(st.floats(-6, 6, allow_nan=False), min_size=12, max_size=12)
TRUTH = st.lists(st.booleans(), min_size=48, max_size=48)


@given(st.lists(st.tuples(POINTS, TRUTH), min_size=1, max_size=4), POINTS, POINTS)
@settings(deadline=None, max_examples=200)
def test_every_reason_is_true_and_worth_a_point_and_a_group_speaks_once(
    rows: list[tuple[list[float], list[bool]]], best: list[float], worst: list[float]
) -> None:
    given_rows: Any = np.array([points for points, _ in rows])
    truth = np.array([holds for _, holds in rows])
    together = choose_reasons(given_rows, best=np.array(best), worst=np.array(worst), holds=truth, candidates=DOUBLED)
    for row, reasons in enumerate(together):
        alone = choose_reasons(
            given_rows[[row]], best=np.array(best), worst=np.array(worst), holds=truth[[row]], candidates=DOUBLED
        )
        assert alone == [reasons], "a row is explained alike alone and among others"
        if reasons is None:
            continue
        ways = [item.reason.direction for item in reasons]
        assert ways.count("positive") >= 3
        assert ways.count("negative") >= 2
        assert 5 <= len(reasons) <= c.CODES_MAX
        groups = [item.reason.code.split(":")[0] for item in reasons]
        assert len(set(groups)) == len(groups)
        for item in reasons:
            [(index, candidate)] = [(i, own) for i, own in enumerate(DOUBLED) if own.code == item.reason.code]
            sign = 1 if candidate.direction == "positive" else -1
            origin = 0.0 if item.basis == "sign" else (worst if sign > 0 else best)[candidate.column]
            assert truth[row, index]
            assert not (candidate.code.endswith(":later") and truth[row, index - 1]), "the first true code speaks"
            assert item.reason.direction == candidate.direction
            assert item.points == sign * (given_rows[row, candidate.column] - origin) >= 1.0
