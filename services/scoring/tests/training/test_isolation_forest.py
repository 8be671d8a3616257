"""Fitting the isolation forest: the same seed gives the same forest."""

import numpy as np
from altscore_scoring.training.isolation_forest import fit_isolation


def test_the_same_seed_gives_the_same_bytes_of_the_forest() -> None:
    rows = np.random.default_rng(3).normal(size=(300, 4))
    assert fit_isolation(rows, seed=1).to_npz() == fit_isolation(rows, seed=1).to_npz()
