"""Guardrail GR-5 (decision 68)."""

from collections.abc import Sequence
from fractions import Fraction

from oracle.months import Months
from oracle.numbers import Number, ratio
from oracle.rules import YEAR
from oracle.settlement import AccountState

_DUE_DATE = {"stated": Fraction(1), "default": Fraction(1, 2), "assumed": Fraction(0)}
_METHOD = {"named": Fraction(1), "fifo": Fraction(4, 5)}


def completeness(states: Sequence[AccountState], months: Months | None, *, is_verified: bool) -> Fraction:
    """0 to 100; a share of nothing is 0."""
    dates = [_DUE_DATE[entry.invoice.due_source] for state in states for entry in state.invoices if entry.age <= YEAR]
    received, allocated = 0, Fraction(0)
    for state in states:
        counted = {
            (payment.key, payment.line): payment.paise
            for payment in state.account.payments
            if not payment.is_bounced and state.account.age(payment.on) <= YEAR
        }
        received += sum(counted.values())
        for part in state.allocations:
            if part.source == "payment" and (part.key, part.line) in counted:
                allocated += _METHOD[part.method] * part.paise
    bought = Fraction(0 if months is None else months.bought_6m, 6)
    return 40 * bought + 25 * _share(sum(dates), len(dates)) + 25 * _share(allocated, received) + 10 * is_verified


def _share(part: Number, whole: Number) -> Fraction:
    return ratio(part, whole) or Fraction(0)
