"""Measures of a model: figures on fixed data, at their edges, and by their definition."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from altscore_scoring.guardrails import constants as c
from altscore_scoring.training import metrics
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

RANDOM = np.random.default_rng(9)
PROBABILITY = RANDOM.integers(0, 12, 500) / 12  # many ties
IS_BAD = RANDOM.integers(0, 2, 500).astype(float)


def test_figures_of_fixed_data_stay_what_the_former_plain_formulas_gave() -> None:
    assert metrics.auroc(PROBABILITY, IS_BAD) == pytest.approx(0.5078362103572862, abs=1e-15)
    assert metrics.ks(PROBABILITY, IS_BAD) == pytest.approx(0.03829787234042559, abs=1e-15)
    assert metrics.brier(PROBABILITY, IS_BAD) == pytest.approx(0.32676388888888885, abs=1e-15)
    false, true = metrics.roc_curve(PROBABILITY, IS_BAD)
    assert len(false) == len(true) == 13
    assert (false[1], true[1]) == pytest.approx((0.09433962264150944, 0.06808510638297872), abs=1e-15)
    assert (false[11], true[11]) == pytest.approx((0.9245283018867925, 0.9191489361702128), abs=1e-15)


def test_the_curve_runs_from_nobody_to_everybody() -> None:
    false, true = metrics.roc_curve(PROBABILITY, IS_BAD)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert (np.diff(false) >= 0).all()
    assert (np.diff(true) >= 0).all()


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auroc_is_the_chance_that_a_bad_row_is_ranked_above_a_good_one(rows: list[tuple[int, bool]]) -> None:
    bad = [value for value, is_bad in rows if is_bad]
    good = [value for value, is_bad in rows if not is_bad]
    if not bad or not good:
        return
    wins = sum((b > g) + 0.5 * (b == g) for b in bad for g in good)
    probability, labels = np.array([v / 5 for v, _ in rows]), np.array([float(b) for _, b in rows])
    assert metrics.auroc(probability, labels) == pytest.approx(wins / (len(bad) * len(good)))


def test_a_perfect_and_a_useless_ranking() -> None:
    labels = np.array([0.0, 0.0, 1.0, 1.0])
    assert (metrics.auroc(labels, labels), metrics.ks(labels, labels), metrics.brier(labels, labels)) == (1, 1, 0)
    flat = np.full(4, 0.5)
    assert (metrics.auroc(flat, labels), metrics.ks(flat, labels), metrics.brier(flat, labels)) == (0.5, 0, 0.25)


def test_the_interval_of_a_share_is_wilson_s_at_99_percent() -> None:
    assert metrics.wilson(3, 40) == pytest.approx((0.01916173168414697, 0.2517842476429688))
    assert metrics.wilson(0, 25) == pytest.approx((0.0, 0.20975543637684121))
    low, high = metrics.wilson(25, 25)
    assert (1 - high, 1 - low) == pytest.approx(metrics.wilson(0, 25), abs=1e-12)


def test_ten_bins_hold_all_rows_in_order_of_their_pd() -> None:
    table = metrics.calibration_table(PROBABILITY, IS_BAD)
    assert len(table) == metrics.CALIBRATION_BINS == 10
    assert sum(row["rows"] for row in table) == len(PROBABILITY)
    means = [row["mean_pd"] for row in table]
    assert means == sorted(means)
    assert sum(row["mean_pd"] * row["rows"] for row in table) / 500 == pytest.approx(PROBABILITY.mean())
    assert sum(row["observed"] * row["rows"] for row in table) / 500 == pytest.approx(IS_BAD.mean())


def test_fewer_rows_than_bins_give_a_bin_per_row() -> None:
    assert len(metrics.calibration_table(np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 0.0]))) == 3


def test_a_bin_is_beyond_by_how_far_its_pd_lies_outside_the_interval() -> None:
    for row in metrics.calibration_table(PROBABILITY, IS_BAD):
        inside = row["low"] <= row["mean_pd"] <= row["high"]
        assert (row["beyond"] == 0) is inside
        assert row["beyond"] == pytest.approx(max(0, row["low"] - row["mean_pd"], row["mean_pd"] - row["high"]))


def population(*, mean_pd: float, bad: int, rows: int = 1_000) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one PD, of which so many are bad, spread evenly over the bins."""
    labels = np.zeros(rows)
    labels[np.linspace(0, rows - 1, bad).astype(int)] = 1
    return np.full(rows, mean_pd), labels


@pytest.mark.parametrize(
    ("mean_pd", "is_calibrated"),
    [(0.1, True), (0.1199, True), (0.0801, True), (0.1201, False), (0.0799, False)],
)
def test_the_overall_pd_may_be_two_points_off_and_no_more(mean_pd: float, is_calibrated: bool) -> None:
    assert c.CALIBRATION_POINTS_MAX == 0.02
    assert metrics.is_calibrated(*population(mean_pd=mean_pd, bad=100)) is is_calibrated


def test_one_bin_far_outside_its_interval_spoils_the_calibration() -> None:
    probability = np.repeat([0.05, 0.5], [900, 100])
    labels = np.zeros(1_000)
    labels[::20] = 1
    labels[900:] = 0
    assert abs(probability.mean() - labels.mean()) > c.CALIBRATION_POINTS_MAX
    labels[:900:17] = 1
    labels[900:950:2] = 1
    assert not metrics.is_calibrated(probability, labels)


BANDS: Sequence[str] = ["A"] * 40 + ["D"] * 10 + ["B"] * 20 + ["C"] * 30
GROUPS: Sequence[str | None] = ["x"] * 50 + ["y"] * 50


def test_fairness_names_ratio_interval_and_groups() -> None:
    report = metrics.fairness(BANDS, GROUPS, seed=7)
    assert report["air"] == pytest.approx(0.5)
    assert report["groups"] == {"x": {"rows": 50, "favourable": 0.8}, "y": {"rows": 50, "favourable": 0.4}}
    low, high = report["interval_95"]
    assert low < 0.5 < high
    assert report == metrics.fairness(BANDS, GROUPS, seed=7)
    assert report != metrics.fairness(BANDS, GROUPS, seed=8)


def test_groups_too_small_to_measure_are_left_out() -> None:
    report = metrics.fairness(["A"] * 60 + ["D"] * 4, ["x"] * 60 + ["small"] * 4, seed=7)
    assert report == {"air": None, "interval_95": None, "groups": {"x": {"rows": 60, "favourable": 1.0}}}


def test_a_group_of_thirty_is_large_enough() -> None:
    report = metrics.fairness(["A"] * 30 + ["B"] * 30, ["x"] * 30 + [None] * 30, seed=7)
    assert list(report["groups"]) == ["x"]
    assert math.isclose(report["groups"]["x"]["favourable"], 1.0)


def test_our_auroc_equals_sklearn_with_ties() -> None:
    random = np.random.default_rng(9)
    scores, labels = random.integers(0, 12, 500).astype(float), random.integers(0, 2, 500).astype(float)
    assert metrics.auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))
