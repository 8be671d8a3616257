"""The guardrails themselves: pure functions over one retailer's values or one run's distribution."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import constants as c

Floats = NDArray[np.float64]
Route = Literal["primary", "croston"]
POINTS_PER_LOG_ODDS = c.SCORE_POINTS_TO_DOUBLE_ODDS / math.log(2)  # a point is 0.01386 of the log-odds of the PD
_MONTHS = Decimal(6)


class Guardrail(NamedTuple):
    """What a guardrail did to a score that is served all the same."""

    id: str
    action: Literal["capped", "flagged", "blocked"]
    reason: str


class Reason(NamedTuple):
    """One reason code; `rank` 1 moved the score most, those chosen by distance come last."""

    code: str
    direction: Literal["positive", "negative"]
    rank: int


@dataclass(frozen=True)
class Limit:
    """A recommended limit, and the ceiling of GR-4 that cut it, if any."""

    amount_inr: int
    cap: str | None


def rounded_pd(probability: float) -> Decimal:
    """A calibrated PD as it is signed: four decimals, within [0.0001, 0.9999].

    Raises:
        ValueError: not a probability; the caller blocks.
    """
    if not 0.0 <= probability <= 1.0:
        raise ValueError("a probability lies between 0 and 1")
    rounded = Decimal(repr(float(probability))).quantize(c.PD_STEP, rounding=ROUND_HALF_EVEN)
    return min(max(rounded, c.PD_MIN), c.PD_MAX)


def altscore(pd: Decimal) -> int:
    """Score of a PD (decision 53): 50 points double the odds, 550 at even odds, clipped to 300..900."""
    odds = float((1 - pd) / pd)
    points = c.SCORE_AT_EVEN_ODDS + POINTS_PER_LOG_ODDS * math.log(odds)
    return min(max(round(points), c.SCORE_MIN), c.SCORE_MAX)


def risk_band(pd: Decimal) -> str:
    """Band of a PD: A below 0.05, B below 0.12, C below 0.25, D otherwise."""
    return next((band for band, upper in c.BAND_PD_BELOW if pd < upper), c.BAND_WORST)


def affordability_ceiling_inr(gmv_6m_inr: Decimal) -> Decimal:
    """Highest limit a retailer may be recommended (GR-4): 30 % of six months' GMV; nothing when returns exceed it."""
    return max(gmv_6m_inr, Decimal(0)) * c.AFFORDABILITY_SHARE_OF_GMV_6M


def debt_headroom_inr(gmv_6m_inr: Decimal, exposure_inr: Decimal) -> Decimal:
    """What a retailer can owe beyond the open dues (GR-4): together at most half of six months' GMV, never negative."""
    return max(gmv_6m_inr * c.LIMIT_AND_DUES_SHARE_OF_GMV_6M - exposure_inr, Decimal(0))


def recommended_limit(band: str, gmv_6m_inr: Decimal, exposure_inr: Decimal) -> Limit:
    """Limit of decision 69 under the ceilings of GR-4, rupees, rounded down to a whole thousand.

    Args:
        band: of the rounded PD.
        gmv_6m_inr: purchases of the last six full months net of returns.
        exposure_inr: what is open with the distributors, due or not.

    Raises:
        ValueError: an unknown band, or a GMV or exposure that is not finite; the caller blocks.
    """
    if band not in c.LIMIT_BAND_FACTOR or not (gmv_6m_inr.is_finite() and exposure_inr.is_finite()):
        raise ValueError("a limit needs a known band, a finite GMV and finite dues")
    amount = c.LIMIT_MONTHS_OF_GMV * c.LIMIT_BAND_FACTOR[band] * max(gmv_6m_inr, Decimal(0)) / _MONTHS
    ceilings = {
        "affordability_ceiling": affordability_ceiling_inr(gmv_6m_inr),
        "open_dues": debt_headroom_inr(gmv_6m_inr, exposure_inr),
        "absolute_ceiling": c.LIMIT_MAX_INR,
    }
    cap = min(ceilings, key=lambda name: ceilings[name])
    steps = (min(amount, ceilings[cap]) / c.LIMIT_STEP_INR).to_integral_value(rounding=ROUND_FLOOR)
    return Limit(int(steps) * c.LIMIT_STEP_INR, cap=cap if amount > ceilings[cap] else None)


def is_completeness_blocked(completeness: float) -> bool:
    """GR-5: below 50 there is no score; an unknown completeness counts as none."""
    return not completeness >= c.COMPLETENESS_BLOCK_BELOW


def is_low_confidence(completeness: float) -> bool:
    """GR-5: from 50 to below 70 the score says that its data are thin."""
    return not completeness >= c.COMPLETENESS_CONFIDENT_FROM


def is_ledger_late(late_days: float) -> bool:
    """GR-5: the oldest ledger that the score rests on ends more than a day before the run's snapshot."""
    return late_days > c.LEDGER_LATE_DAYS_FLAGGED_ABOVE


def is_ledger_too_late_to_trust(late_days: float) -> bool:
    """GR-5: more than fourteen days before it, the score has low confidence."""
    return late_days > c.LEDGER_LATE_DAYS_CONFIDENT_MAX


def route(months_history: float, invoices_6m: float, interval_months: float, completeness: float) -> Route:
    """Which model scores a retailer: young, sparse or thinly documented ledgers take the Croston route (decision 52).

    Args:
        months_history: whole months since the first invoice.
        invoices_6m: invoices of the last six months.
        interval_months: Croston's smoothed months between months of demand.
        completeness: 0 to 100.

    An unknown value counts against the primary model.
    """
    is_primary = (
        months_history >= c.PRIMARY_MONTHS_HISTORY_MIN
        and invoices_6m >= c.PRIMARY_INVOICES_6M_MIN
        and interval_months <= c.PRIMARY_DEMAND_INTERVAL_MAX_MONTHS
        and completeness >= c.COMPLETENESS_CONFIDENT_FROM
    )
    return "primary" if is_primary else "croston"


def population_stability_index(margins: Floats, edges: Sequence[float], shares: Sequence[float]) -> float | None:
    """GR-6: PSI of a run's margins against the training bins; None when too few rows to say.

    Args:
        margins: the run's margins of the primary model.
        edges: inner bin edges, ascending, one fewer than `shares`.
        shares: expected share of rows per bin.
    """
    if len(margins) < c.PSI_ROWS_MIN or not np.isfinite(margins).all():
        return None
    counts = np.bincount(np.searchsorted(edges, margins, side="right"), minlength=len(shares))
    actual = np.maximum(counts / len(margins), c.PSI_SHARE_FLOOR)
    expected = np.maximum(np.asarray(shares, dtype=float), c.PSI_SHARE_FLOOR)
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def adverse_impact_ratio(bands: Sequence[str], groups: Sequence[str | None]) -> float | None:
    """GR-1: lowest share of favourable bands over the highest, among groups of 30 or more; None when under two."""
    favourable: dict[str, list[bool]] = {}
    for band, group in zip(bands, groups, strict=True):
        if group is not None:
            favourable.setdefault(group, []).append(band in c.AIR_FAVOURABLE_BANDS)
    rates = [sum(hits) / len(hits) for hits in favourable.values() if len(hits) >= c.AIR_GROUP_MIN_ROWS]
    if len(rates) < 2 or max(rates) == 0:
        return None
    return min(rates) / max(rates)
