"""PD, score scale, bands and limits: figures worked out by hand, exact thresholds, and properties of all of them."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from altscore_scoring.guardrails import checks, constants
from hypothesis import given, settings
from hypothesis import strategies as st

PDS = st.decimals(Decimal("0.0001"), Decimal("0.9999"), places=4)
GMV = st.decimals(Decimal(0), Decimal("99999999.99"), places=2)
DUES = st.decimals(Decimal(0), Decimal("99999999.99"), places=2)
NO_DUES = Decimal(0)
BANDS = st.sampled_from("ABCD")
FACTORS = {"A": Fraction(9, 10), "B": Fraction(7, 10), "C": Fraction(4, 10), "D": Fraction(0)}


def test_the_specifications_own_example_scores_724_in_band_b() -> None:
    pd = checks.rounded_pd(0.082)
    assert (checks.altscore(pd), checks.risk_band(pd)) == (724, "B")


@pytest.mark.parametrize(
    ("pd", "score"),
    [
        ("0.5000", 550),  # even odds
        ("0.3333", 600),  # odds of two to one are 50 points
        ("0.2000", 650),
        ("0.6667", 500),
        ("0.8000", 450),
        ("0.0001", 900),
        ("0.0078", 900),
        ("0.0079", 899),
        ("0.9695", 300),
        ("0.9692", 301),
        ("0.9999", 300),
    ],
)
def test_fifty_points_double_the_odds_around_550(pd: str, score: int) -> None:
    assert checks.altscore(Decimal(pd)) == score


def test_a_score_is_rounded_to_the_nearest_point() -> None:
    for step in range(1, 10_000):
        pd = Decimal(step) / 10_000
        exact = 550 + 50 * math.log2(float((1 - pd) / pd))
        assert abs(checks.altscore(pd) - min(max(exact, 300), 900)) <= 0.5 + 1e-9


@given(PDS, PDS)
def test_a_higher_pd_never_scores_higher_nor_gets_a_better_band(first: Decimal, second: Decimal) -> None:
    low, high = sorted((first, second))
    assert checks.altscore(low) >= checks.altscore(high)
    assert checks.risk_band(low) <= checks.risk_band(high)


@given(PDS)
def test_a_score_lies_between_300_and_900(pd: Decimal) -> None:
    assert 300 <= checks.altscore(pd) <= 900


@pytest.mark.parametrize(
    ("pd", "band"),
    [
        ("0.0001", "A"),
        ("0.0499", "A"),
        ("0.0500", "B"),
        ("0.1199", "B"),
        ("0.1200", "C"),
        ("0.2499", "C"),
        ("0.2500", "D"),
        ("0.9999", "D"),
    ],
)
def test_band_edges_belong_to_the_worse_band(pd: str, band: str) -> None:
    assert checks.risk_band(Decimal(pd)) == band


@pytest.mark.parametrize(
    ("probability", "pd"),
    [
        (0.0, "0.0001"),
        (0.00014, "0.0001"),
        (0.00015, "0.0002"),
        (0.00025, "0.0002"),  # halves go to the even digit
        (0.00035, "0.0004"),
        (0.12344, "0.1234"),
        (0.12346, "0.1235"),
        (0.99985, "0.9998"),
        (0.99995, "0.9999"),
        (1.0, "0.9999"),
    ],
)
def test_a_pd_has_four_decimals_and_is_never_certain(probability: float, pd: str) -> None:
    assert str(checks.rounded_pd(probability)) == pd


@given(st.floats(0, 1))
def test_rounding_moves_a_pd_by_half_a_step_at_most(probability: float) -> None:
    pd = checks.rounded_pd(probability)
    clipped = min(max(Fraction(probability), Fraction(1, 10_000)), Fraction(9_999, 10_000))
    assert abs(Fraction(pd) - clipped) <= Fraction(1, 20_000) + Fraction(1, 10**12)
    assert pd.as_tuple().exponent == -4


@pytest.mark.parametrize("broken", [math.nan, -0.01, 1.01, math.inf, -5e-324, math.nextafter(1, 2)])
def test_what_is_no_probability_is_never_rounded_into_one(broken: float) -> None:
    with pytest.raises(ValueError, match="between"):
        checks.rounded_pd(broken)


@pytest.mark.parametrize(
    ("band", "gmv", "amount"),
    [
        ("A", "600000", 180_000),  # 2 × 0.90 × 100,000: exactly the ceiling of 30 %
        ("B", "600000", 140_000),
        ("C", "600000", 80_000),
        ("D", "600000", 0),
        ("A", "10000", 3_000),
        ("A", "9999.99", 2_000),  # rounded down to a whole thousand
        ("A", "3333.33", 0),
        ("A", "3333.34", 1_000),
        ("B", "583333.34", 136_000),
        ("C", "-5", 0),
        ("A", "0", 0),
    ],
)
def test_limits_worked_out_by_hand(band: str, gmv: str, amount: int) -> None:
    assert checks.recommended_limit(band, Decimal(gmv), NO_DUES) == checks.Limit(amount, cap=None)


@settings(deadline=None)
@given(BANDS, GMV, DUES)
def test_a_limit_is_the_decisions_formula_in_exact_fractions(band: str, gmv: Decimal, dues: Decimal) -> None:
    formula = 2 * FACTORS[band] * Fraction(gmv) / 6
    headroom = max(Fraction(1, 2) * Fraction(gmv) - Fraction(dues), Fraction(0))
    amount = min(formula, Fraction(3, 10) * Fraction(gmv), headroom, Fraction(1_000_000))
    limit = checks.recommended_limit(band, gmv, dues)
    assert limit.amount_inr == amount // 1_000 * 1_000
    assert isinstance(limit.amount_inr, int)
    assert (limit.cap is not None) is (formula > amount)


@settings(deadline=None)
@given(BANDS, st.decimals(Decimal("-99999999.99"), Decimal("99999999.99"), places=2), DUES)
def test_a_limit_is_never_negative_nor_above_30_percent_of_six_months(band: str, gmv: Decimal, dues: Decimal) -> None:
    limit = checks.recommended_limit(band, gmv, dues).amount_inr
    assert limit % 1_000 == 0
    assert 0 <= limit <= max(Decimal("0.30") * gmv, Decimal(0))
    assert limit == 0 or limit + dues <= Decimal("0.50") * gmv
    assert limit <= 1_000_000


@settings(deadline=None)
@given(st.tuples(GMV, GMV), st.tuples(DUES, DUES), st.tuples(BANDS, BANDS))
def test_more_purchases_fewer_dues_or_a_better_band_never_lower_the_limit(
    gmv: tuple[Decimal, Decimal], dues: tuple[Decimal, Decimal], bands: tuple[str, str]
) -> None:
    (less, more), (low, high), (better, worse) = sorted(gmv), sorted(dues), sorted(bands)
    highest = checks.recommended_limit(better, more, low).amount_inr
    assert highest >= checks.recommended_limit(worse, less, high).amount_inr


def test_the_ceiling_is_30_percent_of_six_months_and_never_negative() -> None:
    assert checks.affordability_ceiling_inr(Decimal("1000.10")) == Decimal("300.03")
    assert checks.affordability_ceiling_inr(Decimal(-7)) == 0


def test_a_loan_and_the_open_dues_are_half_of_six_months_at_most() -> None:
    assert checks.debt_headroom_inr(Decimal("1000.10"), Decimal("0.05")) == Decimal("500.00")
    assert checks.debt_headroom_inr(Decimal(1_000), Decimal(501)) == 0
    assert checks.debt_headroom_inr(Decimal(-7), Decimal(0)) == 0


@pytest.mark.parametrize(
    ("gmv", "dues", "limit", "cap"),
    [
        (600_000, 120_000, 180_000, None),  # half of six months is 300,000: exactly what is left is the formula's limit
        (600_000, 120_001, 179_000, "open_dues"),
        (600_000, 299_999, 0, "open_dues"),
        (600_000, 9_000_000, 0, "open_dues"),
        (600_000, -50_000, 180_000, None),  # a credit balance raises nothing
        (3_333_333, 0, 999_000, None),
        (3_333_334, 0, 1_000_000, "absolute_ceiling"),
        (90_000_000, 100_000, 1_000_000, "absolute_ceiling"),
    ],
)
def test_each_ceiling_cuts_a_limit_and_says_so(gmv: int, dues: int, limit: int, cap: str | None) -> None:
    assert checks.recommended_limit("A", Decimal(gmv), Decimal(dues)) == checks.Limit(limit, cap=cap)


def test_dues_cut_a_worse_band_later() -> None:
    assert checks.recommended_limit("B", Decimal(600_000), Decimal(160_000)) == checks.Limit(140_000, cap=None)
    assert checks.recommended_limit("B", Decimal(600_000), Decimal(160_001)).cap == "open_dues"
    assert checks.recommended_limit("D", Decimal(600_000), Decimal(9_000_000)) == checks.Limit(0, cap=None)


def test_the_affordability_ceiling_cuts_what_a_higher_factor_would_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(constants.LIMIT_BAND_FACTOR, "A", Decimal("0.95"))
    capped = checks.Limit(180_000, cap="affordability_ceiling")
    assert checks.recommended_limit("A", Decimal(600_000), NO_DUES) == capped
    assert checks.recommended_limit("B", Decimal(600_000), NO_DUES) == checks.Limit(140_000, cap=None)


@pytest.mark.parametrize("dues", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_a_limit_without_known_dues_is_an_error_not_the_full_one(dues: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        checks.recommended_limit("A", Decimal(600_000), Decimal(dues))


@pytest.mark.parametrize("gmv", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_a_limit_without_a_known_purchase_value_is_an_error_not_zero(gmv: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        checks.recommended_limit("A", Decimal(gmv), NO_DUES)


@pytest.mark.parametrize("band", ["E", "", "a"])
def test_a_limit_of_an_unknown_band_is_an_error(band: str) -> None:
    with pytest.raises(ValueError, match="band"):
        checks.recommended_limit(band, Decimal(600_000), NO_DUES)


@pytest.mark.parametrize(
    ("completeness", "is_blocked", "is_low"),
    [
        (0.0, True, True),
        (49.9, True, True),
        (50.0, False, True),
        (69.9, False, True),
        (70.0, False, False),
        (100.0, False, False),
        (math.nan, True, True),
    ],
)
def test_gr5_blocks_below_50_and_warns_below_70(completeness: float, is_blocked: bool, is_low: bool) -> None:
    assert checks.is_completeness_blocked(completeness) is is_blocked
    assert checks.is_low_confidence(completeness) is is_low


@pytest.mark.parametrize(
    ("late_days", "is_flagged", "is_too_late"),
    [(0, False, False), (1, False, False), (2, True, False), (14, True, False), (15, True, True), (45, True, True)],
)
def test_gr5_flags_a_ledger_more_than_a_day_late_and_distrusts_one_more_than_14_days_late(
    late_days: int, is_flagged: bool, is_too_late: bool
) -> None:
    assert checks.is_ledger_late(late_days) is is_flagged
    assert checks.is_ledger_too_late_to_trust(late_days) is is_too_late


# months of history, invoices of six months, months between demand, completeness: the least that the primary model takes
LEAST = (6, 6, 1.32, 70)


def test_the_primary_model_takes_six_months_six_invoices_steady_demand_and_70_percent() -> None:
    assert checks.route(*LEAST) == "primary"


@pytest.mark.parametrize(("position", "value"), [(0, 5.99), (1, 5), (2, 1.3201), (3, 69.9)])
def test_young_sparse_intermittent_or_thin_ledgers_take_the_croston_route(position: int, value: float) -> None:
    row = list(LEAST)
    row[position] = value
    assert checks.route(*row) == "croston"


@pytest.mark.parametrize("position", range(4))
def test_an_unknown_value_counts_against_the_primary_model(position: int) -> None:
    row = list(LEAST)
    row[position] = math.nan
    assert checks.route(*row) == "croston"
