"""The isolation forest as it is applied: equal to scikit-learn's."""

import numpy as np
import pytest
from altscore_scoring.training.isolation_forest import column_medians, fit_isolation, flatten
from sklearn.ensemble import IsolationForest


def test_our_isolation_scores_equal_sklearn() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(600, 8))
    forest = IsolationForest(n_estimators=40, random_state=4).fit(rows)
    ours = flatten(forest, column_medians(rows))
    probe = random.normal(scale=2.0, size=(200, 8))
    assert ours.scores(probe) == pytest.approx(-forest.score_samples(probe), abs=1e-12)


def test_unknown_values_count_as_the_median() -> None:
    rows = np.random.default_rng(3).normal(size=(300, 4))
    forest = fit_isolation(rows, seed=1)
    gap, filled = rows[:1].copy(), rows[:1].copy()
    gap[0, 2], filled[0, 2] = np.nan, np.median(rows[:, 2])
    assert forest.scores(gap) == forest.scores(filled)
