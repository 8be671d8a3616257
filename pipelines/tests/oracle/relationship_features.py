"""Family relationship: how long, with how many, on what terms."""

from collections import defaultdict
from collections.abc import Sequence

from oracle.months import month_number
from oracle.numbers import difference, mean, ratio
from oracle.payment_features import Features
from oracle.rules import RECENT, YEAR
from oracle.settlement import AccountState


def relationship_features(states: Sequence[AccountState]) -> Features:
    """Terms that nobody agreed say nothing about credit."""
    invoices = [settled for state in states for settled in state.invoices]
    of_year = [settled for settled in invoices if settled.age <= YEAR]
    agreed = [
        (settled.age, (settled.due_on - settled.invoice.on).days)
        for settled in of_year
        if settled.invoice.due_source != "assumed"
    ]
    shares: dict[str, int] = defaultdict(int)
    for settled in of_year:
        shares[settled.account.distributor] += settled.capped
    recent, before = ([days for age, days in agreed if (age <= RECENT) == is_recent] for is_recent in (True, False))
    return {
        "tenure_days": max((settled.age for settled in invoices), default=None),
        "months_history": max((_whole_months(state) for state in states), default=0),
        "active_distributors_count": len(shares),
        "largest_distributor_share": ratio(max(shares.values(), default=None), sum(shares.values())),
        "credit_days_mean": mean([days for _, days in agreed]),
        "credit_days_trend": difference(mean(recent), mean(before)),
    }


def _whole_months(state: AccountState) -> int:
    """Since the account's first invoice: 10 December to 1 June are five."""
    if not state.invoices:
        return 0
    first, now = min(settled.invoice.on for settled in state.invoices), state.account.now
    return month_number(now) - month_number(first) - (now.day < first.day)
