"""Plain facts of reason codes: what their text may say, and that nothing contrary to them is ever served."""

import operator
import re
from collections.abc import Mapping

import numpy as np
import pytest
import yaml
from altscore_libs.testing import SCHEMAS
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.calibration import Calibration
from altscore_scoring.model.explainer import candidates_of, reasons_of
from altscore_scoring.model.facts import Condition, Multiple, Quantile, holds, parse_fact, quantiles_of
from altscore_scoring.model.features import Feature
from altscore_scoring.model.reference import Reference, Span
from altscore_scoring.model.taxonomy import FILE, Taxonomy
from altscore_scoring.scores.domain import Monitors, Scored, routes_of, score_frame
from altscore_scoring.training.dataset import TrainingSet, split
from hypothesis import given, settings
from hypothesis import strategies as st

from .. import synthetic

GOLD = yaml.safe_load((synthetic.REPOSITORY / "dbt/models/gold/schema.yml").read_text(encoding="utf-8"))
COLUMNS = {column["name"] for column in GOLD["models"][0]["columns"]}
ENTRIES = yaml.safe_load((SCHEMAS / FILE).read_text(encoding="utf-8"))
TEXTS: dict[str, list[str]] = {code: entry["fact"] for code, entry in ENTRIES.items()}


def is_true(code: str, taxonomy: Taxonomy, numbers: Mapping[str, float], **percentiles: float) -> bool:
    """Whether the code's fact is true of these numbers; `percentiles` are those of the reference, by feature."""
    quantiles = {key: percentiles.get(key.feature, np.nan) for key in quantiles_of(taxonomy.facts)}
    columns = {name: np.array([value]) for name, value in numbers.items()}
    return bool(holds(taxonomy.facts[code], columns, quantiles, rows=1)[0])


def test_a_fact_is_clauses_of_conditions() -> None:
    assert parse_fact(["a >= 0.70", "b_1 < p75", "c > -1 or d <= 2.5 * e"]) == (
        (Condition("a", ">=", 0.7),),
        (Condition("b_1", "<", Quantile("b_1", 75)),),
        (Condition("c", ">", -1.0), Condition("d", "<=", Multiple(2.5, "e"))),
    )


@pytest.mark.parametrize(
    "clauses",
    [[], [""], ["a"], ["a = 1"], ["a >= p0"], ["a >= p100"], ["a >= b"], ["a >= 1 and b >= 1"], ["a >= 1 or "]],
)
def test_a_fact_of_another_form_is_refused(clauses: list[str]) -> None:
    with pytest.raises(ValueError, match=r"fact|feature"):
        parse_fact(clauses)


def test_every_clause_must_hold_and_one_condition_of_it_is_enough() -> None:
    fact = parse_fact(["a >= 1", "b >= 1 or c >= 2 * b"])
    numbers = {"a": np.array([1.0, 0.9, 1.0, 1.0]), "b": np.array([1.0, 1.0, 0.5, 0.5]), "c": np.array([0, 0, 1, 0.9])}
    assert holds(fact, numbers, {}, rows=4).tolist() == [True, False, True, False]


def test_a_percentile_is_that_of_the_reference() -> None:
    fact, values = parse_fact(["a > p75"]), {"a": np.array([2.0, 2.1])}
    assert holds(fact, values, {Quantile("a", 75): 2.0}, rows=2).tolist() == [False, True]
    assert holds(fact, values, {}, rows=2).tolist() == [False, False], "a quantile that is missing supports nothing"
    assert holds(fact, values, {Quantile("a", 75): np.nan}, rows=2).tolist() == [False, False]


@pytest.mark.parametrize("numbers", [{}, {"a": np.array([np.nan])}])
@pytest.mark.parametrize("text", ["a >= 0", "a < 5", "b <= 2 * a"])
def test_an_unknown_value_supports_no_code(text: str, numbers: dict[str, np.ndarray]) -> None:
    known = {"b": np.array([1.0])}
    assert holds(parse_fact([text]), known | numbers, {}, rows=1).tolist() == [False]


