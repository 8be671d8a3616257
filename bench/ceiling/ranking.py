"""AUROC of the generator's latent state, of the model, of a learner without constraints and of the best feature."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import xgboost
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.scores.domain import answerable_rows, routes_of
from altscore_scoring.training import metrics
from altscore_scoring.training.baseline import single_feature_baseline
from altscore_scoring.training.dataset import Indices, Split, TrainingSet
from altscore_scoring.training.resampling import clusters_of, interval_of, resampled
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SEED = 7
ROUNDS, PATIENCE = 1_500, 60
# What the learner without constraints may choose from, by its AUROC on the calibration rows.
FREE_RECIPES: tuple[dict[str, Any], ...] = (
    {"max_depth": 3, "eta": 0.03, "min_child_weight": 5, "subsample": 0.8, "colsample_bytree": 0.8},
    {"max_depth": 4, "eta": 0.03, "min_child_weight": 12, "subsample": 0.8, "colsample_bytree": 0.3},
    {"max_depth": 6, "eta": 0.02, "min_child_weight": 20, "subsample": 0.7, "colsample_bytree": 0.5},
)


def compare(ledger: Path, data: TrainingSet, parts: Split, bundle: Bundle) -> dict[str, Any]:
    """Figures over the test rows of the primary route that the model may answer.

    Args:
        ledger: folder of the generator, with `latent.parquet`.
        data: training set of that ledger.
        parts: its split.
        bundle: the model that was trained on it.

    Returns:
        AUROC with its 95 % interval, by retailer, of each; and what the free learner has beyond the model.
    """
    routes = np.array(routes_of(data.frame))
    answerable = parts.test[answerable_rows(data.frame.take(parts.test))]
    rows = answerable[routes[answerable] == "primary"]
    train, calibration = (part[routes[part] == "primary"] for part in (parts.train, parts.calibration))
    booster = bundle.boosters["primary"]
    inputs = booster.inputs(data.frame)
    pds = bundle.calibrations["primary"].probabilities(booster.margins(inputs[rows]))
    scores = {
        "latent state": latent_of(ledger, data, rows),
        "model": pds,
        "free learner": free_learner(inputs, data.is_bad, train=train, calibration=calibration)[rows],
    }
    is_bad, clusters = data.is_bad[rows], clusters_of([data.frame.retailer_ids[i] for i in rows])
    baseline = single_feature_baseline(inputs[rows], booster.features, pds, is_bad=is_bad, clusters=clusters, seed=SEED)
    draws = {
        name: resampled(clusters, metrics.weighted_measures(score, is_bad), seed=SEED)[:, 0]
        for name, score in scores.items()
    }
    return {
        "rows": len(rows),
        "retailers": clusters.count,
        "bad_rows": int(is_bad.sum()),
        "auroc": {
            name: {"auroc": metrics.auroc(score, is_bad), "interval_95": interval_of(draws[name])}
            for name, score in scores.items()
        },
        "best_feature": baseline,
        "free_beyond_model": metrics.auroc(scores["free learner"], is_bad) - metrics.auroc(pds, is_bad),
        "free_beyond_model_interval_95": interval_of(draws["free learner"] - draws["model"]),
    }


def latent_of(ledger: Path, data: TrainingSet, rows: Indices) -> Floats:
    """The generator's own chance of each row.

    Raises:
        KeyError: the training set is of another ledger.
    """
    table = pq.read_table(ledger / "latent.parquet")
    columns = (table[name].to_pylist() for name in ("retailer_id", "as_of_on", "latent_pd"))
    known: dict[tuple[str, date], float] = {(retailer, day): pd for retailer, day, pd in zip(*columns, strict=True)}
    return np.array([known[data.frame.retailer_ids[i], data.snapshots[i]] for i in rows])


def free_learner(inputs: Floats, is_bad: Floats, *, train: Indices, calibration: Indices) -> Floats:
    """Margins of every row by the best of a few boosters without monotone constraints.

    Each stops when it no longer gains on the calibration rows, which also choose between them; test rows have no say.
    """
    learn, check = (xgboost.DMatrix(inputs[part], label=is_bad[part], missing=np.nan) for part in (train, calibration))
    boosters = [
        xgboost.train(
            {"objective": "binary:logistic", "tree_method": "hist", "eval_metric": "auc", "seed": SEED, "nthread": 1}
            | recipe,
            learn,
            num_boost_round=ROUNDS,
            evals=[(check, "calibration")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )
        for recipe in FREE_RECIPES
    ]
    best = max(boosters, key=lambda booster: float(booster.best_score))
    last = int(best.best_iteration) + 1
    everything = xgboost.DMatrix(inputs, missing=np.nan)
    return np.asarray(best.predict(everything, output_margin=True, iteration_range=(0, last)), dtype=np.float64)
