"""What a test says of a model's rows: ranking, calibration and the curves that people look at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c
from altscore_scoring.training import metrics
from altscore_scoring.training.reliability import calibration_table, is_calibrated, is_shown_off
from altscore_scoring.training.resampling import Clusters

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
HISTOGRAM_EDGES = list(range(c.SCORE_MIN, c.SCORE_MAX + 1, 30))
CURVE_SCORES = range(c.SCORE_MIN, c.SCORE_MAX + 1, 6)
CURVE_POINTS = 101
CHANCE = {"false": [0.0, 1.0], "true": [0.0, 1.0]}
# Narrow where most retailers are; the bounds of the bands are among them.
PD_EDGES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5, 0.7, 1.0)


@dataclass(frozen=True)
class ScoredRows:
    """Rows that a model answered, and what became of them.

    Attributes:
        is_bad: the label.
        pds: the model's probability of default.
        margins: its log-odds before calibration.
        days: snapshot of each row; empty where the data have no time.
        clusters: whose rows they are.
        seed: of every resample.
    """

    is_bad: Floats
    pds: Floats
    margins: Floats
    days: tuple[str, ...]
    clusters: Clusters
    seed: int

    def take(self, rows: Indices) -> "ScoredRows":
        """These rows alone."""
        return ScoredRows(
            is_bad=self.is_bad[rows],
            pds=self.pds[rows],
            margins=self.margins[rows],
            days=tuple(self.days[row] for row in rows) if self.days else (),
            clusters=self.clusters.take(rows),
            seed=self.seed,
        )


def route_figures(test: ScoredRows) -> dict[str, Any]:
    """Ranking and calibration of one route's rows, and how much these rows can say."""
    pds, is_bad = test.pds, test.is_bad
    table = calibration_table(pds, is_bad, test.clusters)
    figures = metrics.quality(pds, is_bad, test.clusters, seed=test.seed)
    return {
        **_counts(is_bad, test.clusters),
        **figures,
        "mean_pd": float(pds.mean()) if len(pds) else None,
        "observed": float(is_bad.mean()) if len(pds) else None,
        "calibration": table,
        "is_calibrated": is_calibrated(figures["intervals"]["gap"], table),
        "is_shown_off": is_shown_off(figures["intervals"]["gap"], table),
        "roc": roc_points(pds, is_bad),
        "ks_curve": ks_points(pds, is_bad),
    }


def headline_figures(test: ScoredRows) -> dict[str, Any]:
    """The figures at the top of a report, with the true values that pass their bars in four of five samples."""
    route = route_figures(test)
    limits = route["intervals"]
    power = {
        "auroc": metrics.needed_figure(c.AUROC_MIN, limits["auroc"]),
        "ks": metrics.needed_figure(c.KS_MIN, limits["ks"]),
    }
    return {**route, "power": power}


def roc_points(pds: Floats, is_bad: Floats) -> dict[str, list[float]]:
    """False and true positive shares at up to 101 thresholds; the diagonal where there is one class only."""
    if not 0 < is_bad.sum() < len(is_bad):
        return CHANCE
    false, true = metrics.roc_curve(pds, is_bad)
    shown = np.unique(np.linspace(0, len(false) - 1, CURVE_POINTS).astype(int))
    return {"false": false[shown].tolist(), "true": true[shown].tolist()}


def ks_points(pds: Floats, is_bad: Floats) -> dict[str, list[float]]:
    """Shares of good and of bad rows with at most each score; nothing where there is one class only."""
    if not 0 < is_bad.sum() < len(is_bad):
        return {"scores": [], "good": [], "bad": []}
    scores, grid = altscores(pds), np.array(CURVE_SCORES)
    shares = {}
    for name, kind in (("good", 0.0), ("bad", 1.0)):
        own = np.sort(scores[is_bad == kind])
        shares[name] = (np.searchsorted(own, grid, side="right") / len(own)).tolist()
    return {"scores": [float(score) for score in grid], **shares}


def score_histogram(pds: Floats) -> dict[str, Any]:
    """Rows per thirty points of the scale, and per band."""
    counts, _ = np.histogram(altscores(pds), bins=HISTOGRAM_EDGES)
    bands = Counter(checks.risk_band(checks.rounded_pd(pd)) for pd in pds)
    return {"edges": HISTOGRAM_EDGES, "counts": counts.tolist(), "bands": dict(sorted(bands.items()))}


def pd_histogram(pds: Floats, is_bad: Floats) -> dict[str, Any]:
    """Good and bad rows per range of the PD."""
    counted = {
        name: np.histogram(pds[is_bad == kind], bins=PD_EDGES)[0].tolist() for name, kind in (("good", 0), ("bad", 1))
    }
    return {"edges": list(PD_EDGES), **counted}


def psi_shares(margins: Floats, edges: Sequence[float], expected: Sequence[float]) -> dict[str, list[float]]:
    """The share of training rows and of these rows in each bin of the PSI."""
    counts = np.bincount(np.searchsorted(edges, margins, side="right"), minlength=len(expected))
    return {"expected": list(expected), "actual": (counts / max(1, len(margins))).tolist()}


def altscores(pds: Floats) -> Indices:
    """The score of each PD."""
    return np.array([checks.altscore(checks.rounded_pd(pd)) for pd in pds], dtype=np.int64)


def _counts(is_bad: Floats, clusters: Clusters) -> dict[str, int]:
    return {
        "rows": len(is_bad),
        "retailers": clusters.count,
        "bad_retailers": clusters.having(is_bad == 1),
        "good_retailers": clusters.having(is_bad == 0),
    }
