"""PSI (GR-6), AIR (GR-1) and the quality bar."""

import math

import numpy as np
import pytest
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails.quality import failures_of, route_flags

CROSTON = {"bad_retailers": 30, "good_retailers": 30, "auroc_low": 0.60, "is_shown_off": False}
GOOD = {
    "auroc_low": 0.72,
    "ks_low": 0.35,
    "air_min": 0.80,
    "bad_retailers": 30,
    "good_retailers": 30,
    "is_calibrated": True,
    "croston": CROSTON,
}
EDGES, SHARES = list(np.arange(-4.0, 5.0)), [0.1] * 10
EVEN = np.repeat(np.arange(-4.5, 5.5), 10)


def test_psi_is_zero_for_the_same_distribution() -> None:
    assert checks.population_stability_index(EVEN, EDGES, SHARES) == pytest.approx(0.0)


def test_psi_is_the_sum_over_the_bins() -> None:
    margins = np.concatenate([np.full(60, -1.0), np.full(40, 1.0)])
    expected = (0.6 - 0.5) * math.log(0.6 / 0.5) + (0.4 - 0.5) * math.log(0.4 / 0.5)
    assert checks.population_stability_index(margins, [0.0], [0.5, 0.5]) == pytest.approx(expected)


def test_an_empty_bin_counts_as_a_ten_thousandth() -> None:
    margins = np.full(100, -1.0)
    expected = (1 - 0.5) * math.log(1 / 0.5) + (1e-4 - 0.5) * math.log(1e-4 / 0.5)
    assert checks.population_stability_index(margins, [0.0], [0.5, 0.5]) == pytest.approx(expected)
    expected = (0.5 - 1) * math.log(0.5 / 1) + (0.5 - 1e-4) * math.log(0.5 / 1e-4)
    half = np.repeat([-1.0, 1.0], 50)
    assert checks.population_stability_index(half, [0.0], [1.0, 0.0]) == pytest.approx(expected)


def test_a_margin_on_an_edge_belongs_to_the_upper_bin() -> None:
    margins = np.concatenate([np.zeros(60), np.full(40, -1.0)])
    psi = checks.population_stability_index(margins, [0.0], [0.4, 0.6])
    assert psi == pytest.approx(0.0)


def test_bins_that_hold_no_row_at_the_upper_end_still_count() -> None:
    psi = checks.population_stability_index(np.full(100, -9.0), EDGES, SHARES)
    assert psi == pytest.approx((1 - 0.1) * math.log(10) + 9 * (1e-4 - 0.1) * math.log(1e-3))


@pytest.mark.parametrize(("rows", "is_measured"), [(99, False), (100, True)])
def test_psi_needs_a_hundred_rows(rows: int, is_measured: bool) -> None:
    assert (checks.population_stability_index(np.zeros(rows), EDGES, SHARES) is not None) is is_measured


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_psi_of_broken_margins_cannot_be_measured(broken: float) -> None:
    margins = EVEN.copy()
    margins[3] = broken
    assert checks.population_stability_index(margins, EDGES, SHARES) is None


def test_air_is_the_worst_share_over_the_best_among_groups_of_thirty() -> None:
    bands = ["A"] * 40 + ["A"] * 20 + ["D"] * 20 + ["D"] * 29
    groups = ["x"] * 40 + ["y"] * 40 + ["small"] * 29
    assert checks.adverse_impact_ratio(bands, groups) == 0.5
    assert checks.adverse_impact_ratio([*bands, "D"], [*groups, "small"]) == 0.0


@pytest.mark.parametrize(("band", "air"), [("A", 1.0), ("B", 1.0), ("C", 0.5), ("D", 0.5)])
def test_bands_a_and_b_are_favourable(band: str, air: float) -> None:
    bands = ["A"] * 30 + ["A"] * 15 + [band] * 15
    assert checks.adverse_impact_ratio(bands, ["x"] * 30 + ["y"] * 30) == air


def test_air_compares_the_lowest_with_the_highest_of_all_groups() -> None:
    bands = (["A"] * 20 + ["D"] * 10) + (["A"] * 10 + ["D"] * 20) + (["A"] * 25 + ["D"] * 5)
    assert checks.adverse_impact_ratio(bands, ["x"] * 30 + ["y"] * 30 + ["z"] * 30) == pytest.approx(10 / 25)


def test_air_compares_shares_whatever_the_size_of_a_group() -> None:
    bands = (["A"] * 30 + ["D"] * 30) + (["A"] * 24 + ["D"] * 6)
    assert checks.adverse_impact_ratio(bands, ["large"] * 60 + ["small"] * 30) == pytest.approx(0.5 / 0.8)


def test_air_of_one_group_or_of_nobody_favoured_cannot_be_measured() -> None:
    assert checks.adverse_impact_ratio(["A"] * 60, ["x"] * 60) is None
    assert checks.adverse_impact_ratio(["A"] * 60, ["x"] * 30 + [None] * 30) is None
    assert checks.adverse_impact_ratio(["D"] * 60, ["x"] * 30 + ["y"] * 30) is None


def test_every_band_needs_a_group() -> None:
    with pytest.raises(ValueError, match="zip"):
        checks.adverse_impact_ratio(["A"], [])


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"auroc_low": 0.7199}, "auroc_low"),
        ({"auroc_low": None}, "auroc_low"),
        ({"ks_low": 0.3499}, "ks_low"),
        ({"ks_low": math.nan}, "ks_low"),
        ({"bad_retailers": 29}, "bad_retailers"),
        ({"good_retailers": 29}, "good_retailers"),
        ({"air_min": 0.7999}, "air_min"),
        ({"air_min": None}, "air_min"),
        ({"is_calibrated": False}, "calibration"),
        ({"is_calibrated": None}, "calibration"),
        ({"is_calibrated": 1}, "calibration"),
        ({"croston": CROSTON | {"auroc_low": 0.5999}}, "croston_auroc_low"),
        ({"croston": CROSTON | {"auroc_low": None}}, "croston_auroc_low"),
        ({"croston": CROSTON | {"is_shown_off": True}}, "croston_calibration"),
        ({"croston": CROSTON | {"is_shown_off": None}}, "croston_calibration"),
        ({"croston": {}}, "croston"),
        ({"croston": None}, "croston"),
    ],
)
def test_a_figure_below_its_bar_missing_or_not_a_number_fails(change: dict[str, object], missed: str) -> None:
    assert failures_of(GOOD) == []
    assert failures_of(GOOD | change) == [missed]


def test_every_missed_bar_is_named() -> None:
    assert failures_of({}) == [
        "auroc_low",
        "ks_low",
        "air_min",
        "bad_retailers",
        "good_retailers",
        "calibration",
        "croston",
    ]


@pytest.mark.parametrize("few", ["bad_retailers", "good_retailers"])
def test_a_croston_route_of_too_few_retailers_is_not_judged_and_each_of_its_scores_says_so(few: str) -> None:
    poor = GOOD | {"croston": CROSTON | {few: 29, "auroc_low": 0.3, "is_shown_off": True}}
    assert failures_of(poor) == []
    assert route_flags(poor, "croston") == (checks.Guardrail("GR-6", "flagged", "route_not_judged"),)
    assert route_flags(poor, "primary") == ()
    assert route_flags(GOOD, "croston") == ()
    assert route_flags({}, "croston") != ()


def test_a_croston_route_of_which_only_the_counts_are_known_is_judged_by_them() -> None:
    assert failures_of(GOOD | {"croston": {"bad_retailers": 0, "good_retailers": 0}}) == []
    assert failures_of(GOOD | {"croston": {"bad_retailers": 0}}) == ["croston"]
