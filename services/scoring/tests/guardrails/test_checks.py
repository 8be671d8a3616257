"""Reason codes (GR-3), PSI (GR-6), AIR (GR-1) and the quality bar."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.quality import failures_of
from altscore_scoring.model.taxonomy import Taxonomy
from hypothesis import given
from hypothesis import strategies as st

GOOD = {"auroc": 0.72, "ks": 0.35, "air_min": 0.80, "is_calibrated": True}
FACTS = dict.fromkeys(
    {fact.feature for groups in c.CONTRADICTED_BY.values() for group in groups for fact in group}, 0.0
) | {
    "lines_mean": 5,
    "gmv_6m_monthly_inr": 90_000,
    "months_history": 18,
    "gmv_growth_ratio": 1.0,
}
FIVE = {"delay": -0.5, "returns": -0.4, "tenure": -0.3, "gap": 0.2, "season": 0.1}
TRUE_FACTS = FACTS | {"gap_max_days": 40, "peak_month_index": 2.0}
# One code per direction for any group name: what the contributions alone decide.
ANY_CODES = {(f"g{i}", way): f"g{i}:{way}" for i in range(12) for way in ("positive", "negative")}


def reasons(contributions: Mapping[str, float]) -> tuple[checks.Reason, ...] | None:
    """Reason codes without any contradicting fact."""
    return checks.reason_codes(contributions, ANY_CODES, {})


def test_codes_are_ranked_by_strength_and_the_sign_alone_decides_the_direction(taxonomy: Taxonomy) -> None:
    assert checks.reason_codes(FIVE, taxonomy.codes, TRUE_FACTS) == (
        ("LOW_PAYMENT_DELAY", "positive", 1),
        ("LOW_RETURN_RATE", "positive", 2),
        ("LONG_RELATIONSHIP", "positive", 3),
        ("ORDER_GAP_DETECTED", "negative", 4),
        ("HIGH_SEASONAL_DEPENDENCE", "negative", 5),
    )


def test_equal_contributions_keep_the_order_of_the_index(taxonomy: Taxonomy) -> None:
    equal = {group: math.copysign(0.1, value) for group, value in FIVE.items()}
    codes = checks.reason_codes(equal, taxonomy.codes, TRUE_FACTS)
    assert codes is not None
    assert (codes[0].code, codes[-1].code) == ("LOW_PAYMENT_DELAY", "HIGH_SEASONAL_DEPENDENCE")


def test_a_plain_fact_suppresses_a_code_and_gr3_then_blocks(taxonomy: Taxonomy) -> None:
    assert checks.reason_codes(FIVE, taxonomy.codes, TRUE_FACTS | {"months_history": 3}) is None


def test_an_unknown_fact_cannot_support_a_code(taxonomy: Taxonomy) -> None:
    assert checks.is_contradicted("LONG_RELATIONSHIP", {})
    assert checks.is_contradicted("LONG_RELATIONSHIP", {"months_history": math.nan})
    assert checks.reason_codes(FIVE, taxonomy.codes, TRUE_FACTS | {"gap_max_days": math.nan}) is None


def test_a_code_without_a_contradicting_fact_is_never_contradicted() -> None:
    assert not checks.is_contradicted("g0:positive", {})


@pytest.mark.parametrize(("positives", "negatives", "is_blocked"), [(3, 2, False), (2, 2, True), (3, 1, True)])
def test_gr3_needs_three_positive_and_two_negative_codes(positives: int, negatives: int, is_blocked: bool) -> None:
    contributions = {f"g{i}": -1.0 for i in range(positives)} | {f"g{6 + i}": 1.0 for i in range(negatives)}
    assert (reasons(contributions) is None) is is_blocked


@pytest.mark.parametrize(("smallest", "is_blocked"), [(1e-4, False), (0.99999e-4, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_contribution_counts_from_a_ten_thousandth_on(smallest: float, is_blocked: bool, sign: int) -> None:
    contributions = {"g0": -1.0, "g1": -1.0, "g2": -1.0, "g6": 1.0, "g7": 1.0}
    contributions["g2" if sign < 0 else "g7"] = sign * smallest
    assert (reasons(contributions) is None) is is_blocked


def test_a_contribution_of_nothing_has_no_direction() -> None:
    contributions = {"g0": -1.0, "g1": -1.0, "g2": -1.0, "g6": 1.0, "g7": 0.0}
    assert reasons(contributions) is None


def test_a_group_without_a_code_in_that_direction_gives_none(taxonomy: Taxonomy) -> None:
    codes = checks.reason_codes(FIVE | {"part_pay": -9.0, "volume": 9.0}, taxonomy.codes, TRUE_FACTS)
    assert codes is not None
    assert len(codes) == 5


def test_the_needed_codes_are_kept_however_many_stronger_ones_there_are(taxonomy: Taxonomy) -> None:
    strong = {name: -1.0 - i for i, name in enumerate(("regularity", "exposure", "frequency", "range", "volume"))}
    codes = checks.reason_codes(FIVE | strong, taxonomy.codes, TRUE_FACTS)
    assert codes is not None
    assert {"ORDER_GAP_DETECTED", "HIGH_SEASONAL_DEPENDENCE"} <= {reason.code for reason in codes}


@pytest.mark.parametrize("groups", [8, 9, 12])
def test_eight_codes_at_most_the_strongest_of_each_direction_first(groups: int) -> None:
    contributions = {f"g{i}": (-1.0 if i % 2 else 1.0) * (1 + i) for i in range(groups)}
    codes = reasons(contributions)
    assert codes is not None
    strongest = sorted(range(groups), reverse=True)[:8]
    assert [reason.code.split(":")[0] for reason in codes] == [f"g{i}" for i in strongest]
    assert [reason.rank for reason in codes] == list(range(1, 9))


@given(
    st.dictionaries(st.sampled_from([f"g{i}" for i in range(12)]), st.floats(-3, 3, allow_nan=False), max_size=12),
    st.sets(st.sampled_from(sorted(ANY_CODES)), max_size=24),
)
def test_whatever_the_contributions_a_direction_is_never_relabelled(
    contributions: dict[str, float], missing: set[tuple[str, str]]
) -> None:
    codes = {key: code for key, code in ANY_CODES.items() if key not in missing}
    chosen = checks.reason_codes(contributions, codes, {}) or ()
    for reason in chosen:
        group, way = reason.code.split(":")
        assert way == reason.direction == ("positive" if contributions[group] < 0 else "negative")
        assert abs(contributions[group]) >= 1e-4
    strengths = [abs(contributions[reason.code.split(":")[0]]) for reason in chosen]
    assert strengths == sorted(strengths, reverse=True)
    assert [reason.rank for reason in chosen] == list(range(1, len(chosen) + 1))
    if chosen:
        ways = [reason.direction for reason in chosen]
        assert ways.count("positive") >= 3
        assert ways.count("negative") >= 2
        assert 5 <= len(chosen) <= 8


def test_every_code_of_the_taxonomy_has_its_plain_fact(taxonomy: Taxonomy) -> None:
    assert set(c.CONTRADICTED_BY) == set(taxonomy.codes.values())
    assert len(taxonomy.codes) == 24


# Code, the facts that just contradict it, and the nearest ones that do not (decision 75).
CONTRADICTIONS = [
    ("LOW_PAYMENT_DELAY", {"delay_mean_days": 15.01}, {"delay_mean_days": 15}),
    ("HIGH_PAYMENT_DELAY", {"delay_p90_days": 0}, {"delay_p90_days": 0.01}),
    ("CONSISTENT_PAYMENT_PATTERN", {"delay_std_days": 30.01}, {"delay_std_days": 30}),
    ("ERRATIC_PAYMENT_PATTERN", {"delay_std_days": 0.99}, {"delay_std_days": 1}),
    ("IMPROVING_PAYMENT_TREND", {"delay_trend_days": 0}, {"delay_trend_days": -0.01}),
    ("WORSENING_PAYMENT_TREND", {"delay_trend_days": 0}, {"delay_trend_days": 0.01}),
    (
        "LOW_OUTSTANDING_EXPOSURE",
        {"exposure_to_monthly_gmv_ratio": 3.01, "overdue_to_gmv_ratio": 0},
        {"exposure_to_monthly_gmv_ratio": 3, "overdue_to_gmv_ratio": 0.25},
    ),
    (
        "LOW_OUTSTANDING_EXPOSURE",
        {"exposure_to_monthly_gmv_ratio": 0, "overdue_to_gmv_ratio": 0.2501},
        {"exposure_to_monthly_gmv_ratio": 3, "overdue_to_gmv_ratio": 0.25},
    ),
    ("HIGH_OUTSTANDING_EXPOSURE", {"exposure_to_monthly_gmv_ratio": 0.249}, {"exposure_to_monthly_gmv_ratio": 0.25}),
    ("PARTIAL_PAYMENTS_FREQUENT", {"partial_payment_ratio": 0.0499}, {"partial_payment_ratio": 0.05}),
    ("CONSISTENT_ORDER_FREQ", {"cadence_cv": 1.501}, {"cadence_cv": 1.5}),
    ("IRREGULAR_ORDER_FREQ", {"cadence_cv": 0.249}, {"cadence_cv": 0.25}),
    ("ORDER_GAP_DETECTED", {"gap_max_days": 13.9}, {"gap_max_days": 14}),
    (
        "GROWING_BASKET_SIZE",
        {"gmv_growth_ratio": 0.999, "basket_slope_ratio": -0.001},
        {"gmv_growth_ratio": 1, "basket_slope_ratio": -0.001},
    ),
    (
        "GROWING_BASKET_SIZE",
        {"gmv_growth_ratio": 0.999, "basket_slope_ratio": -0.001},
        {"gmv_growth_ratio": 0.999, "basket_slope_ratio": 0},
    ),
    (
        "SHRINKING_BASKET_SIZE",
        {"gmv_growth_ratio": 1.001, "basket_slope_ratio": 0.001},
        {"gmv_growth_ratio": 1, "basket_slope_ratio": 0.001},
    ),
    (
        "SHRINKING_BASKET_SIZE",
        {"gmv_growth_ratio": 1.001, "basket_slope_ratio": 0.001},
        {"gmv_growth_ratio": 1.001, "basket_slope_ratio": 0},
    ),
    ("HIGH_PURCHASE_VOLUME", {"gmv_6m_monthly_inr": 19_999}, {"gmv_6m_monthly_inr": 20_000}),
    ("DIVERSE_PRODUCT_MIX", {"lines_mean": 1.99}, {"lines_mean": 2}),
    ("LOW_RETURN_RATE", {"return_rate": 0.0501}, {"return_rate": 0.05}),
    ("HIGH_RETURN_RATE", {"return_rate": 0.00499}, {"return_rate": 0.005}),
    ("STABLE_SEASONAL_PATTERN", {"peak_month_index": 2.501}, {"peak_month_index": 2.5}),
    ("HIGH_SEASONAL_DEPENDENCE", {"peak_month_index": 1.249}, {"peak_month_index": 1.25}),
    ("LONG_RELATIONSHIP", {"months_history": 11}, {"months_history": 12}),
    ("SHORT_RELATIONSHIP", {"months_history": 24}, {"months_history": 23}),
    ("MULTI_DISTRIBUTOR_PRESENCE", {"active_distributors_count": 1}, {"active_distributors_count": 2}),
    ("SINGLE_DISTRIBUTOR_DEPENDENCE", {"largest_distributor_share": 0.899}, {"largest_distributor_share": 0.9}),
]


@pytest.mark.parametrize(("code", "contrary", "fitting"), CONTRADICTIONS)
def test_a_code_is_contradicted_exactly_beyond_its_threshold(
    code: str, contrary: dict[str, float], fitting: dict[str, float]
) -> None:
    assert checks.is_contradicted(code, contrary)
    assert not checks.is_contradicted(code, fitting)


def test_the_table_of_contradictions_names_every_code() -> None:
    assert {code for code, _, _ in CONTRADICTIONS} == set(c.CONTRADICTED_BY)


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
        ({"auroc": 0.7199}, "auroc"),
        ({"auroc": None}, "auroc"),
        ({"ks": 0.3499}, "ks"),
        ({"ks": math.nan}, "ks"),
        ({"air_min": 0.7999}, "air_min"),
        ({"air_min": None}, "air_min"),
        ({"is_calibrated": False}, "calibration"),
        ({"is_calibrated": None}, "calibration"),
        ({"is_calibrated": 1}, "calibration"),
    ],
)
def test_a_figure_below_its_bar_missing_or_not_a_number_fails(change: dict[str, object], missed: str) -> None:
    assert failures_of(GOOD) == []
    assert failures_of(GOOD | change) == [missed]


def test_every_missed_bar_is_named() -> None:
    assert failures_of({}) == ["auroc", "ks", "air_min", "calibration"]
