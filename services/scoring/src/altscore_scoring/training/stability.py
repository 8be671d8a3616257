"""How far the test's population lies from the training's, and how the model holds from snapshot to snapshot."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c
from altscore_scoring.model.bundle import PsiBins
from altscore_scoring.training import metrics
from altscore_scoring.training.resampling import Clusters, interval_of, resampled

Floats = NDArray[np.float64]


def population_shift(margins: Floats, bins: PsiBins, clusters: Clusters, *, seed: int) -> dict[str, Any]:
    """PSI of these margins against the training bins, with its interval; reflected, since noise only raises a PSI."""
    figure = checks.population_stability_index(margins, bins.edges, bins.shares)
    if figure is None:
        return {"psi": None, "interval_95": None}
    expected = np.maximum(np.asarray(bins.shares, dtype=float), c.PSI_SHARE_FLOOR)
    bin_of = np.searchsorted(bins.edges, margins, side="right")
    membership = (bin_of[:, None] == np.arange(len(expected))).astype(float)

    def measure(weights: Floats) -> Floats:
        counts = weights @ membership
        actual = np.maximum(counts / counts.sum(axis=1, keepdims=True), c.PSI_SHARE_FLOOR)
        shifts: Floats = ((actual - expected) * np.log(actual / expected)).sum(axis=1)
        return shifts

    draws = resampled(clusters, measure, seed=seed)
    return {"psi": figure, "interval_95": metrics.reflected(interval_of(draws), figure)}


def by_snapshot(days: Sequence[str], pds: Floats, is_bad: Floats) -> list[dict[str, Any]]:
    """Rows, AUROC, mean PD and observed share of each snapshot of the test."""
    each = np.array(days)
    table = []
    for day in sorted(set(days)):
        rows = np.flatnonzero(each == day)
        is_measurable = 0 < is_bad[rows].sum() < len(rows)
        table.append(
            {
                "snapshot_on": day,
                "rows": len(rows),
                "auroc": metrics.auroc(pds[rows], is_bad[rows]) if is_measurable else None,
                "mean_pd": float(pds[rows].mean()),
                "observed": float(is_bad[rows].mean()),
            }
        )
    return table
