"""The curves and histograms that people look at say what the figures beside them say."""

import numpy as np
import pytest
from altscore_scoring.guardrails import checks
from altscore_scoring.training import metrics
from altscore_scoring.training.judgement import (
    CHANCE,
    ScoredRows,
    altscores,
    ks_points,
    pd_histogram,
    psi_shares,
    roc_points,
    route_figures,
)
from altscore_scoring.training.resampling import clusters_of

RANDOM = np.random.default_rng(11)
BAD = (RANDOM.random(600) < 0.25).astype(float)
PDS = 1 / (1 + np.exp(2.0 - 1.5 * BAD - RANDOM.normal(size=600)))


def test_the_curves_of_ks_are_apart_by_ks_where_they_are_widest() -> None:
    curve = ks_points(PDS, BAD)
    apart = max(bad - good for good, bad in zip(curve["good"], curve["bad"], strict=True))
    assert apart == pytest.approx(metrics.ks(PDS, BAD), abs=0.02), "the grid is six points wide"
    assert (curve["good"][-1], curve["bad"][-1]) == (1.0, 1.0)
    middle = curve["scores"].index(600.0)
    assert curve["bad"][middle] == pytest.approx(np.mean(altscores(PDS[BAD == 1]) <= 600))


def test_one_class_has_no_curves() -> None:
    assert ks_points(PDS, np.zeros(600)) == {"scores": [], "good": [], "bad": []}
    assert roc_points(PDS, np.ones(600)) == CHANCE


def test_every_row_is_in_one_range_of_the_pd_with_its_outcome() -> None:
    counted = pd_histogram(np.array([0.0, 0.049, 0.05, 0.12, 1.0]), np.array([0.0, 0.0, 1.0, 1.0, 1.0]))
    place = counted["edges"].index
    assert counted["good"][place(0.0)] == counted["good"][place(0.03)] == 1
    assert counted["bad"][place(0.05)] == counted["bad"][place(0.12)] == counted["bad"][place(0.7)] == 1
    assert sum(counted["good"]) + sum(counted["bad"]) == 5


def test_shares_of_the_psi_are_those_that_the_index_is_computed_from() -> None:
    edges, expected = [-1.0, 0.0, 1.0], [0.25, 0.25, 0.25, 0.25]
    margins = RANDOM.normal(0.4, 1, 500)
    shares = psi_shares(margins, edges, expected)
    by_hand = sum(
        (actual - own) * np.log(actual / own) for own, actual in zip(shares["expected"], shares["actual"], strict=True)
    )
    assert checks.population_stability_index(margins, tuple(edges), tuple(expected)) == pytest.approx(by_hand)


def test_rows_that_are_taken_keep_their_day_and_their_customer() -> None:
    rows = ScoredRows(
        is_bad=BAD[:4],
        pds=PDS[:4],
        margins=PDS[:4],
        days=("a", "b", "a", "b"),
        clusters=clusters_of(["x", "x", "y", "z"]),
        seed=1,
    )
    taken = rows.take(np.array([1, 3]))
    assert taken.days == ("b", "b")
    assert taken.clusters.count == 2
    assert taken.pds.tolist() == PDS[[1, 3]].tolist()


def test_a_route_without_a_row_has_no_figures_and_no_curves() -> None:
    rows = ScoredRows(is_bad=BAD, pds=PDS, margins=PDS, days=(), clusters=clusters_of(["x"] * 600), seed=1)
    figures = route_figures(rows.take(np.empty(0, dtype=np.int64)))
    assert (figures["rows"], figures["auroc"], figures["mean_pd"]) == (0, None, None)
    assert figures["calibration"] == figures["ks_curve"]["scores"] == []
