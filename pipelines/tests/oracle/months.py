"""Purchases of the twelve full calendar months before each account's month, net of returns."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from oracle.settlement import AccountState

MONTHS = 12
FESTIVE = (10, 11)


@dataclass(frozen=True)
class Months:
    """Of one retailer, month 0 the oldest.

    Attributes:
        net: paise per month, never below 0.
        net_6m: of the last six together, never below 0.
        festive: of `net`, what October and November bought.
        bought_6m: months of the last six with an invoice.
        observed: months since the first invoice, 1 to 12.
    """

    net: tuple[int, ...]
    net_6m: int
    festive: int
    bought_6m: int
    observed: int


def month_number(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month


def months_of(states: Sequence[AccountState]) -> Months | None:
    """None for a retailer without invoices and returns.

    A credit note lowers its month even where it wrote off a debt.
    ."""
    raw: dict[int, int] = defaultdict(int)
    invoices: dict[int, int] = defaultdict(int)
    festive: dict[int, int] = defaultdict(int)
    for state in states:
        last = month_number(state.account.now) - MONTHS
        for settled in state.invoices:
            place = month_number(settled.invoice.on) - last
            raw[place] += settled.capped
            festive[place] += settled.capped * (settled.invoice.on.month in FESTIVE)
            invoices[place] += 1
        for returned in state.account.returns:
            place = month_number(returned.on) - last
            raw[place] -= returned.paise
            festive[place] -= returned.paise * (returned.on.month in FESTIVE)
    if not raw:
        return None
    net = tuple(max(raw[place], 0) for place in range(MONTHS))
    return Months(
        net=net,
        net_6m=max(sum(raw[place] for place in range(6, MONTHS)), 0),
        festive=sum(min(max(festive[place], 0), net[place]) for place in range(MONTHS)),
        bought_6m=sum(1 for place in range(6, MONTHS) if invoices[place]),
        observed=min(MONTHS, max(1, MONTHS - min((place for place in invoices if invoices[place]), default=MONTHS))),
    )
