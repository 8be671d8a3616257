"""Measures of a credit model: ranking and error by scikit-learn, calibration bins and fairness by the decisions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sklearn.metrics
from numpy.typing import NDArray

from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c

Floats = NDArray[np.float64]
CALIBRATION_BINS = 10
WILSON_Z = 2.576  # 99 %: ten bins are looked at together
BOOTSTRAP_ROUNDS = 200


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


def wilson(bad: int, rows: int) -> tuple[float, float]:
    """Wilson interval of an observed share at 99 %."""
    share, z = bad / rows, WILSON_Z
    middle = share + z * z / (2 * rows)
    spread = z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return float((middle - spread) / (1 + z * z / rows)), float((middle + spread) / (1 + z * z / rows))


def calibration_table(probability: Floats, is_bad: Floats) -> list[dict[str, float]]:
    """Ten bins of equal size: mean PD, observed share, its interval, and by how much the PD leaves that interval."""
    table = []
    for lines in np.array_split(np.argsort(probability, kind="stable"), CALIBRATION_BINS):
        if not len(lines):
            continue
        low, high = wilson(int(is_bad[lines].sum()), len(lines))
        mean = float(probability[lines].mean())
        table.append(
            {
                "rows": float(len(lines)),
                "mean_pd": mean,
                "observed": float(is_bad[lines].mean()),
                "low": low,
                "high": high,
                "beyond": max(0.0, low - mean, mean - high),
            }
        )
    return table


def is_calibrated(probability: Floats, is_bad: Floats) -> bool:
    """Decision 52, read with the noise of finite bins: the overall PD within ±2 points of the observed
    share, and no bin whose mean PD lies more than 2 points outside the interval of its observed share.
    """
    overall = abs(float(probability.mean() - is_bad.mean()))
    worst = max(row["beyond"] for row in calibration_table(probability, is_bad))
    return overall <= c.CALIBRATION_POINTS_MAX and worst <= c.CALIBRATION_POINTS_MAX


def fairness(bands: Sequence[str], groups: Sequence[str | None], *, seed: int) -> dict[str, Any]:
    """AIR over these groups, its 95 % bootstrap interval, and the favourable share of each group large enough."""
    generator = np.random.default_rng(seed)
    band_of, group_of = np.array(bands, dtype=object), np.array(groups, dtype=object)
    draws = []
    for _ in range(BOOTSTRAP_ROUNDS):
        lines = generator.integers(0, len(band_of), len(band_of))
        ratio = checks.adverse_impact_ratio(band_of[lines].tolist(), group_of[lines].tolist())
        draws += [] if ratio is None else [ratio]
    interval = [float(value) for value in np.quantile(draws, [0.025, 0.975])] if draws else None
    shares = {}
    for group in sorted({item for item in groups if item is not None}):
        lines = np.flatnonzero(group_of == group)
        if len(lines) >= c.AIR_GROUP_MIN_ROWS:
            favourable = [band in c.AIR_FAVOURABLE_BANDS for band in band_of[lines]]
            shares[group] = {"rows": len(lines), "favourable": float(np.mean(favourable))}
    return {"air": checks.adverse_impact_ratio(bands, groups), "interval_95": interval, "groups": shares}
