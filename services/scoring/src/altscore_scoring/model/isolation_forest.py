"""An Isolation Forest without pickle: `training` grows it with sklearn, plain arrays keep it, this scores with it."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
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
        total = np.zeros(len(filled))
        lines = np.arange(len(filled))
        for root in self.roots:
            node = np.full(len(filled), root, dtype=np.int32)
            while True:
                inner = self.left[node] >= 0
                if not inner.any():
                    break
                goes_left = filled[lines, self.feature[node]] <= self.threshold[node]
                node = np.where(inner, np.where(goes_left, self.left[node], self.right[node]), node)
            total += self.path_length[node]
        mean_path = float(average_path_length(self.sample_size.astype(float))[0])
        scores: Floats = 2.0 ** (-total / (len(self.roots) * mean_path))
        return scores

    def to_npz(self) -> bytes:
        """The arrays as npz; numpy fixes the archive's dates, so equal arrays give equal bytes."""
        buffer = io.BytesIO()
        np.savez(buffer, **{name: getattr(self, name) for name in ARRAYS})
        return buffer.getvalue()


def load_isolation(raw: bytes) -> Isolation:
    """The forest of verified bytes; object arrays (pickle) are refused by numpy.

    Raises:
        ValueError: an array is missing.
    """
    with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
        if sorted(stored.files) != sorted(ARRAYS):
            raise ValueError("the isolation forest lacks an array")
        return Isolation(**{name: stored[name] for name in ARRAYS})


def average_path_length(sizes: Floats) -> Floats:
    """Mean depth of an unsuccessful search among `sizes` rows (Liu, Ting and Zhou 2008, equation 1)."""
    lengths = np.zeros_like(sizes, dtype=np.float64)
    lengths[sizes == 2] = 1.0
    many = sizes > 2
    n = sizes[many]
    lengths[many] = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return lengths
