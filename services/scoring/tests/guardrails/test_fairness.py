"""GR-1 in a run: quiet where groups are small and honest, loud where a group is treated worse."""

import math
from itertools import pairwise

import numpy as np
import pytest
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import adverse_impact_ratio
from altscore_scoring.guardrails.fairness import allowed_ratio, groups_of, known_group
from hypothesis import given, settings
from hypothesis import strategies as st


def drawn(random: np.random.Generator, *, groups: int, rows: int, share: float) -> tuple[list[str], list[str | None]]:
    """Groups of so many rows, each favoured with the same chance."""
    bands = np.where(random.random(groups * rows) < share, "A", "D").tolist()
    names: list[str | None] = [f"g{index:03d}" for index in range(groups) for _ in range(rows)]
    return bands, names


def test_the_monitor_is_quiet_in_500_honest_runs_of_many_small_groups_where_the_plain_ratio_is_not() -> None:
    random, fired, plain = np.random.default_rng(11), 0, 0
    for _ in range(500):
        bands, names = drawn(random, groups=20, rows=30, share=0.9)
        allowed, ratio = allowed_ratio(bands, names), adverse_impact_ratio(bands, names)
        assert allowed is not None
        assert ratio is not None
        fired += allowed < c.AIR_MIN
        plain += ratio < c.AIR_MIN
    assert fired / 500 <= 0.05
    assert plain / 500 > 0.3, "what the monitor did before"


@pytest.mark.parametrize(("shares", "rows"), [((0.8, 0.64), 60), ((0.5, 0.4), 200), ((0.9, 0.72), 400)])
def test_a_ratio_just_on_the_bar_fires_in_a_twentieth_of_the_runs_at_most(
    shares: tuple[float, float], rows: int
) -> None:
    random, fired = np.random.default_rng(13), 0
    names: list[str | None] = [*["x"] * rows, *["y"] * rows]
    for _ in range(500):
        bands = np.where(random.random(2 * rows) < np.repeat(shares, rows), "A", "D").tolist()
        fired += (allowed_ratio(bands, names) or 0) < c.AIR_MIN
    assert fired / 500 <= 0.05


def test_a_group_that_is_treated_worse_is_seen_among_twenty() -> None:
    random, seen = np.random.default_rng(17), 0
    for _ in range(50):
        bands, names = drawn(random, groups=20, rows=200, share=0.9)
        bands[:200] = np.where(random.random(200) < 0.5, "A", "D").tolist()
        seen += (allowed_ratio(bands, names) or 1) < c.AIR_MIN
    assert seen == 50


def test_with_many_rows_the_allowed_ratio_is_the_ratio() -> None:
    bands = ["A"] * 80_000 + ["D"] * 20_000 + ["A"] * 40_000 + ["D"] * 60_000
    assert allowed_ratio(bands, ["x"] * 100_000 + ["y"] * 100_000) == pytest.approx(0.5, abs=0.01)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(30, 80), st.integers(0, 80)), min_size=2, max_size=5))
def test_the_allowed_ratio_is_never_below_the_ratio_and_never_above_one(groups: list[tuple[int, int]]) -> None:
    bands: list[str] = []
    names: list[str | None] = []
    for index, (rows, favoured) in enumerate(groups):
        bands += ["A"] * min(rows, favoured) + ["D"] * max(0, rows - favoured)
        names += [f"g{index}"] * rows
    allowed, ratio = allowed_ratio(bands, names), adverse_impact_ratio(bands, names)
    assert (allowed is None) is (ratio is None)
    if allowed is not None and ratio is not None:
        assert min(1.0, ratio) <= allowed + 1e-12
        assert allowed <= 1.0


def limits(favoured: int, rows: int, z: float) -> tuple[float, float]:
    """Wilson's: the shares p at which the observed one is z standard deviations away, (s - p)^2 = z^2 p (1 - p) / n."""
    share, spread = favoured / rows, z * z / rows
    low, high = sorted(np.roots([1 + spread, -(2 * share + spread), share * share]).real)
    return float(low), float(high)


# The quantile of the normal distribution that leaves a twentieth, on both sides, to all ordered pairs together.
@pytest.mark.parametrize(
    ("groups", "z"),
    [
        ([(30, 12), (60, 45)], 1.959963985),
        ([(40, 10), (50, 30), (30, 28)], 2.393979800),
        ([(400, 380), (30, 30), (200, 31), (90, 40)], 2.638257273),
        ([(60, 0), (70, 50)], 1.959963985),
    ],
)
def test_the_allowed_ratio_is_the_least_of_all_pairs_with_both_limits_in_quadrature(
    groups: list[tuple[int, int]], z: float
) -> None:
    bands: list[str] = []
    names: list[str | None] = []
    for index, (rows, favoured) in enumerate(groups):
        bands += ["B"] * favoured + ["C"] * (rows - favoured)
        names += [f"g{index}"] * rows
    ratios = []
    for low_rows, low_favoured in groups:
        for high_rows, high_favoured in groups:
            worse, better = max(low_favoured, 0.5) / low_rows, max(high_favoured, 0.5) / high_rows
            if (low_rows, low_favoured) == (high_rows, high_favoured) or high_favoured == 0:
                continue
            up = math.log(limits(low_favoured, low_rows, z)[1] / worse)
            down = math.log(better / limits(high_favoured, high_rows, z)[0])
            ratios.append(worse / better * math.exp(math.hypot(up, down)))
    assert allowed_ratio(bands, names) == pytest.approx(min(ratios), rel=1e-6)
    assert min(ratios) < 1


def test_every_band_needs_a_group() -> None:
    with pytest.raises(ValueError, match="zip"):
        groups_of(["A"], [])


def test_more_rows_of_the_same_shares_allow_less() -> None:
    allowed = [
        allowed_ratio((["A"] * 8 + ["D"] * 2) * n + (["A"] * 5 + ["D"] * 5) * n, ["x"] * 10 * n + ["y"] * 10 * n)
        for n in (3, 10, 100)
    ]
    assert all(more is not None and less is not None and less < more for more, less in pairwise(allowed))


@pytest.mark.parametrize(("rows", "is_measured"), [(29, False), (30, True)])
def test_a_group_of_fewer_than_thirty_rows_is_not_judged(rows: int, is_measured: bool) -> None:
    bands = ["A"] * 60 + ["D"] * rows
    assert (allowed_ratio(bands, ["x"] * 60 + ["y"] * rows) is not None) is is_measured


@pytest.mark.parametrize("name", [None, "", " ", "unknown", "UNKNOWN", "not known", "n/a", "NA", "none", "-"])
def test_an_unknown_district_is_no_group(name: str | None) -> None:
    assert known_group(name) is None
    assert allowed_ratio(["A"] * 60 + ["D"] * 60, ["x"] * 60 + [name] * 60) is None


def test_groups_are_counted_by_name() -> None:
    bands = ["A"] * 30 + ["B"] * 10 + ["C"] * 20
    assert groups_of(bands, ["y"] * 30 + ["x"] * 30) == [("x", 30, 10), ("y", 30, 30)]


def test_nobody_favoured_cannot_be_measured() -> None:
    assert allowed_ratio(["D"] * 60, ["x"] * 30 + ["y"] * 30) is None
