"""GR-1 at evaluation: shares of favourable bands per group, their ratio, and what the test rows can say of it."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.fairness import known_group
from altscore_scoring.training.resampling import CONFIDENCE, Clusters, interval_of, resampled

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
NORMAL_REACH = 1.96  # of one pair, and the least of several, also where the resamples of a share never vary
POWER = 0.80  # a model that treats all groups alike passes in four of five samples


class _Group(NamedTuple):
    name: str
    rows: Indices
    retailers: int


def fairness(bands: Sequence[str], groups: Sequence[str | None], clusters: Clusters, *, seed: int) -> dict[str, Any]:
    """The adverse impact ratio over these groups.

    Groups of 30 retailers or more are measured. The ratio of a grouping is judged over those that are large enough for
    a fair model to pass (`needed_retailers`): `low` is the low end of its interval there. `high` is the high end over
    all measured groups: below the bar, some group is treated worse, however few its retailers.
    """
    favoured = np.array([float(band in c.AIR_FAVOURABLE_BANDS) for band in bands])
    measured = _measured(groups, clusters)
    report: dict[str, Any] = {"air": None, "interval_95": None, "low": None, "high": None, "needed_retailers": None}
    if not measured:
        return {**report, "groups": {}}
    draws = _shares(measured, favoured, clusters, seed=seed)
    shares = np.array([favoured[group.rows].mean() for group in measured])
    needed = needed_retailers(float(np.concatenate([favoured[g.rows] for g in measured]).mean()), len(measured))
    is_judged = np.array([needed is not None and group.retailers >= needed for group in measured])
    everyone = np.ones(len(measured), dtype=bool)
    sizes = np.array([float(group.retailers) for group in measured])
    over_all = _interval(shares, draws, sizes, of=everyone)
    over_judged = _interval(shares, draws, sizes, of=is_judged)
    return {
        "air": float(shares.min() / shares.max()) if over_all is not None else None,
        "interval_95": over_all,
        "low": None if over_judged is None else over_judged[0],
        "high": None if over_all is None else over_all[1],
        "needed_retailers": needed,
        "groups": {
            group.name: {
                "rows": len(group.rows),
                "retailers": group.retailers,
                "favourable": float(shares[index]),
                "interval_95": interval_of(draws[:, index]),
                "is_judged": bool(is_judged[index]),
            }
            for index, group in enumerate(measured)
        },
    }


def least_ratio(groupings: Sequence[dict[str, Any]]) -> float | None:
    """The figure that GR-1 holds against its bar: the lowest low end that could be judged, or a breach that is shown.

    None where no grouping has two groups large enough to judge: nothing shows that the model is fair.
    """
    judged = [grouping["low"] for grouping in groupings if grouping["low"] is not None]
    shown = [g["high"] for g in groupings if g["high"] is not None and g["high"] < c.AIR_MIN]
    return min([*judged, *shown]) if judged or shown else None


def needed_retailers(share: float, groups: int) -> int | None:
    """Retailers per group with which a model that treats all groups alike passes in four of five samples.

    Args:
        share: of favourable bands, the same in every group.
        groups: how many; all their pairs are compared.
    """
    if groups < 2 or not share > 0:
        return None
    pairs = groups * (groups - 1) / 2
    normal = NormalDist()
    z = normal.inv_cdf(1 - (1 - CONFIDENCE) / 2 / pairs) + normal.inv_cdf(1 - (1 - POWER) / pairs)
    needed = 2 * (1 - share) / share * (z / -np.log(c.AIR_MIN)) ** 2
    return max(c.AIR_GROUP_MIN_ROWS, int(np.ceil(needed)))


def _measured(groups: Sequence[str | None], clusters: Clusters) -> list[_Group]:
    names = np.array([known_group(group) or "" for group in groups], dtype=str)
    measured = []
    for name in sorted(set(names.tolist()) - {""}):
        rows = np.flatnonzero(names == name)
        retailers = len(np.unique(clusters.of_row[rows]))
        if retailers >= c.AIR_GROUP_MIN_ROWS:
            measured.append(_Group(name, rows, retailers))
    return measured


def _shares(measured: Sequence[_Group], favoured: Floats, clusters: Clusters, *, seed: int) -> Floats:
    rows = np.concatenate([group.rows for group in measured])
    starts = np.cumsum([0, *(len(group.rows) for group in measured[:-1])])
    hits = favoured[rows]

    def measure(weights: Floats) -> Floats:
        drawn = weights[:, rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            shares: Floats = np.add.reduceat(drawn * hits, starts, axis=1) / np.add.reduceat(drawn, starts, axis=1)
        return shares

    return resampled(clusters, measure, seed=seed)


def _interval(shares: Floats, draws: Floats, sizes: Floats, *, of: NDArray[np.bool_]) -> list[float] | None:
    """Interval of lowest over highest share: every pair's log ratio within the same number of standard errors, so many
    that 95 % of the resamples keep all pairs within. A share near 0 or 1 keeps the error of a share a little inside.
    """
    if of.sum() < 2 or not shares[of].max() > 0:
        return None
    shares, sizes = shares[of], sizes[of]
    logs, drawn = (np.log(np.maximum(values, 0.5 / sizes)) for values in (shares, draws[:, of]))
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    errors = _errors_of_pairs(np.cov(drawn, rowvar=False), shares, sizes)
    widest = np.zeros(len(drawn))
    for index in range(len(logs)):
        apart = np.abs((drawn[:, [index]] - drawn) - (logs[index] - logs)) / errors[index]
        widest = np.maximum(widest, apart.max(axis=1))
    others = ~np.eye(len(logs), dtype=bool)
    reach = max(NORMAL_REACH, float(np.quantile(widest, CONFIDENCE))) * errors
    ratios = logs[:, None] - logs[None, :]
    low, high = (ratios - reach)[others].min(), (ratios + reach)[others].min()
    return [float(np.exp(low)), min(1.0, float(np.exp(high)))]


def _errors_of_pairs(covariance: Floats, shares: Floats, sizes: Floats) -> Floats:
    """Standard error of each pair's log ratio; resamples of a group that is all of one kind would show none."""
    inside = (shares * sizes + 2) / (sizes + 4)
    is_at_an_edge = (shares == 0) | (shares == 1)
    own = np.where(is_at_an_edge, (1 - inside) / (inside * (sizes + 4)), np.diag(covariance))
    variances: Floats = own[:, None] + own[None, :] - 2 * covariance
    np.fill_diagonal(variances, 1.0)
    return np.sqrt(np.maximum(variances, 1e-12))
