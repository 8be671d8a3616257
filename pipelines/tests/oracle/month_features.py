"""Families trajectory and seasonal: months of net purchases, and Croston's method over them."""

from fractions import Fraction

from oracle.months import MONTHS, Months
from oracle.numbers import deviation_ratio, ratio, slope_ratio
from oracle.payment_features import Features

ALPHA = Fraction(1, 5)


def month_features(months: Months | None) -> Features:
    """Only the observed months count."""
    if months is None:
        return dict.fromkeys(month_features(_NO_MONTHS)) | {"active_months": 0}
    total, first = sum(months.net), MONTHS - months.observed
    active = sum(paise > 0 for paise in months.net)
    gmv_3m, gmv_3m_before = sum(months.net[9:]), sum(months.net[6:9])
    per_active = ratio(total, 100 * active)
    return {
        "gmv_3m_inr": Fraction(gmv_3m, 100),
        "gmv_6m_monthly_inr": Fraction(months.net_6m, 600),
        "gmv_12m_inr": Fraction(total, 100),
        "gmv_per_active_month_inr": per_active,
        "gmv_growth_ratio": ratio(gmv_3m, gmv_3m_before),
        "gmv_slope_ratio": slope_ratio([(place, months.net[place]) for place in range(first, MONTHS)], per=1),
        "gmv_cv": deviation_ratio(months.net[first:], is_sample=False),
        "active_months": active,
        "active_month_ratio": ratio(active, months.observed),
        "peak_month_index": ratio(max(months.net) * months.observed, total),
        "festive_share": ratio(months.festive, total) if months.observed == MONTHS else None,
        **_croston(months),
    }


def _croston(months: Months) -> Features:
    """Size and interval of demand, smoothed where there is demand; Syntetos and Boylan's correction."""
    size: Fraction | None = None
    interval: Fraction | None = None
    since = 0
    for paise in months.net[MONTHS - months.observed :]:
        since += 1
        if paise:
            size = Fraction(paise) if size is None else size + ALPHA * (paise - size)
            interval = Fraction(since) if interval is None else interval + ALPHA * (since - interval)
            since = 0
    rate = None if size is None or interval is None else (1 - ALPHA / 2) * size / interval / 100
    return {
        "croston_interval_months": interval,
        "croston_size_inr": None if size is None else size / 100,
        "croston_rate_inr": rate,
    }


_NO_MONTHS = Months(net=(0,) * MONTHS, net_6m=0, festive=0, bought_6m=0, observed=1)
