"""The best single feature: found among all, ranked in the direction of its constraint, beside the model."""

import numpy as np
import pytest
from altscore_scoring.model.features import Feature
from altscore_scoring.training.baseline import single_feature_baseline
from altscore_scoring.training.resampling import Clusters

RANDOM = np.random.default_rng(4)
BAD = np.repeat(RANDOM.random(200) < 0.3, 2).astype(float)
CLUSTERS = Clusters(np.arange(400) // 2, 200)


def feature(name: str, direction: int) -> Feature:
    """A feature of this direction."""
    return Feature(name=name, family="x", group=None, direction=direction, is_croston=False)


def auroc_by_pairs(values: np.ndarray) -> float:
    """The definition: pairs of a bad and a good row, ties half."""
    bad, good = values[BAD == 1], values[BAD == 0]
    return float(((bad[:, None] > good[None, :]) + 0.5 * (bad[:, None] == good[None, :])).mean())


def test_the_best_feature_is_ranked_in_its_own_direction_and_the_model_is_compared_on_equal_resamples() -> None:
    noise = RANDOM.normal(size=(3, 400))
    columns = np.column_stack([noise[0], -(BAD + noise[1]), 0.3 * BAD + noise[2]])
    features = [feature("nothing", 1), feature("safer_when_high", -1), feature("weak", 1)]
    model = BAD + 0.5 * noise[1]
    report = single_feature_baseline(columns, features, model, is_bad=BAD, clusters=CLUSTERS, seed=3)
    assert report is not None
    assert report["feature"] == "safer_when_high"
    assert report["auroc"] == pytest.approx(auroc_by_pairs(-columns[:, 1]))
    assert report["gain"] == pytest.approx(auroc_by_pairs(model) - report["auroc"])
    assert [entry["feature"] for entry in report["next"]] == ["weak", "nothing"]
    low, high = report["interval_95"]
    assert low < report["auroc"] < high
    gain_low, gain_high = report["gain_interval_95"]
    assert 0 < gain_low < report["gain"] < gain_high < high - low + 0.1


@pytest.mark.parametrize(("direction", "expected"), [(0, 1.0), (1, 0.0)])
def test_a_feature_without_a_direction_is_ranked_in_the_better_one(direction: int, expected: float) -> None:
    report = single_feature_baseline(
        -BAD[:, None], [feature("free", direction)], BAD, is_bad=BAD, clusters=CLUSTERS, seed=3
    )
    assert report is not None
    assert report["auroc"] == expected


def test_a_model_that_is_the_feature_gains_exactly_nothing() -> None:
    values = BAD + RANDOM.normal(size=400)
    report = single_feature_baseline(
        values[:, None], [feature("all_of_it", 1)], values, is_bad=BAD, clusters=CLUSTERS, seed=3
    )
    assert report is not None
    assert (report["gain"], report["gain_interval_95"], report["next"]) == (0.0, [0.0, 0.0], [])


def test_an_unknown_value_counts_as_the_median_and_an_unknown_column_ranks_nothing() -> None:
    values = BAD + RANDOM.normal(size=400)
    gaps = values.copy()
    gaps[::5] = np.nan
    filled = np.where(np.isnan(gaps), np.nanmedian(gaps), gaps)
    columns = np.column_stack([gaps, np.full(400, np.nan)])
    report = single_feature_baseline(
        columns, [feature("gaps", 1), feature("empty", 1)], values, is_bad=BAD, clusters=CLUSTERS, seed=3
    )
    assert report is not None
    assert report["auroc"] == pytest.approx(auroc_by_pairs(filled))
    assert report["next"] == [{"feature": "empty", "auroc": 0.5}]


def test_rows_of_one_class_have_no_baseline() -> None:
    rows = RANDOM.normal(size=(400, 1))
    nobody = np.zeros(400)
    assert single_feature_baseline(rows, [feature("f", 1)], nobody, is_bad=nobody, clusters=CLUSTERS, seed=1) is None
