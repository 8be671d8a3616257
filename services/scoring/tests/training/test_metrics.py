"""Measures of a model: figures on fixed data, at their edges, and by their definition."""

from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest
from altscore_scoring.training import metrics
from altscore_scoring.training.resampling import Clusters
from hypothesis import given, settings
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


def test_our_auroc_equals_sklearn_with_ties() -> None:
    random = np.random.default_rng(9)
    scores, labels = random.integers(0, 12, 500).astype(float), random.integers(0, 2, 500).astype(float)
    assert metrics.auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


ROWS = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 3)), min_size=2, max_size=30)


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_weighted_measures_are_those_of_rows_repeated_as_often_as_they_weigh(rows: list[tuple[int, bool, int]]) -> None:
    """The oracle counts every pair and every threshold in exact fractions."""
    repeated = [(value, is_bad) for value, is_bad, weight in rows for _ in range(weight)]
    bad = [value for value, is_bad in repeated if is_bad]
    good = [value for value, is_bad in repeated if not is_bad]
    probability, labels = np.array([v / 5 for v, _, _ in rows]), np.array([float(b) for _, b, _ in rows])
    weights = np.array([[float(weight) for _, _, weight in rows], [1.0] * len(rows)])
    measured = metrics.weighted_measures(probability, labels)(weights)
    assert measured.shape == (2, 4)
    if not bad or not good:
        assert np.isnan(measured[0, :2]).all()
        return
    wins = sum(Fraction((b > g) * 2 + (b == g), 2) for b in bad for g in good)
    distances = [
        abs(Fraction(sum(v <= t for v in bad), len(bad)) - Fraction(sum(v <= t for v in good), len(good)))
        for t in range(6)
    ]
    error = sum((Fraction(v, 5) - b) ** 2 for v, b in repeated) / len(repeated)
    over = sum(Fraction(v, 5) - b for v, b in repeated) / len(repeated)
    expected = [wins / (len(bad) * len(good)), max(distances), error, over]
    assert measured[0].tolist() == pytest.approx([float(value) for value in expected])


def test_weights_of_one_give_the_plain_figures() -> None:
    measured = metrics.weighted_measures(PROBABILITY, IS_BAD)(np.ones((1, 500)))[0]
    plain = [measure(PROBABILITY, IS_BAD) for measure in (metrics.auroc, metrics.ks, metrics.brier, metrics.gap)]
    assert measured.tolist() == pytest.approx(plain)


def test_an_interval_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    clusters = Clusters(np.arange(500) // 4, 125)
    first, again, other = (metrics.intervals(PROBABILITY, IS_BAD, clusters, seed=seed) for seed in (7, 7, 8))
    assert first == again != other


def one_sample(random: np.random.Generator, *, retailers: int, snapshots: int) -> tuple[np.ndarray, np.ndarray]:
    """PDs and labels of retailers who are what they are in every snapshot: bad ones rank one deviation higher."""
    bad = np.repeat(random.random(retailers) < 0.3, snapshots).astype(float)
    margin = np.repeat(random.normal(size=retailers), snapshots) + bad
    return 1 / (1 + np.exp(-margin)), bad


def test_intervals_by_retailer_hold_the_true_figure_about_as_often_as_they_say() -> None:
    """Bad and good rows lie one standard deviation apart: AUROC is Phi(1/sqrt 2), KS 2 Phi(1/2) - 1."""
    normal, random = NormalDist(), np.random.default_rng(17)
    truth = {"auroc": normal.cdf(2**-0.5), "ks": 2 * normal.cdf(0.5) - 1}
    held = {"auroc": 0, "ks": 0}
    by_row = 0
    for trial in range(120):
        probability, bad = one_sample(random, retailers=150, snapshots=4)
        limits = metrics.intervals(probability, bad, Clusters(np.arange(600) // 4, 150), seed=trial)
        wrong = metrics.intervals(probability, bad, Clusters(np.arange(600), 600), seed=trial)
        for name, value in truth.items():
            ends = limits[name]
            assert ends is not None
            held[name] += ends[0] <= value <= ends[1]
        assert wrong["auroc"] is not None
        by_row += wrong["auroc"][0] <= truth["auroc"] <= wrong["auroc"][1]
    assert 0.90 <= held["auroc"] / 120 <= 1.0
    assert 0.88 <= held["ks"] / 120 <= 1.0
    assert by_row / 120 < 0.80, "rows of a retailer are no independent evidence"


def test_rows_of_one_class_have_no_figure_and_no_interval() -> None:
    figures = metrics.quality(PROBABILITY, np.zeros(500), Clusters(np.arange(500), 500), seed=1)
    assert figures["auroc"] is figures["auroc_low"] is figures["ks_low"] is None
    assert set(figures["intervals"].values()) == {None}


def test_the_low_end_is_that_of_the_interval() -> None:
    figures = metrics.quality(PROBABILITY, IS_BAD, Clusters(np.arange(500) // 2, 250), seed=1)
    assert figures["auroc_low"] == figures["intervals"]["auroc"][0] < figures["auroc"]
    assert figures["ks_low"] == figures["intervals"]["ks"][0] < figures["ks"]


def test_a_figure_that_noise_only_raises_is_reflected() -> None:
    assert metrics.reflected([0.4, 0.7], 0.5) == pytest.approx([0.3, 0.6])
    assert metrics.reflected([0.0, 0.3], 0.1) == pytest.approx([0.0, 0.2])
    assert metrics.reflected(None, 0.5) is None


def test_the_power_says_which_true_figure_passes_in_four_of_five_samples() -> None:
    """A standard error of 0.05: the figure must lie 1.96 + 0.84 of them above its bar."""
    needed = metrics.needed_figure(0.72, [0.702, 0.898])
    assert needed is not None
    assert needed == pytest.approx(0.72 + 2.8 * 0.05)
    draws = np.random.default_rng(5).normal(needed, 0.05, 20_000)
    assert (draws - 1.96 * 0.05 >= 0.72).mean() == pytest.approx(0.8, abs=0.01)