def test_every_code_has_a_fact_over_columns_of_gold_and_none_holds_of_an_unknown_retailer(taxonomy: Taxonomy) -> None:
    assert set(taxonomy.facts) == {code for codes in taxonomy.codes.values() for code in codes}
    assert len(COLUMNS) > 50
    for code, fact in taxonomy.facts.items():
        names = {condition.feature for clause in fact for condition in clause}
        assert names <= COLUMNS, code
        assert not is_true(code, taxonomy, {}), code
    others = {item.threshold.feature for f in taxonomy.facts.values() for clause in f for item in clause
              if isinstance(item.threshold, Multiple)}  # fmt: skip
    assert others <= COLUMNS


# What the review saw served, code by code: the plain figures that the words contradicted.
CONTRARY = [
    ("LOW_PAYMENT_DELAY", {"on_time_ratio": 0.49, "late_30_ratio": 0.0}),
    ("LOW_PAYMENT_DELAY", {"on_time_ratio": 0.69, "late_30_ratio": 0.0}),
    ("LOW_PAYMENT_DELAY", {"on_time_ratio": 0.75, "late_30_ratio": 0.11}),
    ("HIGH_RETURN_RATE", {"return_rate": 0.0099}),
    ("HIGH_RETURN_RATE", {"return_rate": 0.0299}),
    ("HIGH_PURCHASE_VOLUME", {"gmv_6m_monthly_inr": 59_999.0}),
    ("IMPROVING_PAYMENT_TREND", {"delay_trend_days": -0.99}),
    ("WORSENING_PAYMENT_TREND", {"delay_trend_days": 0.99}),
    ("PARTIAL_PAYMENTS_FREQUENT", {"partial_payment_ratio": 0.149}),
    ("SHRINKING_BASKET_SIZE", {"gmv_growth_ratio": 1.001, "gmv_slope_ratio": -1.0, "basket_slope_ratio": -1.0}),
    ("GROWING_BASKET_SIZE", {"gmv_growth_ratio": 1.5, "gmv_slope_ratio": -0.001}),
    ("GROWING_BASKET_SIZE", {"gmv_growth_ratio": 0.999, "gmv_slope_ratio": 0.1}),
]
# The nearest figures at which the words are true; a change of a threshold is a change of this table.
FITTING = [
    ("LOW_PAYMENT_DELAY", {"on_time_ratio": 0.70, "late_30_ratio": 0.10}),
    ("HIGH_PAYMENT_DELAY", {"on_time_ratio": 0.69, "delay_p90_days": 3.0}),
    ("CONSISTENT_PAYMENT_PATTERN", {"delay_std_days": 10.0, "bounce_ratio": 0.02}),
    ("ERRATIC_PAYMENT_PATTERN", {"delay_std_days": 7.0, "bounce_ratio": 0.0}),
    ("ERRATIC_PAYMENT_PATTERN", {"delay_std_days": 1.0, "bounce_ratio": 0.05}),
    ("IMPROVING_PAYMENT_TREND", {"delay_trend_days": -1.0}),
    ("WORSENING_PAYMENT_TREND", {"delay_trend_days": 1.0}),
    ("LOW_OUTSTANDING_EXPOSURE", {"exposure_to_monthly_gmv_ratio": 1.0, "overdue_to_gmv_ratio": 0.05}),
    ("HIGH_OUTSTANDING_EXPOSURE", {"exposure_to_monthly_gmv_ratio": 1.001, "overdue_to_gmv_ratio": 0.0}),
    ("HIGH_OUTSTANDING_EXPOSURE", {"exposure_to_monthly_gmv_ratio": 0.5, "overdue_to_gmv_ratio": 0.0501}),
    ("FULL_PAYMENTS", {"partial_payment_ratio": 0.10, "paid_ratio": 0.95}),
    ("PARTIAL_PAYMENTS_FREQUENT", {"partial_payment_ratio": 0.15}),
    ("CONSISTENT_ORDER_FREQ", {"cadence_cv": 0.8, "croston_interval_months": 1.319}),
    ("IRREGULAR_ORDER_FREQ", {"cadence_cv": 0.6, "croston_interval_months": 1.0}),
    ("IRREGULAR_ORDER_FREQ", {"cadence_cv": 0.1, "croston_interval_months": 1.32}),
    ("NO_ORDER_GAP", {"gap_max_days": 13.0, "recency_days": 13.0}),
    ("ORDER_GAP_DETECTED", {"gap_max_days": 14.0, "gap_mean_days": 13.0}),
    ("ORDER_GAP_DETECTED", {"gap_max_days": 10.0, "gap_mean_days": 4.0}),
    ("ORDER_GAP_DETECTED", {"gap_max_days": 7.0, "gap_mean_days": 2.0}),
    ("GROWING_BASKET_SIZE", {"gmv_growth_ratio": 1.02, "gmv_slope_ratio": 0.001}),
    ("SHRINKING_BASKET_SIZE", {"gmv_growth_ratio": 0.98}),
    ("HIGH_PURCHASE_VOLUME", {"gmv_6m_monthly_inr": 60_000.0}),
    ("LOW_PURCHASE_VOLUME", {"gmv_6m_monthly_inr": 19_999.0}),
    ("DIVERSE_PRODUCT_MIX", {"lines_mean": 4.0}),
    ("NARROW_PRODUCT_MIX", {"lines_mean": 2.99}),
    ("LOW_RETURN_RATE", {"return_rate": 0.02}),
    ("HIGH_RETURN_RATE", {"return_rate": 0.03}),
    ("STABLE_SEASONAL_PATTERN", {"peak_month_index": 2.0, "active_month_ratio": 0.9, "months_history": 12.0}),
    ("HIGH_SEASONAL_DEPENDENCE", {"peak_month_index": 1.75, "months_history": 12.0}),
    ("LONG_RELATIONSHIP", {"months_history": 12.0}),
    ("SHORT_RELATIONSHIP", {"months_history": 11.0}),
    ("MULTI_DISTRIBUTOR_PRESENCE", {"active_distributors_count": 2.0, "largest_distributor_share": 0.899}),
    ("SINGLE_DISTRIBUTOR_DEPENDENCE", {"largest_distributor_share": 0.90}),
    ("PAYMENT_TIMES_VARY", {"delay_std_days": 3.0}),
    ("ORDERS_ABOVE_LEAST_FREQUENT", {"invoices_6m": 9.0}),
    ("ORDERS_BELOW_MOST_FREQUENT", {"invoices_6m": 7.0}),
    ("ORDERED_RECENTLY", {"recency_days": 30.0}),
    ("GROWTH_BELOW_FASTEST", {"gmv_growth_ratio": 1.19}),
    ("VOLUME_ABOVE_SMALLEST", {"gmv_6m_monthly_inr": 40_001.0}),
    ("VOLUME_BELOW_LARGEST", {"gmv_6m_monthly_inr": 39_999.0}),
    ("RANGE_BELOW_WIDEST", {"lines_mean": 3.49}),
    ("ACTIVE_MOST_MONTHS", {"active_month_ratio": 0.9, "months_history": 6.0}),
]
BEYOND = [
    ("HIGH_PAYMENT_DELAY", {"on_time_ratio": 0.70, "delay_p90_days": 30.0}),
    ("HIGH_PAYMENT_DELAY", {"on_time_ratio": 0.1, "delay_p90_days": 2.99}),
    ("CONSISTENT_PAYMENT_PATTERN", {"delay_std_days": 10.01, "bounce_ratio": 0.0}),
    ("CONSISTENT_PAYMENT_PATTERN", {"delay_std_days": 1.0, "bounce_ratio": 0.021}),
    ("ERRATIC_PAYMENT_PATTERN", {"delay_std_days": 6.99, "bounce_ratio": 0.049}),
    ("LOW_OUTSTANDING_EXPOSURE", {"exposure_to_monthly_gmv_ratio": 1.001, "overdue_to_gmv_ratio": 0.0}),
    ("LOW_OUTSTANDING_EXPOSURE", {"exposure_to_monthly_gmv_ratio": 0.0, "overdue_to_gmv_ratio": 0.0501}),
    ("HIGH_OUTSTANDING_EXPOSURE", {"exposure_to_monthly_gmv_ratio": 1.0, "overdue_to_gmv_ratio": 0.05}),
    ("FULL_PAYMENTS", {"partial_payment_ratio": 0.101, "paid_ratio": 1.0}),
    ("FULL_PAYMENTS", {"partial_payment_ratio": 0.0, "paid_ratio": 0.949}),
    ("CONSISTENT_ORDER_FREQ", {"cadence_cv": 0.801, "croston_interval_months": 1.0}),
    ("CONSISTENT_ORDER_FREQ", {"cadence_cv": 0.1, "croston_interval_months": 1.32}),
    ("IRREGULAR_ORDER_FREQ", {"cadence_cv": 0.599, "croston_interval_months": 1.319}),
    ("NO_ORDER_GAP", {"gap_max_days": 14.0, "recency_days": 0.0}),
    ("NO_ORDER_GAP", {"gap_max_days": 0.0, "recency_days": 14.0}),  # the gap that is open now
    ("ORDER_GAP_DETECTED", {"gap_max_days": 13.0, "gap_mean_days": 5.21}),
    ("ORDER_GAP_DETECTED", {"gap_max_days": 6.0, "gap_mean_days": 1.0}),
    ("GROWING_BASKET_SIZE", {"gmv_growth_ratio": 1.019, "gmv_slope_ratio": 0.1}),
    ("GROWING_BASKET_SIZE", {"gmv_growth_ratio": 2.0, "gmv_slope_ratio": 0.0}),
    ("SHRINKING_BASKET_SIZE", {"gmv_growth_ratio": 0.981}),
    ("LOW_PURCHASE_VOLUME", {"gmv_6m_monthly_inr": 20_000.0}),
    ("DIVERSE_PRODUCT_MIX", {"lines_mean": 3.99}),
    ("NARROW_PRODUCT_MIX", {"lines_mean": 3.0}),
    ("LOW_RETURN_RATE", {"return_rate": 0.0201}),
    ("STABLE_SEASONAL_PATTERN", {"peak_month_index": 2.01, "active_month_ratio": 1.0, "months_history": 30.0}),
    ("STABLE_SEASONAL_PATTERN", {"peak_month_index": 1.0, "active_month_ratio": 0.89, "months_history": 30.0}),
    ("STABLE_SEASONAL_PATTERN", {"peak_month_index": 1.0, "active_month_ratio": 1.0, "months_history": 11.0}),
    ("HIGH_SEASONAL_DEPENDENCE", {"peak_month_index": 1.749, "months_history": 30.0}),
    ("HIGH_SEASONAL_DEPENDENCE", {"peak_month_index": 4.0, "months_history": 11.0}),
    ("LONG_RELATIONSHIP", {"months_history": 11.0}),
    ("SHORT_RELATIONSHIP", {"months_history": 12.0}),
    ("MULTI_DISTRIBUTOR_PRESENCE", {"active_distributors_count": 1.0, "largest_distributor_share": 0.5}),
    ("MULTI_DISTRIBUTOR_PRESENCE", {"active_distributors_count": 2.0, "largest_distributor_share": 0.90}),
    ("SINGLE_DISTRIBUTOR_DEPENDENCE", {"largest_distributor_share": 0.899}),
    ("PAYMENT_TIMES_VARY", {"delay_std_days": 2.99}),
    ("ORDERS_ABOVE_LEAST_FREQUENT", {"invoices_6m": 8.0}),
    ("ORDERS_BELOW_MOST_FREQUENT", {"invoices_6m": 8.0}),
    ("ORDERED_RECENTLY", {"recency_days": 31.0}),
    ("GROWTH_BELOW_FASTEST", {"gmv_growth_ratio": 1.2}),
    ("VOLUME_ABOVE_SMALLEST", {"gmv_6m_monthly_inr": 40_000.0}),
    ("VOLUME_BELOW_LARGEST", {"gmv_6m_monthly_inr": 40_000.0}),
    ("RANGE_BELOW_WIDEST", {"lines_mean": 3.5}),
    ("ACTIVE_MOST_MONTHS", {"active_month_ratio": 0.899, "months_history": 12.0}),
    ("ACTIVE_MOST_MONTHS", {"active_month_ratio": 1.0, "months_history": 5.0}),
]
REFERENCE = {
    "return_rate": 0.01,
    "lines_mean": 3.5,
    "invoices_6m": 8.0,
    "gmv_growth_ratio": 1.2,
    "gmv_6m_monthly_inr": 40_000.0,
}


