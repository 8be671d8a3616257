"""Resampling: retailers are drawn, never single rows, and equal seeds draw the same ones."""

import numpy as np
import pytest
from altscore_scoring.training import resampling
from altscore_scoring.training.resampling import Clusters, clusters_of, interval_of, resampled


def test_rows_of_a_retailer_are_drawn_together() -> None:
    clusters = clusters_of(["b", "a", "b", "c", "a"])
    drawn = resampled(clusters, lambda weights: weights, seed=1, resamples=50)
    assert drawn.shape == (50, 5)
    assert (drawn[:, 0] == drawn[:, 2]).all()
    assert (drawn[:, 1] == drawn[:, 4]).all()
    retailers = drawn[:, [0, 1, 3]]
    assert (retailers.sum(axis=1) == 3).all()
    assert (retailers != 1).any()


def test_each_retailer_is_drawn_once_on_average() -> None:
    drawn = resampled(Clusters(np.arange(40), 40), lambda weights: weights, seed=2, resamples=2_000)
    assert np.abs(drawn.mean(axis=0) - 1).max() < 0.12
    assert abs(drawn.var() - 39 / 40) < 0.05


def test_equal_seeds_draw_the_same_retailers_in_blocks_of_any_size() -> None:
    clusters, cells = Clusters(np.arange(30) // 3, 10), resampling.CELLS_MAX
    whole = resampled(clusters, lambda weights: weights, seed=5, resamples=20)
    sizes: list[int] = []

    def measure(weights: np.ndarray) -> np.ndarray:
        sizes.append(len(weights))
        return weights

    try:
        resampling.CELLS_MAX = 90
        parts = resampled(clusters, measure, seed=5, resamples=20)
    finally:
        resampling.CELLS_MAX = cells
    assert sizes == [3, 3, 3, 3, 3, 3, 2]
    assert np.array_equal(whole, parts)
    assert not np.array_equal(whole, resampled(clusters, lambda weights: weights, seed=6, resamples=20))


def test_an_interval_holds_the_middle_95_percent() -> None:
    assert interval_of(np.arange(1_001.0)) == pytest.approx([25.0, 975.0])


def test_draws_of_which_a_twentieth_could_not_be_measured_have_no_interval() -> None:
    draws = np.arange(100.0)
    draws[:4] = np.nan
    assert interval_of(draws) is not None
    draws[4] = np.nan
    assert interval_of(draws) is None


def test_retailers_are_counted_once_however_many_rows_they_have() -> None:
    clusters = clusters_of(["a", "a", "b", "c"])
    assert clusters.count == 3
    assert clusters.having(np.array([True, True, False, True])) == 2
    assert clusters.take(np.array([0, 1, 3])).count == 2
    assert clusters.take(np.array([3, 0])).of_row.tolist() == [1, 0]
