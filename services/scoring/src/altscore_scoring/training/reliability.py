"""Calibration: whether a PD of eight in a hundred means eight in a hundred, overall and in every decile."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import constants as c
from altscore_scoring.training.resampling import Clusters

Floats = NDArray[np.float64]
BINS = 10
WILSON_Z = 2.576  # 99 %: ten bins are looked at together


def wilson(bad: float, rows: float) -> tuple[float, float]:
    """Wilson interval of an observed share at 99 %."""
    share, z = bad / rows, WILSON_Z
    middle = share + z * z / (2 * rows)
    spread = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return float((middle - spread) / (1 + z * z / rows)), float((middle + spread) / (1 + z * z / rows))


def design_effect(is_bad: Floats, clusters: Clusters) -> float:
    """By how much the variance of a share grows because a retailer's rows are alike; 1 at least."""
    share, rows = float(is_bad.mean()), len(is_bad)
    independent = share * (1 - share) / rows
    if clusters.count < 2 or independent == 0:
        return 1.0
    excess = np.bincount(clusters.of_row, weights=is_bad - share, minlength=clusters.count)
    clustered = float((excess**2).sum()) / rows**2 * clusters.count / (clusters.count - 1)
    return max(1.0, clustered / independent)


def calibration_table(probability: Floats, is_bad: Floats, clusters: Clusters) -> list[dict[str, float]]:
    """Ten bins of equal size: mean PD, observed share, its interval, and by how much the PD leaves that interval.

    The interval is Wilson's for as many independent rows as the bin is worth.
    """
    table = []
    for rows in np.array_split(np.argsort(probability, kind="stable"), BINS):
        if not len(rows):
            continue
        own = clusters.take(rows)
        effect = design_effect(is_bad[rows], own)
        low, high = wilson(float(is_bad[rows].sum()) / effect, len(rows) / effect)
        mean = float(probability[rows].mean())
        table.append(
            {
                "rows": float(len(rows)),
                "retailers": float(own.count),
                "mean_pd": mean,
                "observed": float(is_bad[rows].mean()),
                "low": low,
                "high": high,
                "beyond": max(0.0, low - mean, mean - high),
            }
        )
    return table


def is_calibrated(gap: Sequence[float] | None, table: Sequence[Mapping[str, float]]) -> bool:
    """Decision 52 at its conservative end: the mean PD is within ±2 points of the observed share wherever in its
    interval the difference lies, and no decile's mean PD is more than 2 points outside the interval of its share.

    A decile holds a tenth of the rows, too few to show ±2 points by itself; it can only be shown to be off.
    """
    if gap is None:
        return False
    return max(abs(gap[0]), abs(gap[1])) <= c.CALIBRATION_POINTS_MAX and not _is_a_bin_off(table)


def is_shown_off(gap: Sequence[float] | None, table: Sequence[Mapping[str, float]]) -> bool:
    """Whether the rows show that the PD is off by more than 2 points: the whole interval, or a decile, lies beyond."""
    if gap is not None and max(gap[0], -gap[1]) > c.CALIBRATION_POINTS_MAX:
        return True
    return _is_a_bin_off(table)


def _is_a_bin_off(table: Sequence[Mapping[str, float]]) -> bool:
    return max(row["beyond"] for row in table) > c.CALIBRATION_POINTS_MAX if table else False
