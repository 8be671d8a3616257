"""Measures of a credit model: ranking and error by scikit-learn, the same under weights for resampling."""

from typing import Any

import numpy as np
import sklearn.metrics
from numpy.typing import NDArray

from altscore_scoring.training.resampling import Clusters, Measure, interval_of, resampled

Floats = NDArray[np.float64]
MEASURES = ("auroc", "ks", "brier", "gap")
POWER_Z = 1.96 + 0.84  # a figure this many standard errors above its bar passes in four of five samples


def auroc(probability: Floats, is_bad: Floats) -> float:
    """Chance that a bad row is ranked above a good one; ties count half."""
    return float(sklearn.metrics.roc_auc_score(is_bad, probability))


def roc_curve(probability: Floats, is_bad: Floats) -> tuple[Floats, Floats]:
    """False and true positive shares at each distinct threshold, from (0, 0) to (1, 1)."""
    false, true, _ = sklearn.metrics.roc_curve(is_bad, probability, drop_intermediate=False)
    return false, true


def ks(probability: Floats, is_bad: Floats) -> float:
    """Kolmogorov–Smirnov distance between the scores of bad and good rows."""
    false, true = roc_curve(probability, is_bad)
    return float(np.max(np.abs(true - false)))


def brier(probability: Floats, is_bad: Floats) -> float:
    """Mean squared error of the probabilities."""
    return float(sklearn.metrics.brier_score_loss(is_bad, probability))


def gap(probability: Floats, is_bad: Floats) -> float:
    """Mean PD less observed share: above 0 the model is too pessimistic."""
    return float(np.mean(probability - is_bad))


def weighted_measures(probability: Floats, is_bad: Floats) -> Measure:
    """AUROC, KS, Brier score and gap of weighted rows, as columns; equal probabilities are one threshold.

    A resample without a bad or without a good row has no AUROC and no KS (NaN).
    """
    order = np.argsort(probability, kind="stable")
    starts = np.flatnonzero(np.diff(probability[order], prepend=-np.inf))
    bad_of = is_bad[order]
    error, over = (probability - is_bad) ** 2, probability - is_bad

    def measure(weights: Floats) -> Floats:
        ordered = weights[:, order]
        bad = np.add.reduceat(ordered * bad_of, starts, axis=1)
        good = np.add.reduceat(ordered * (1.0 - bad_of), starts, axis=1)
        bads, goods = bad.sum(axis=1), good.sum(axis=1)
        below = np.cumsum(good, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ranked = ((below - good / 2) * bad).sum(axis=1) / (bads * goods)
            distance = np.abs(below / goods[:, None] - np.cumsum(bad, axis=1) / bads[:, None]).max(axis=1)
            total = weights.sum(axis=1)
            return np.column_stack([ranked, distance, weights @ error / total, weights @ over / total])

    return measure


def intervals(probability: Floats, is_bad: Floats, clusters: Clusters, *, seed: int) -> dict[str, list[float] | None]:
    """The 95 % interval of each measure, by resampled retailers.

    KS is a maximum and so too high in small samples, twice so in a resample: its interval is reflected at the figure,
    which takes the excess off again.
    """
    draws = resampled(clusters, weighted_measures(probability, is_bad), seed=seed)
    limits = {name: interval_of(draws[:, column]) for column, name in enumerate(MEASURES)}
    return limits | {"ks": reflected(limits["ks"], ks(probability, is_bad))}


def reflected(interval: list[float] | None, figure: float) -> list[float] | None:
    """An interval mirrored at its figure, not below 0: for figures that noise can only raise."""
    return None if interval is None else [max(0.0, 2 * figure - interval[1]), max(0.0, 2 * figure - interval[0])]


def needed_figure(bar: float, interval: list[float] | None) -> float | None:
    """What a figure must truly be for its low end to pass the bar in four of five samples of this size."""
    return None if interval is None else bar + POWER_Z * (interval[1] - interval[0]) / (2 * 1.96)


def quality(probability: Floats, is_bad: Floats, clusters: Clusters, *, seed: int) -> dict[str, Any]:
    """Figures of a ranking with their intervals and low ends; None for what these rows cannot say."""
    is_measurable = 0 < is_bad.sum() < len(is_bad)
    if not is_measurable:
        figures: dict[str, Any] = dict.fromkeys((*MEASURES, "auroc_low", "ks_low"))
        return {**figures, "intervals": dict.fromkeys(MEASURES)}
    limits = intervals(probability, is_bad, clusters, seed=seed)
    measured = {"auroc": auroc, "ks": ks, "brier": brier, "gap": gap}
    return {
        **{name: measure(probability, is_bad) for name, measure in measured.items()},
        **{f"{name}_low": None if (ends := limits[name]) is None else ends[0] for name in ("auroc", "ks")},
        "intervals": limits,
    }
