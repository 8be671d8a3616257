"""What happened after a snapshot, seen from the end of the ledgers; for training alone."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from oracle.rules import LABEL_DAYS
from oracle.settlement import AccountState, Settled

Label = tuple[int, int | None]
MONTHS = 3


def labels_at(snapshot: date, final: Mapping[str, Sequence[AccountState]]) -> dict[str, Label]:
    """How many invoices of the three months after the snapshot there are, and whether it ended badly; by retailer.

    Args:
        snapshot: first instant that the features do not know.
        final: accounts at the end of the ledgers.
    """
    until = months_later(snapshot, MONTHS)
    labels = {}
    for retailer, states in final.items():
        invoices = [settled for state in states for settled in state.invoices]
        bought = [settled for settled in invoices if snapshot <= settled.invoice.on < until]
        owed = [settled for settled in invoices if settled.invoice.on < snapshot and _was_open(settled, snapshot)]
        if bought or owed:
            labels[retailer] = (len(bought), _outcome(bought or owed, snapshot))
    return labels


def _was_open(settled: Settled, snapshot: date) -> bool:
    """Whether any of it was open on the snapshot, as the credits turned out to be allocated."""
    return settled.open > 0 or any(part.allocated_on >= snapshot for part in settled.parts)


def _outcome(invoices: Sequence[Settled], snapshot: date) -> int | None:
    """None where an invoice may still end badly, or be issued, after the end of its ledger."""
    if any(_is_unseen(settled, snapshot) for settled in invoices):
        return None
    return int(any(_is_bad(settled, snapshot) for settled in invoices))


def _is_unseen(settled: Settled, snapshot: date) -> bool:
    now = settled.account.now
    return _term(settled, snapshot) >= now or months_later(snapshot, MONTHS) > now


def _term(settled: Settled, snapshot: date) -> date:
    """The day on which an unpaid invoice becomes bad; what was due before the snapshot has as long from there."""
    return max(settled.due_on, snapshot) + timedelta(days=LABEL_DAYS)


def _is_bad(settled: Settled, snapshot: date) -> bool:
    if any(part.allocated_on >= snapshot for part in settled.write_offs):
        return True
    payments = [part.allocated_on for part in settled.parts if part.source == "payment"]
    return settled.open > 0 or max(payments, default=snapshot) >= _term(settled, snapshot)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
