"""GR-1 at evaluation: which groups are measured, which are judged, and what the ratio's interval says."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from altscore_scoring.guardrails import constants as c
from altscore_scoring.training.fairness import fairness, least_ratio, needed_retailers
from altscore_scoring.training.resampling import Clusters

SHARES = {"x": 0.8, "y": 0.4}


def report(shares: dict[str, float], *, retailers: int, snapshots: int = 1, seed: int = 7) -> dict[str, Any]:
    """Groups of so many retailers, of which these shares are favoured in all of their snapshots."""
    bands: list[str] = []
    groups: list[str | None] = []
    for group, share in shares.items():
        favoured = round(share * retailers)
        for number in range(retailers):
            bands += ["B" if number < favoured else "C"] * snapshots
            groups += [group] * snapshots
    of_row = np.arange(len(bands)) // snapshots
    return fairness(bands, groups, Clusters(of_row, len(bands) // snapshots), seed=seed)


def test_the_ratio_is_the_lowest_share_over_the_highest() -> None:
    measured = report(SHARES, retailers=300)
    assert measured["air"] == pytest.approx(0.5)
    assert {name: entry["favourable"] for name, entry in measured["groups"].items()} == pytest.approx(SHARES)
    low, high = measured["interval_95"]
    assert low < 0.5 < high < c.AIR_MIN
    assert measured == report(SHARES, retailers=300)
    assert measured["interval_95"] != report(SHARES, retailers=300, seed=8)["interval_95"]


@pytest.mark.parametrize(("retailers", "is_measured"), [(29, False), (30, True)])
def test_a_group_needs_thirty_retailers_and_rows_do_not_replace_them(retailers: int, is_measured: bool) -> None:
    assert bool(report(SHARES, retailers=retailers, snapshots=5)["groups"]) is is_measured


@pytest.mark.parametrize("nobody", [None, "", "  ", "unknown", "Unknown", "N/A", "-"])
def test_what_is_not_known_is_no_group(nobody: str | None) -> None:
    bands: Sequence[str] = ["A"] * 60 + ["D"] * 60
    measured = fairness(bands, ["x"] * 60 + [nobody] * 60, Clusters(np.arange(120), 120), seed=1)
    assert list(measured["groups"]) == ["x"]
    assert measured["air"] is measured["low"] is measured["high"] is None


def test_snapshots_of_the_same_retailers_do_not_narrow_the_interval() -> None:
    first, fourth = (report({"x": 0.8, "y": 0.7}, retailers=200, snapshots=n)["interval_95"] for n in (1, 4))
    assert fourth == pytest.approx(first, abs=0.02)


def test_groups_below_the_needed_number_are_reported_and_not_judged() -> None:
    few = report({"x": 0.9, "y": 0.9, "z": 0.9}, retailers=40)
    assert few["needed_retailers"] > 40
    assert few["low"] is None
    assert few["high"] == 1.0
    assert [entry["is_judged"] for entry in few["groups"].values()] == [False] * 3
    enough = report({"x": 0.9, "y": 0.9, "z": 0.9}, retailers=10 * round(few["needed_retailers"] / 10 + 1))
    assert [entry["is_judged"] for entry in enough["groups"].values()] == [True] * 3
    assert c.AIR_MIN <= enough["low"] < 1.0


def test_a_model_that_treats_all_alike_passes_in_about_four_of_five_samples_of_the_needed_size() -> None:
    random, judged, passed = np.random.default_rng(31), 0, 0
    needed = needed_retailers(0.85, 4)
    assert needed is not None
    groups = np.repeat(["w", "x", "y", "z"], round(1.1 * needed)).tolist()
    clusters = Clusters(np.arange(len(groups)), len(groups))
    for trial in range(60):
        bands = np.where(random.random(len(groups)) < 0.85, "A", "D").tolist()
        low = fairness(bands, groups, clusters, seed=trial)["low"]
        judged += low is not None
        passed += low is not None and low >= c.AIR_MIN
    assert judged > 40
    assert passed / judged >= 0.75


def test_more_groups_and_rarer_favour_need_more_retailers() -> None:
    sizes = [needed_retailers(0.9, 2), needed_retailers(0.9, 24), needed_retailers(0.5, 24)]
    assert sizes == sorted(sizes, key=lambda size: size or 0)
    assert needed_retailers(1.0, 2) == c.AIR_GROUP_MIN_ROWS
    assert needed_retailers(0.9, 1) is None
    assert needed_retailers(0.0, 4) is None


def test_the_interval_holds_the_true_ratio_of_many_groups_about_as_often_as_it_says() -> None:
    random, held, plain = np.random.default_rng(41), 0, 0
    shares = np.repeat([0.9, 0.81], 6)
    groups = [f"d{index:02d}" for index in range(12) for _ in range(80)]
    clusters = Clusters(np.arange(960), 960)
    for trial in range(60):
        bands = np.where(random.random(960) < np.repeat(shares, 80), "A", "D").tolist()
        measured = fairness(bands, groups, clusters, seed=trial)
        low, high = measured["interval_95"]
        held += low <= 0.9 <= high
        plain += measured["air"] < 0.85
    assert held / 60 >= 0.9
    assert plain / 60 > 0.5, "the plain figure of many small groups is mostly too low"


GROUPING = {"low": 0.9, "high": 1.0}


@pytest.mark.parametrize(
    ("groupings", "least"),
    [
        ([GROUPING, GROUPING | {"low": 0.85}], 0.85),
        ([GROUPING, {"low": None, "high": 0.95}], 0.9),
        ([GROUPING, {"low": None, "high": 0.79}], 0.79),
        ([{"low": None, "high": 0.95}, {"low": None, "high": None}], None),
        ([{"low": None, "high": 0.5}], 0.5),
        ([], None),
    ],
)
def test_the_figure_against_the_bar_is_the_lowest_judged_low_end_or_a_breach_that_is_shown(
    groupings: list[dict[str, float | None]], least: float | None
) -> None:
    assert least_ratio(groupings) == least


def test_a_group_too_small_to_judge_fails_when_it_is_plainly_treated_worse() -> None:
    shares = {f"d{index:02d}": 0.9 for index in range(9)} | {"d09": 0.35}
    measured = report(shares, retailers=60)
    assert measured["low"] is None
    assert measured["high"] < c.AIR_MIN
    assert least_ratio([measured, GROUPING]) == measured["high"]


def test_shares_of_nothing_and_of_everything_have_an_interval_too() -> None:
    none = report({"x": 0.0, "y": 0.9}, retailers=200)
    assert none["high"] < c.AIR_MIN
    everyone = report({"x": 1.0, "y": 1.0}, retailers=200)
    assert everyone["interval_95"][0] < 1.0
    assert report({"x": 0.0, "y": 0.0}, retailers=200)["interval_95"] is None
