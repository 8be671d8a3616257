"""What a single feature ranks by itself: what a model must beat to be worth its complexity."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.model.features import Feature
from altscore_scoring.training import metrics
from altscore_scoring.training.resampling import Clusters, interval_of, resampled

Floats = NDArray[np.float64]
SHOWN = 5


class _Ranked(NamedTuple):
    name: str
    auroc: float
    values: Floats


def single_feature_baseline(
    rows: Floats, features: Sequence[Feature], pds: Floats, *, is_bad: Floats, clusters: Clusters, seed: int
) -> dict[str, Any] | None:
    """The feature that alone ranks these rows best, in the direction of its constraint, beside the model.

    A feature without a direction is ranked in the better one.

    Chosen on the very rows it is measured on, so it looks better than it is; an unknown value counts as the median.

    Args:
        rows: the model's inputs.
        features: its columns.
        pds: the model's PD of each row.
        is_bad: the label of each row.
        clusters: retailers of the rows.
        seed: of the resamples.

    Returns:
        None where the rows are all of one class. `gain` is the model's AUROC less the feature's, on equal resamples.
    """
    if not 0 < is_bad.sum() < len(is_bad):
        return None
    ranked = sorted((_ranked(rows[:, i], feature, is_bad) for i, feature in enumerate(features)), key=_first)
    best = ranked[0]
    alone = resampled(clusters, metrics.weighted_measures(best.values, is_bad), seed=seed)[:, 0]
    model = resampled(clusters, metrics.weighted_measures(pds, is_bad), seed=seed)[:, 0]
    return {
        "feature": best.name,
        "auroc": best.auroc,
        "interval_95": interval_of(alone),
        "gain": metrics.auroc(pds, is_bad) - best.auroc,
        "gain_interval_95": interval_of(model - alone),
        "next": [{"feature": item.name, "auroc": item.auroc} for item in ranked[1:SHOWN]],
    }


def _first(item: _Ranked) -> tuple[float, str]:
    return -item.auroc, item.name


def _ranked(column: Floats, feature: Feature, is_bad: Floats) -> _Ranked:
    is_known = np.isfinite(column)
    middle = float(np.median(column[is_known])) if is_known.any() else 0.0
    values = np.where(is_known, column, middle) * (feature.direction or 1)
    area = metrics.auroc(values, is_bad)
    if feature.direction == 0 and area < 0.5:
        values, area = -values, 1 - area
    return _Ranked(feature.name, area, values)
