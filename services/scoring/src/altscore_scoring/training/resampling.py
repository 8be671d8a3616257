"""Intervals by resampling retailers: rows of a retailer stand or fall together, since its snapshots are alike."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Measure = Callable[[Floats], Floats]
RESAMPLES = 1_000
CONFIDENCE = 0.95
CELLS_MAX = 2_000_000  # of resamples × rows at once: 16 MB an array


@dataclass(frozen=True)
class Clusters:
    """The retailer of each row, as numbers from 0."""

    of_row: Indices
    count: int

    def take(self, rows: Indices) -> "Clusters":
        """The clusters of some rows, numbered anew."""
        known, numbers = np.unique(self.of_row[rows], return_inverse=True)
        return Clusters(numbers.astype(np.int64), len(known))

    def having(self, is_true: NDArray[np.bool_]) -> int:
        """How many retailers have a row for which something is true."""
        return len(np.unique(self.of_row[is_true]))


def clusters_of(retailer_ids: Sequence[str]) -> Clusters:
    """The clusters of rows with these retailers."""
    known, numbers = np.unique(np.asarray(retailer_ids, dtype=str), return_inverse=True)
    return Clusters(numbers.astype(np.int64), len(known))


def resampled(clusters: Clusters, measure: Measure, *, seed: int, resamples: int = RESAMPLES) -> Floats:
    """A measure of each resample of the retailers, drawn with replacement.

    Args:
        clusters: of the rows.
        measure: how often each row is drawn, a line per resample and a column per row → a line per resample.
        seed: of the draws; equal seeds draw the same retailers.
        resamples: how many.
    """
    return np.concatenate([measure(weights) for weights in _weights(clusters, seed=seed, resamples=resamples)])


def _weights(clusters: Clusters, *, seed: int, resamples: int) -> Iterator[Floats]:
    generator, count = np.random.default_rng(seed), clusters.count
    step = max(1, CELLS_MAX // max(1, len(clusters.of_row)))
    for start in range(0, resamples, step):
        drawn = np.empty((min(step, resamples - start), count))
        for line in drawn:
            line[:] = np.bincount(generator.integers(0, count, count), minlength=count) if count else 0.0
        yield drawn[:, clusters.of_row]


def interval_of(draws: Floats) -> list[float] | None:
    """The middle 95 % of the draws; None when a twentieth of them or more could not be measured."""
    known = draws[np.isfinite(draws)]
    if len(known) <= CONFIDENCE * len(draws):
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return [float(low), float(high)]
