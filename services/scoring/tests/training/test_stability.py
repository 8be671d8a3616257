"""Stability: the shift of the population with its interval, and the figures of each snapshot."""

import math
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from altscore_scoring.guardrails.checks import population_stability_index
from altscore_scoring.training.fit import psi_bins
from altscore_scoring.training.resampling import Clusters
from altscore_scoring.training.stability import by_snapshot, population_shift


def fours(rows: int) -> Clusters:
    """Four rows of each retailer."""
    return Clusters(np.arange(rows) // 4, rows // 4)


def test_the_shift_is_the_psi_against_the_training_bins() -> None:
    random = np.random.default_rng(3)
    bins = psi_bins(random.normal(size=4_000))
    margins = random.normal(0.5, 1, 4_000)
    shift = population_shift(margins, bins, fours(4_000), seed=1)
    assert shift["psi"] == population_stability_index(margins, bins.edges, bins.shares)
    low, high = shift["interval_95"]
    cuts = [0.0, *(NormalDist(0.5).cdf(NormalDist().inv_cdf(share / 10)) for share in range(1, 10)), 1.0]
    truth = sum((q - p - 0.1) * math.log((q - p) / 0.1) for p, q in pairwise(cuts))
    assert 0 < low < truth < high


def test_noise_alone_is_taken_off_again() -> None:
    random = np.random.default_rng(5)
    bins = psi_bins(random.normal(size=10_000))
    margins = np.repeat(random.normal(size=100), 4)
    shift = population_shift(margins, bins, fours(400), seed=1)
    assert shift["psi"] > 0.02
    assert shift["interval_95"][0] == 0.0


def test_too_few_rows_to_measure_a_shift_have_no_interval() -> None:
    bins = psi_bins(np.arange(100.0))
    assert population_shift(np.zeros(99), bins, Clusters(np.arange(99), 99), seed=1) == {
        "psi": None,
        "interval_95": None,
    }


def test_each_snapshot_has_its_own_figures_and_one_without_a_bad_row_has_no_auroc() -> None:
    days = ["2026-02-01", "2026-01-01", "2026-01-01", "2026-02-01"]
    table = by_snapshot(days, np.array([0.1, 0.2, 0.4, 0.3]), np.array([0.0, 0.0, 1.0, 0.0]))
    assert [(row["snapshot_on"], row["rows"], row["auroc"]) for row in table] == [
        ("2026-01-01", 2, 1.0),
        ("2026-02-01", 2, None),
    ]
    assert table[0]["mean_pd"] == pytest.approx(0.3)
    assert math.isclose(table[0]["observed"], 0.5)
