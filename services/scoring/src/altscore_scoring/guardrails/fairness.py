"""GR-1 with its noise: which adverse impact ratio a handful of rows per group still allows."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import constants as c

Floats = NDArray[np.float64]
CONFIDENCE = 0.95
UNKNOWN = frozenset({"", "unknown", "not known", "n/a", "na", "none", "-"})


class Group(NamedTuple):
    """One group of retailers that is large enough to measure."""

    name: str
    rows: int
    favourable: int


def known_group(group: str | None) -> str | None:
    """The group, or None where nobody knows it: what is not known is no group."""
    return None if group is None or group.strip().casefold() in UNKNOWN else group


def groups_of(bands: Sequence[str], groups: Sequence[str | None]) -> list[Group]:
    """The groups of 30 rows or more, by name, and how many of their rows are favoured."""
    hits: dict[str, list[bool]] = {}
    for band, group in zip(bands, groups, strict=True):
        name = known_group(group)
        if name is not None:
            hits.setdefault(name, []).append(band in c.AIR_FAVOURABLE_BANDS)
    return [
        Group(name, len(favoured), sum(favoured))
        for name, favoured in sorted(hits.items())
        if len(favoured) >= c.AIR_GROUP_MIN_ROWS
    ]


def allowed_ratio(bands: Sequence[str], groups: Sequence[str | None]) -> float | None:
    """The highest adverse impact ratio that the rows still allow, at 95 % over all pairs of groups; 1 at most.

    A lowest share over a highest one is small by chance alone where groups are many and small. Below the bar of GR-1
    this figure says that some group is treated worse than four fifths of another, and in at most a twentieth of all
    honest runs it says so wrongly (Wilson limits, joined per pair in quadrature, corrected for the number of pairs).

    Returns:
        None with fewer than two groups of 30 rows, or where nobody is favoured.
    """
    measured = groups_of(bands, groups)
    if len(measured) < 2 or not any(group.favourable for group in measured):
        return None
    rows = np.array([group.rows for group in measured], dtype=float)
    favourable = np.array([group.favourable for group in measured], dtype=float)
    z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / (len(measured) * (len(measured) - 1)))
    shares = np.maximum(favourable, 0.5) / rows
    low, high = _wilson(favourable / rows, rows, z)
    above = np.log(np.maximum(high, shares)) - np.log(shares)
    below = np.log(shares) - np.log(np.maximum(np.minimum(low, shares), 1e-9))
    ratios = np.log(shares)[:, None] - np.log(shares)[None, :] + np.hypot(above[:, None], below[None, :])
    np.fill_diagonal(ratios, np.inf)
    return min(1.0, float(np.exp(ratios.min())))


def _wilson(shares: Floats, rows: Floats, z: float) -> tuple[Floats, Floats]:
    middle = shares + z * z / (2 * rows)
    spread = z * np.sqrt(shares * (1 - shares) / rows + z * z / (4 * rows * rows))
    low: Floats = (middle - spread) / (1 + z * z / rows)
    high: Floats = (middle + spread) / (1 + z * z / rows)
    return low, high
