"""An Isolation Forest without pickle: `training` grows it with sklearn, plain arrays keep it, this scores with it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BLOCK_ROWS = 256  # rows that walk together: their nodes stay in the processor's cache
ARRAYS = ("left", "right", "feature", "threshold", "path_length", "roots", "medians", "sample_size")


@dataclass(frozen=True)
class Isolation:
    """All trees in one table of nodes; `left` < 0 marks a leaf, `path_length` is its depth plus the mean below it."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: Floats
    path_length: Floats
    roots: NDArray[np.int32]
    medians: Floats
    sample_size: NDArray[np.int32]

    def scores(self, rows: Floats) -> Floats:
        """Anomaly score in [0, 1] of each row, higher is more anomalous; equal to -sklearn.score_samples."""
        filled = np.where(np.isnan(rows), self.medians, rows).astype(np.float32)
        blocks = [self._path_lengths(filled[start : start + BLOCK_ROWS]) for start in range(0, len(filled), BLOCK_ROWS)]
        total = np.concatenate(blocks) if blocks else np.empty(0)
        mean_path = float(average_path_length(self.sample_size.astype(float))[0])
        scores: Floats = 2.0 ** (-total / (len(self.roots) * mean_path))
        return scores

    def _path_lengths(self, rows: NDArray[np.float32]) -> Floats:
        """Sum of a row's path lengths in all trees; every row walks all trees at once, one level per turn."""
        lines = np.arange(len(rows))[:, np.newaxis]
        node = np.broadcast_to(self.roots, (len(rows), len(self.roots))).copy()
        while (is_inner := self.left[node] >= 0).any():
            goes_left = rows[lines, self.feature[node]] <= self.threshold[node]
            node = np.where(is_inner, np.where(goes_left, self.left[node], self.right[node]), node)
        # In the order of the trees, so that a row has the same score alone and in a chunk.
        lengths: Floats = np.add.accumulate(self.path_length[node], axis=1)[:, -1]
        return lengths


def average_path_length(sizes: Floats) -> Floats:
    """Mean depth of an unsuccessful search among `sizes` rows (Liu, Ting and Zhou 2008, equation 1)."""
    lengths = np.zeros_like(sizes, dtype=np.float64)
    lengths[sizes == 2] = 1.0
    many = sizes > 2
    n = sizes[many]
    lengths[many] = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return lengths
