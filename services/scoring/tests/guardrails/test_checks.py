"""Guardrails GR-1 to GR-6, the score scale and the limit."""

import math
from decimal import Decimal

import numpy as np
import pytest
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.quality import failures_of
from altscore_scoring.model.taxonomy import Taxonomy
from hypothesis import given
from hypothesis import strategies as st

PDS = st.decimals(Decimal("0.0001"), Decimal("0.9999"), places=4)
GMV = st.decimals(Decimal(0), Decimal("99999999.99"), places=2)
BANDS = st.sampled_from("ABCD")
GOOD = {"auroc": 0.72, "ks": 0.35, "air_min": 0.80, "is_calibrated": True}


def test_the_specifications_own_example_scores_724_in_band_b() -> None:
    pd = checks.rounded_pd(0.082)
    assert (checks.altscore(pd), checks.risk_band(pd)) == (724, "B")


@given(PDS, PDS)
def test_a_higher_pd_never_scores_higher_nor_gets_a_better_band(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert checks.altscore(low) >= checks.altscore(high)
    assert checks.risk_band(low) <= checks.risk_band(high)


@given(PDS)
def test_a_score_lies_between_300_and_900(pd: Decimal) -> None:
    assert 300 <= checks.altscore(pd) <= 900


@pytest.mark.parametrize(("pd", "band"), [("0.0499", "A"), ("0.0500", "B"), ("0.1200", "C"), ("0.2500", "D")])
def test_band_edges_belong_to_the_worse_band(pd: str, band: str) -> None:
    assert checks.risk_band(Decimal(pd)) == band


@pytest.mark.parametrize("broken", [math.nan, -0.01, 1.01])
def test_what_is_no_probability_is_never_rounded_into_one(broken: float) -> None:
    with pytest.raises(ValueError, match="between"):
        checks.rounded_pd(broken)


@given(BANDS, GMV)
def test_a_limit_is_whole_thousands_and_never_above_30_percent_of_six_months(band: str, gmv: Decimal) -> None:
    limit = checks.recommended_limit(band, gmv).amount_inr
    assert limit % 1_000 == 0
    assert 0 <= limit <= Decimal("0.30") * gmv


@given(GMV, GMV, BANDS, BANDS)
def test_more_purchases_or_a_better_band_never_lower_the_limit(a: Decimal, b: Decimal, x: str, y: str) -> None:
    (less, more), (better, worse) = sorted((a, b)), sorted((x, y))
    assert checks.recommended_limit(better, more).amount_inr >= checks.recommended_limit(worse, less).amount_inr


def test_band_d_and_negative_purchases_get_no_limit() -> None:
    assert checks.recommended_limit("D", Decimal(900_000)).amount_inr == 0
    assert checks.recommended_limit("A", Decimal(-5)).amount_inr == 0


def test_a_limit_without_a_known_purchase_value_is_an_error_not_zero() -> None:
    with pytest.raises(ValueError, match="finite"):
        checks.recommended_limit("A", Decimal("NaN"))


@pytest.mark.parametrize(
    ("completeness", "is_blocked", "is_low"),
    [(49.9, True, True), (50.0, False, True), (69.9, False, True), (70.0, False, False), (math.nan, True, True)],
)
def test_gr5_blocks_below_50_and_warns_below_70(completeness: float, is_blocked: bool, is_low: bool) -> None:
    assert checks.is_completeness_blocked(completeness) is is_blocked
    assert checks.is_low_confidence(completeness) is is_low


@pytest.mark.parametrize(
    "row", [(5, 20, 1.0, 90), (12, 5, 1.0, 90), (12, 20, 1.5, 90), (12, 20, 1.0, 69), (12, 20, math.nan, 90)]
)
def test_young_sparse_thin_or_unknown_books_take_the_croston_route(row: tuple[float, float, float, float]) -> None:
    assert checks.route(*row) == "croston"
    assert checks.route(6, 6, 1.32, 70) == "primary"


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


def test_codes_are_ranked_by_strength_and_the_sign_alone_decides_the_direction(taxonomy: Taxonomy) -> None:
    found = checks.reason_codes(FIVE, taxonomy.codes, TRUE_FACTS)
    assert found is not None
    assert [(one.code, one.direction, one.rank) for one in found] == [
        ("LOW_PAYMENT_DELAY", "positive", 1),
        ("LOW_RETURN_RATE", "positive", 2),
        ("LONG_RELATIONSHIP", "positive", 3),
        ("ORDER_GAP_DETECTED", "negative", 4),
        ("HIGH_SEASONAL_DEPENDENCE", "negative", 5),
    ]


def test_equal_contributions_keep_the_order_of_the_index(taxonomy: Taxonomy) -> None:
    equal = {group: math.copysign(0.1, value) for group, value in FIVE.items()}
    found = checks.reason_codes(equal, taxonomy.codes, TRUE_FACTS)
    assert found is not None
    assert found[0].code == "LOW_PAYMENT_DELAY"
    assert found[-1].code == "HIGH_SEASONAL_DEPENDENCE"


def test_a_plain_fact_suppresses_a_code_and_gr3_then_blocks(taxonomy: Taxonomy) -> None:
    assert checks.reason_codes(FIVE, taxonomy.codes, TRUE_FACTS | {"months_history": 3}) is None


def test_an_unknown_fact_cannot_support_a_code(taxonomy: Taxonomy) -> None:
    assert checks.is_contradicted("LONG_RELATIONSHIP", {})
    assert checks.reason_codes(FIVE, taxonomy.codes, TRUE_FACTS | {"gap_max_days": math.nan}) is None


def test_growing_orders_are_denied_only_when_both_value_and_basket_shrink() -> None:
    growing, shrinking = "GROWING_BASKET_SIZE", {"gmv_growth_ratio": 0.9, "basket_slope_ratio": -0.1}
    assert checks.is_contradicted(growing, shrinking)
    assert not checks.is_contradicted(growing, shrinking | {"basket_slope_ratio": 0.1})


@pytest.mark.parametrize("group", ["returns", "gap"])
def test_gr3_blocks_with_two_positive_or_one_negative_code(taxonomy: Taxonomy, group: str) -> None:
    fewer = {name: value for name, value in FIVE.items() if name != group}
    assert checks.reason_codes(fewer, taxonomy.codes, TRUE_FACTS) is None


def test_a_group_without_a_code_in_that_direction_gives_none(taxonomy: Taxonomy) -> None:
    found = checks.reason_codes(FIVE | {"part_pay": -9.0, "volume": 9.0}, taxonomy.codes, TRUE_FACTS)
    assert found is not None
    assert len(found) == 5


def test_the_needed_codes_are_kept_however_many_stronger_ones_there_are(taxonomy: Taxonomy) -> None:
    strong = {name: -1.0 - i for i, name in enumerate(("regularity", "exposure", "frequency", "range", "volume"))}
    found = checks.reason_codes(FIVE | strong, taxonomy.codes, TRUE_FACTS)
    assert found is not None
    assert len(found) == c.CODES_MAX
    assert {"ORDER_GAP_DETECTED", "HIGH_SEASONAL_DEPENDENCE"} <= {one.code for one in found}
    assert [one.rank for one in found] == list(range(1, c.CODES_MAX + 1))


@given(
    st.dictionaries(
        st.sampled_from(["delay", "returns", "tenure", "gap", "season", "reach", "basket"]), st.floats(-2, 2)
    )
)
def test_no_code_ever_contradicts_the_sign_of_its_group(contributions: dict[str, float]) -> None:
    codes = {(group, way): f"{group}:{way}" for group in contributions for way in ("positive", "negative")}
    for one in checks.reason_codes(contributions, codes, {}) or ():
        group, way = one.code.split(":")
        assert way == one.direction == ("positive" if contributions[group] < 0 else "negative")


def test_every_contradiction_names_a_code_of_the_taxonomy_and_every_code_has_one(taxonomy: Taxonomy) -> None:
    assert set(c.CONTRADICTED_BY) == set(taxonomy.codes.values())
    assert len(taxonomy.codes) == 24


EDGES, SHARES = list(np.arange(-4.0, 5.0)), [0.1] * 10


def test_psi_is_zero_for_the_same_distribution_and_above_the_limit_for_a_shifted_one() -> None:
    even = np.repeat(np.arange(-4.5, 5.5), 50)
    assert checks.population_stability_index(even, EDGES, SHARES) == pytest.approx(0.0)
    shifted = checks.population_stability_index(even + 3, EDGES, SHARES)
    assert shifted is not None
    assert shifted > c.PSI_MAX


def test_psi_of_few_rows_or_broken_margins_cannot_be_measured() -> None:
    assert checks.population_stability_index(np.zeros(99), EDGES, SHARES) is None
    assert checks.population_stability_index(np.full(200, np.nan), EDGES, SHARES) is None


def test_air_is_the_worst_share_over_the_best_among_groups_of_thirty() -> None:
    bands = ["A"] * 40 + ["A"] * 20 + ["D"] * 20 + ["D"] * 29
    groups = ["x"] * 40 + ["y"] * 40 + ["small"] * 29
    assert checks.adverse_impact_ratio(bands, groups) == 0.5


def test_air_of_one_group_or_of_nobody_favoured_cannot_be_measured() -> None:
    assert checks.adverse_impact_ratio(["A"] * 60, ["x"] * 60) is None
    assert checks.adverse_impact_ratio(["D"] * 60, ["x"] * 30 + ["y"] * 30) is None


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"auroc": 0.7199}, "auroc"),
        ({"ks": math.nan}, "ks"),
        ({"air_min": None}, "air_min"),
        ({"is_calibrated": None}, "calibration"),
    ],
)
def test_a_figure_below_its_bar_missing_or_not_a_number_fails_the_gate(change: dict[str, object], missed: str) -> None:
    assert failures_of(GOOD) == []
    assert failures_of(GOOD | change) == [missed]
