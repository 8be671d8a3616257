"""Fits every artifact of a bundle; the same data, seed and features give the same bytes."""

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from altscore_scoring.errors import TrainingSetUnusable
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.model.anomaly import forests_npz, ranges_document
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.bundle import Bundle, PsiBins
from altscore_scoring.model.calibration import Calibration, fit_calibration
from altscore_scoring.model.explainer import describe_explainer
from altscore_scoring.model.features import Feature
from altscore_scoring.scores.domain import routes_of
from altscore_scoring.training.anomaly import fit_anomalies
from altscore_scoring.training.dataset import CLASS_ROWS_MIN, Indices, Split, TrainingSet

Floats = NDArray[np.float64]
CROSTON_CALIBRATION_ROWS_MIN = 200
CROSTON_CALIBRATION_BAD_MIN = 20


@dataclass(frozen=True)
class Recipe:
    """Settings of one training; the evaluation report holds them."""

    seed: int = 7
    rounds: int = 300
    depth: int = 4
    learning_rate: float = 0.03
    embargo_days: int | None = None  # the label's horizon


def fit_booster(frame: GoldFrame, is_bad: Floats, *, features: tuple[Feature, ...], recipe: Recipe) -> Booster:
    """One monotone booster; a single thread keeps sums, and so bytes, equal between runs."""
    settings: dict[str, Any] = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": recipe.depth,
        "eta": recipe.learning_rate,
        "min_child_weight": 12,
        "subsample": 0.8,
        "colsample_bytree": 0.3,  # lets every reason group speak, not only the strongest
        "lambda": 5.0,
        "monotone_constraints": "(" + ",".join(str(feature.direction) for feature in features) + ")",
        "seed": recipe.seed,
        "nthread": 1,
    }
    untrained = Booster(xgboost.Booster(), features)
    rows = xgboost.DMatrix(untrained.inputs(frame), label=is_bad, missing=np.nan)
    return Booster(xgboost.train(settings, rows, num_boost_round=recipe.rounds), features)


def fit_bundle(data: TrainingSet, parts: Split, *, features: tuple[Feature, ...], recipe: Recipe) -> Bundle:
    """All fitted parts of a model; its digest is known when it is written."""
    sparse = tuple(feature for feature in features if feature.is_croston)
    shallow = replace(recipe, rounds=recipe.rounds // 2, depth=min(3, recipe.depth))
    routes = np.array(routes_of(data.frame))
    train: Indices = parts.train[routes[parts.train] == "primary"]
    on_route = parts.calibration[routes[parts.calibration] == "primary"]
    # Every row has Croston features; learning from all of them is what a few dozen sparse ledgers cannot give.
    croston = fit_booster(data.frame.take(parts.train), data.is_bad[parts.train], features=sparse, recipe=shallow)
    if is_primary_trainable(data, parts):
        primary = fit_booster(data.frame.take(train), data.is_bad[train], features=features, recipe=recipe)
    else:  # the model of all rows scores these too
        primary, train, on_route = croston, parts.train, parts.calibration
    boosters: dict[Route, Booster] = {"primary": primary, "croston": croston}
    margins, shown = primary.margins(primary.inputs(data.frame.take(train))), routes[train] == "primary"
    return Bundle(
        model_sha256="",
        boosters=boosters,
        calibrations={
            "primary": calibrate(data, primary, on_route),
            "croston": calibrate(data, croston, _croston_rows(data, parts.calibration, routes)),
        },
        anomalies=fit_anomalies(data.frame.take(parts.train), boosters, seed=recipe.seed),
        psi=psi_bins(margins[shown] if shown.sum() >= c.PSI_ROWS_MIN else margins),
        evaluation={},
    )


def is_primary_trainable(data: TrainingSet, parts: Split) -> bool:
    """Whether each part has enough rows of either class on the primary route; the whole parts have, or do not split."""
    routes = np.array(routes_of(data.frame))
    for part in (parts.train, parts.calibration, parts.test):
        rows = part[routes[part] == "primary"]
        bad = int(data.is_bad[rows].sum())
        if min(bad, len(rows) - bad) < CLASS_ROWS_MIN:
            return False
    return True


def is_primary_untrained(bundle: Bundle) -> bool:
    """Whether the Croston model scores the primary route as well, because that had too few rows to train on."""
    return bundle.boosters["primary"].features == bundle.boosters["croston"].features


def artifacts_of(bundle: Bundle, evaluation: dict[str, Any]) -> dict[str, bytes]:
    """The bundle as artifact name → bytes; numbers as JSON, trees as UBJSON, arrays as npz."""
    trees = {route: booster.to_ubjson() for route, booster in bundle.boosters.items()}
    return {
        **{f"{route}.ubj": raw for route, raw in trees.items()},
        "explainer.json": _json(describe_explainer(bundle.boosters, trees)),
        "features.json": _json({route: [list(f) for f in b.features] for route, b in bundle.boosters.items()}),
        "calibration.json": _json({route: item._asdict() for route, item in bundle.calibrations.items()}),
        "isolation.npz": forests_npz(bundle.anomalies),
        "psi.json": _json({"edges": list(bundle.psi.edges), "shares": list(bundle.psi.shares)}),
        "ranges.json": _json(ranges_document(bundle.anomalies)),
        "reference.json": _json({route: item.to_document() for route, item in bundle.references.items()}),
        "evaluation.json": _json(evaluation),
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False).encode()


def calibrate(data: TrainingSet, booster: Booster, rows: Indices) -> Calibration:
    """The calibration of a booster on these rows.

    Raises:
        TrainingSetUnusable: its margin ranks nothing.
    """
    margins = booster.margins(booster.inputs(data.frame.take(rows)))
    try:
        return fit_calibration(margins, data.is_bad[rows])
    except ValueError as error:
        raise TrainingSetUnusable(f"{error}: the features say nothing of this label") from error


def _croston_rows(data: TrainingSet, calibration: Indices, routes: NDArray[np.str_]) -> Indices:
    on_route = calibration[routes[calibration] == "croston"]
    bad = int(data.is_bad[on_route].sum())
    is_enough = len(on_route) >= CROSTON_CALIBRATION_ROWS_MIN and bad >= CROSTON_CALIBRATION_BAD_MIN
    return on_route if is_enough else calibration


def psi_bins(margins: Floats) -> PsiBins:
    """Bins that hold equal shares of these margins; fewer when values repeat."""
    edges = np.unique(np.quantile(margins, np.linspace(0, 1, c.PSI_BINS + 1)[1:-1]))
    counts = np.bincount(np.searchsorted(edges, margins, side="right"), minlength=len(edges) + 1)
    return PsiBins(tuple(edges.tolist()), tuple((counts / len(margins)).tolist()))