@pytest.mark.parametrize(("code", "numbers"), [*CONTRARY, *BEYOND])
def test_no_code_is_said_against_plain_figures(code: str, numbers: dict[str, float], taxonomy: Taxonomy) -> None:
    assert not is_true(code, taxonomy, numbers, **REFERENCE)


@pytest.mark.parametrize(("code", "numbers"), FITTING)
def test_a_code_may_be_said_from_its_threshold_on(code: str, numbers: dict[str, float], taxonomy: Taxonomy) -> None:
    assert is_true(code, taxonomy, numbers, **REFERENCE)


def test_high_returns_and_wide_ranges_are_so_among_those_of_the_route_too(taxonomy: Taxonomy) -> None:
    assert not is_true("HIGH_RETURN_RATE", taxonomy, {"return_rate": 0.05}, return_rate=0.05)
    assert is_true("HIGH_RETURN_RATE", taxonomy, {"return_rate": 0.0501}, return_rate=0.05)
    assert not is_true("DIVERSE_PRODUCT_MIX", taxonomy, {"lines_mean": 5.0}, lines_mean=5.01)
    assert is_true("DIVERSE_PRODUCT_MIX", taxonomy, {"lines_mean": 5.0}, lines_mean=5.0)


@pytest.mark.parametrize("code", ENTRIES)
def test_the_words_are_in_both_languages_and_name_no_threshold(code: str) -> None:
    english, hindi = ENTRIES[code]["label_en"], ENTRIES[code]["label_hi"]
    assert re.fullmatch(r"[A-Z][a-z -]+", english)
    assert re.fullmatch(r"[\u0900-\u0965 -]+", hindi), "Devanagari without digits"


