"""Contributions by tables are XGBoost's, whatever the trees look like; where they are not, XGBoost explains."""

from typing import Any

import numpy as np
import pytest
import xgboost
from altscore_scoring.model import booster as boosters
from altscore_scoring.model.booster import Booster, load_booster
from altscore_scoring.model.contribution_tables import BLOCK_ROWS, DEPTH_MAX, FEW_ROWS, ContributionTables, NotCovered
from altscore_scoring.model.features import Feature
from numpy.typing import NDArray
from prometheus_client import REGISTRY

Floats = NDArray[np.float64]
TOLERANCE = 1e-5


def features_of(count: int) -> tuple[Feature, ...]:
    return tuple(Feature(name=f"f{i}", family="x", group=None, direction=0, is_croston=False) for i in range(count))


def rows_of(seed: int, *, count: int = 600, features: int = 6, unknown_share: float = 0.1) -> Floats:
    """Random rows with many equal values and with unknowns."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, features)).round(1)
    rows[random.random(rows.shape) < unknown_share] = np.nan
    return rows


def train(seed: int, *, depth: int, rounds: int = 25, **settings: Any) -> xgboost.Booster:
    """A small booster of interacting features; few features, so that paths meet one more than once."""
    rows = rows_of(seed)
    known = np.nan_to_num(rows)
    noise = np.random.default_rng(seed + 1).normal(0, 0.4, len(rows))
    labels = (known[:, 0] + known[:, 1] * known[:, 2] - np.isnan(rows[:, 3]) + noise > 0).astype(float)
    parameters = {"objective": "binary:logistic", "max_depth": depth, "eta": 0.3, "nthread": 1, **settings}
    return xgboost.train(parameters, xgboost.DMatrix(rows, label=labels, missing=np.nan), rounds)


def by_xgboost(model: xgboost.Booster, rows: Floats) -> Any:
    return model.predict(xgboost.DMatrix(rows, missing=np.nan), pred_contribs=True)


def fallbacks(why: str) -> float:
    return REGISTRY.get_sample_value("altscore_scoring_explainer_fallbacks_total", {"why": why}) or 0.0


@pytest.mark.parametrize("depth", range(1, DEPTH_MAX + 1))
@pytest.mark.parametrize("seed", range(4))
def test_tables_contribute_what_xgboost_does(seed: int, depth: int) -> None:
    model = train(seed, depth=depth, min_child_weight=(0, 1, 5, 12)[seed])
    tables = ContributionTables(model)
    for rows in (rows_of(seed + 50), rows_of(seed + 51, unknown_share=1.0, count=2), tables.probes(300)):
        assert np.abs(tables.contributions(rows) - by_xgboost(model, rows)).max() <= TOLERANCE


def test_values_at_a_threshold_and_beside_it_go_where_xgboost_sends_them() -> None:
    model = train(7, depth=3)
    tables = ContributionTables(model)
    rows = np.concatenate([tables.probes(200), np.full((1, 6), 1e30), np.full((1, 6), -1e30)])
    # Doubles that are no floats: XGBoost compares what remains of them in single precision.
    rows = np.concatenate([rows, rows * (1 + 1e-12)])
    margins = model.predict(xgboost.DMatrix(rows, missing=np.nan), output_margin=True)
    assert np.abs(tables.contributions(rows).sum(axis=1) - margins).max() <= TOLERANCE


def test_a_row_is_explained_alike_alone_and_in_any_company() -> None:
    tables = ContributionTables(train(8, depth=4))
    rows = rows_of(9, count=BLOCK_ROWS + 3)
    together = tables.contributions(rows)
    for index in (0, BLOCK_ROWS - 1, BLOCK_ROWS, len(rows) - 1):
        assert np.array_equal(tables.contributions(rows[index : index + 1])[0], together[index])
    for count in (FEW_ROWS - 1, FEW_ROWS):
        assert np.array_equal(tables.contributions(rows[:count]), together[:count])
    assert tables.contributions(rows[:0]).shape == (0, 7)


def test_monotone_and_single_leaf_trees_are_covered() -> None:
    model = train(3, depth=4, monotone_constraints="(1,0,-1,0,0,0)", min_child_weight=200)
    rows = rows_of(4)
    assert np.abs(ContributionTables(model).contributions(rows) - by_xgboost(model, rows)).max() <= TOLERANCE


def test_deep_trees_are_left_to_xgboost() -> None:
    model = train(5, depth=DEPTH_MAX + 3, min_child_weight=0)
    with pytest.raises(NotCovered, match="deep"):
        ContributionTables(model)
    counted, rows = fallbacks("a tree is too deep"), rows_of(6)
    loaded = load_booster(bytes(model.save_raw("ubj")), features_of(6))
    assert loaded.tables is None
    assert np.array_equal(loaded.contributions(rows), by_xgboost(model, rows).astype(float))
    assert fallbacks("a tree is too deep") == counted + 1


def test_categorical_splits_are_left_to_xgboost() -> None:
    random = np.random.default_rng(2)
    rows = random.integers(0, 5, size=(300, 2)).astype(float)
    data = xgboost.DMatrix(rows, label=(rows[:, 0] % 2), feature_types=["c", "c"], enable_categorical=True)
    model = xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "max_depth": 3}, data, 3)
    with pytest.raises(NotCovered, match="categorical"):
        ContributionTables(model)


def damaged(tables: ContributionTables, amount: float) -> ContributionTables:
    """The same tables with one entry of a table that rows reach moved."""
    tables._trees[0].groups[0].tables[0][:] += amount
    return tables


def test_a_row_that_the_tables_explain_in_another_way_is_explained_by_xgboost() -> None:
    model, rows = train(11, depth=3), rows_of(12)
    counted = fallbacks("row")
    loaded = Booster(model, features_of(6), tables=damaged(ContributionTables(model), 0.01))
    assert np.array_equal(loaded.contributions(rows), by_xgboost(model, rows).astype(float))
    assert fallbacks("row") == counted + 1


def test_a_model_that_the_tables_explain_in_another_way_is_loaded_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model, counted = train(13, depth=3), fallbacks("model")
    monkeypatch.setattr(boosters, "ContributionTables", lambda raw: damaged(ContributionTables(raw), 0.01))
    assert load_booster(bytes(model.save_raw("ubj")), features_of(6)).tables is None
    assert fallbacks("model") == counted + 1


def test_a_loaded_booster_explains_by_tables() -> None:
    model, rows = train(14, depth=4), rows_of(15)
    loaded = load_booster(bytes(model.save_raw("ubj")), features_of(6))
    assert loaded.tables is not None
    assert np.array_equal(loaded.contributions(rows), loaded.tables.contributions(rows))
