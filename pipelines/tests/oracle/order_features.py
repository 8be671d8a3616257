"""Family order: how a retailer orders."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from oracle.numbers import deviation_ratio, mean, ratio, root, slope_ratio, variance
from oracle.payment_features import Features
from oracle.returns import returned_paise
from oracle.rules import HALF_YEAR, QUARTER, YEAR
from oracle.settlement import AccountState, Settled

PER_DAYS = 30


def order_features(states: Sequence[AccountState]) -> Features:
    """Invoices of the last 365 days; recency looks at all of them."""
    every = [settled for state in states for settled in state.invoices]
    invoices = [settled for settled in every if settled.age <= YEAR]
    recency = min((settled.age for settled in every), default=None)
    billed = {(settled.account.distributor, settled.invoice.on): settled.age for settled in invoices}
    return {
        "invoices_3m": sum(settled.age <= QUARTER for settled in invoices),
        "invoices_6m": sum(settled.age <= HALF_YEAR for settled in invoices),
        "invoices_12m": len(invoices),
        "order_days_3m": sum(age <= QUARTER for age in billed.values()),
        "order_days_6m": sum(age <= HALF_YEAR for age in billed.values()),
        "order_days_12m": len(billed),
        "recency_days": recency,
        **_gaps(invoices),
        **_baskets(invoices),
        **_returns(states, invoices),
    }


def _gaps(invoices: Sequence[Settled]) -> Features:
    days = sorted({settled.invoice.on for settled in invoices})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return {
        "gap_mean_days": mean(gaps),
        "gap_std_days": root(variance(gaps, is_sample=True)),
        "gap_max_days": max(gaps, default=None),
        "cadence_cv": deviation_ratio(gaps),
    }


def _baskets(invoices: Sequence[Settled]) -> Features:
    amounts = [settled.capped for settled in invoices]
    lines = [
        (-settled.age, settled.invoice.line_count) for settled in invoices if settled.invoice.line_count is not None
    ]
    categories = {settled.invoice.sku_category for settled in invoices} - {None}
    average = mean(amounts)
    return {
        "basket_mean_inr": None if average is None else average / 100,
        "basket_cv": deviation_ratio(amounts),
        "basket_slope_ratio": slope_ratio([(-settled.age, settled.capped) for settled in invoices], per=PER_DAYS),
        "lines_mean": mean([count for _, count in lines]),
        "lines_slope_ratio": slope_ratio(lines, per=PER_DAYS),
        "sku_category_count": len(categories) or None,
    }


def _returns(states: Sequence[AccountState], invoices: Sequence[Settled]) -> Features:
    returned = [
        returned_paise(state, entry)
        for state in states
        for entry in state.account.returns
        if state.account.age(entry.on) <= YEAR
    ]
    rate: Fraction | None = ratio(sum(returned), sum(settled.capped for settled in invoices))
    return {
        "return_rate": rate,
        "return_count_ratio": ratio(sum(paise > 0 for paise in returned), len(invoices)),
    }