def test_no_words_are_those_of_another_code() -> None:
    for language in ("label_en", "label_hi"):
        assert len({entry[language] for entry in ENTRIES.values()}) == len(ENTRIES)


def test_a_comparison_says_so_and_is_with_the_route_s_best_or_worst_tenth() -> None:
    compared = {code for code, entry in ENTRIES.items() if re.search(r" (more|less|fewer) ", entry["label_en"].lower())
                or " than " in entry["label_en"]}  # fmt: skip
    assert len(compared) == 6
    for code in compared:
        [condition] = TEXTS[code]
        assert re.fullmatch(r"\w+ (< p90|> p10)", condition), code


def test_the_tables_name_every_code(taxonomy: Taxonomy) -> None:
    assert {code for code, _ in FITTING} == {code for code, _ in [*CONTRARY, *BEYOND]} == set(taxonomy.facts)


NAMES = sorted(
    set(re.findall(r"[a-z][a-z0-9_]+_[a-z0-9_]+", " ".join(text for fact in TEXTS.values() for text in fact)))
)
RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
NEAR = [0.0, 0.02, 0.05, 0.1, 0.6, 0.7, 0.8, 0.9, 1.0, 1.32, 1.75, 2.0, 3.0, 7.0, 12.0, 14.0, 20_000.0, 60_000.0]
VALUE = st.one_of(st.sampled_from(NEAR), st.floats(-2, 30), st.just(float("nan")))
ROW = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUE))


