"""The booster: exact contributions, monotone margins, and as many features as it was trained on."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from altscore_scoring.gold.tables import columns_of
from altscore_scoring.model.booster import Booster, load_booster
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.features import Feature

from .. import synthetic
from ..worker_world import AS_OF


def _conditional(tree: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """Path-dependent expectation of one tree when only `known` features have a value, by plain recursion."""
    if "leaf" in tree:
        return float(tree["leaf"])
    children = {child["nodeid"]: child for child in tree["children"]}
    feature = int(str(tree["split"])[1:])
    if feature in known:
        goes_yes = np.float32(row[feature]) < np.float32(tree["split_condition"])
        return _conditional(children[tree["yes"] if goes_yes else tree["no"]], row, known)
    parts = [(child["cover"], _conditional(child, row, known)) for child in children.values()]
    return float(sum(cover * value for cover, value in parts) / sum(cover for cover, _ in parts))


def _shapley(trees: list[dict[str, Any]], row: np.ndarray, features: int) -> list[float]:
    """Shapley values by their definition: every coalition of the other features, weighted."""

    def worth(known: frozenset[int]) -> float:
        return sum(_conditional(tree, row, known) for tree in trees)

    values = []
    for feature in range(features):
        others, total = [other for other in range(features) if other != feature], 0.0
        for size in range(features):
            weight = math.factorial(size) * math.factorial(features - size - 1) / math.factorial(features)
            for coalition in itertools.combinations(others, size):
                known = frozenset(coalition)
                total += weight * (worth(known | {feature}) - worth(known))
        values.append(total)
    return values


def test_contributions_are_the_shapley_values_by_definition() -> None:
    random = np.random.default_rng(5)
    rows = random.normal(size=(400, 5))
    labels = (rows[:, 0] + rows[:, 1] * rows[:, 2] + random.normal(0, 0.5, 400) > 0).astype(float)
    data = xgboost.DMatrix(rows, label=labels)
    trained = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 4, "eta": 0.3, "nthread": 1, "base_score": 0.5}, data, 12
    )
    booster = Booster(
        trained, tuple(Feature(name=f"f{i}", family="x", group=None, direction=0, is_croston=False) for i in range(5))
    )
    trees = [json.loads(text) for text in trained.get_dump(dump_format="json", with_stats=True)]
    exact = booster.contributions(rows[:6])
    for index in range(6):
        assert exact[index, :5] == pytest.approx(_shapley(trees, rows[index], 5), abs=2e-5)
    assert exact.sum(axis=1) == pytest.approx(booster.margins(rows[:6]), abs=1e-4)


def test_contributions_in_chunks_equal_those_at_once(bundle: Bundle) -> None:
    booster = bundle.boosters["primary"]
    rows = booster.inputs(columns_of(synthetic.gold_table(70, seed=1, as_of_on=AS_OF)))
    whole = booster.contributions(rows)
    assert np.array_equal(booster.contributions(rows, chunk_rows=16), whole)


def test_a_worse_value_never_lowers_the_margin(bundle: Bundle) -> None:
    for booster in bundle.boosters.values():
        rows = booster.inputs(columns_of(synthetic.gold_table(60, seed=2, as_of_on=AS_OF)))
        for index, feature in enumerate(booster.features):
            worse = rows.copy()
            worse[:, index] += feature.direction * (1.0 + np.abs(worse[:, index]))
            assert (booster.margins(worse) >= booster.margins(rows) - 1e-5).all(), feature.name


def test_a_booster_of_another_number_of_features_is_refused(trained: tuple[Bundle, Path]) -> None:
    raw, features = (trained[1] / "primary.ubj").read_bytes(), trained[0].boosters["primary"].features
    assert load_booster(raw, features).names == [feature.name for feature in features]
    with pytest.raises(ValueError, match="disagree"):
        load_booster(raw, features[1:])


def test_no_rows_have_no_contributions(bundle: Bundle) -> None:
    booster = bundle.boosters["croston"]
    assert booster.contributions(np.empty((0, len(booster.features)))).shape == (0, len(booster.features) + 1)
    assert isinstance(booster.booster, xgboost.Booster)
