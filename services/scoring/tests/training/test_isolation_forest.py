"""Fitting the isolation forest: the same seed gives the same forest."""

import numpy as np
from altscore_scoring.model.isolation_forest import ARRAYS
from altscore_scoring.training.isolation_forest import fit_isolation


def test_the_same_seed_gives_the_same_forest() -> None:
    rows = np.random.default_rng(3).normal(size=(300, 4))
    forest, again = fit_isolation(rows, seed=1), fit_isolation(rows, seed=1)
    assert all(getattr(forest, name).tobytes() == getattr(again, name).tobytes() for name in ARRAYS)