def is_true_by_text(code: str, numbers: Mapping[str, float], quantiles: Mapping[Quantile, float]) -> bool:
    """The fact of a code, read from the file's text by other means than the engine's."""

    def condition(text: str) -> bool:
        name, relation, limit, *factors = text.split()
        number = quantiles[Quantile(name, int(limit[1:]))] if limit.startswith("p") else float(limit)
        threshold = number * (numbers[factors[1]] if factors else 1.0)
        return bool(RELATIONS[relation](numbers[name], threshold))

    return all(any(condition(text) for text in clause.split(" or ")) for clause in TEXTS[code])


@given(
    ROW,
    st.lists(st.floats(-3, 3), min_size=14, max_size=14),
    st.lists(st.tuples(st.floats(-2, 0), st.floats(0, 2)), min_size=14, max_size=14),
    st.sampled_from([0.0, 0.01, 3.0, float("nan")]),
)
@settings(deadline=None, max_examples=300)
def test_no_reason_contradicts_its_fact_or_is_worth_less_than_a_point(
    taxonomy: Taxonomy,
    numbers: dict[str, float],
    contributions: list[float],
    spans: list[tuple[float, float]],
    percentile: float,
) -> None:
    assert len(taxonomy.groups) == 14
    features = tuple(
        Feature(name=f"f{i}", family="any", group=group, direction=1, is_croston=True)
        for i, group in enumerate(taxonomy.groups)
    )
    reference = Reference(
        rows=100,
        spans={group: Span(*span) for group, span in zip(taxonomy.groups, spans, strict=True)},
        quantiles=dict.fromkeys(quantiles_of(taxonomy.facts), percentile),
    )
    frame = GoldFrame(
        retailer_ids=("ret_1",),
        numbers={name: np.array([value]) for name, value in numbers.items()},
        gmv_6m_inr=(None,),
        data_as_of_on=(None,),
        districts=(None,),
        size_bands=(None,),
    )
    [reasons] = reasons_of(
        frame,
        np.array([[*contributions, -2.0]]),
        features=features,
        calibration=Calibration(0.8, 0.1),
        reference=reference,
        taxonomy=taxonomy,
    )
    for item in reasons or ():
        assert is_true_by_text(item.reason.code, numbers, reference.quantiles)
        assert item.points >= 1.0


def test_no_code_of_a_model_s_test_rows_contradicts_its_fact(
    bundle: Bundle, training_set: TrainingSet, taxonomy: Taxonomy
) -> None:
    frame = training_set.frame.take(split(training_set).test)
    calm = Monitors(psi=0.0, air_district=1.0, air_size_band=1.0)
    outcomes, routes = score_frame(frame, bundle, taxonomy, monitors=calm), routes_of(frame)
    told = set()
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, Scored):
            for reason in outcome.sections["reasons"]:
                quantiles = bundle.references[routes[index]].quantiles
                assert is_true_by_text(reason["code"], frame.facts(index), quantiles), reason
                assert reason["points"] >= 1.0
                told.add(reason["code"])
    assert len(told) > 20


def test_candidates_are_the_codes_of_the_groups_that_a_route_has(taxonomy: Taxonomy) -> None:
    some = candidates_of(taxonomy, ["delay", "gap"])
    assert [(item.code, item.direction, item.column) for item in some] == [
        ("LOW_PAYMENT_DELAY", "positive", 0),
        ("HIGH_PAYMENT_DELAY", "negative", 0),
        ("NO_ORDER_GAP", "positive", 1),
        ("ORDERED_RECENTLY", "positive", 1),
        ("ORDER_GAP_DETECTED", "negative", 1),
    ]
