"""A Paid column says how much of an invoice is paid by now; its growth from file to file is the part payments."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class PartPayment:
    """One part payment: rupees above zero, and its day."""

    amount_inr: Decimal
    on: date


def next_parts(
    parts: tuple[PartPayment, ...], *, paid_inr: Decimal, paid_on: date | None, file_on: date
) -> tuple[PartPayment, ...]:
    """The part payments after one more file.

    Growth is a new part payment: on the row's own date where that is later than the last one's, else on the file's
    day. An amount that shrank withdraws the latest parts first. What stays keeps its days, except that a date in
    the row corrects that of the last part.

    Args:
        parts: those known so far, oldest first.
        paid_inr: what the row says is paid by now, rupees, not negative.
        paid_on: the date in the row, None without one.
        file_on: the day in India on which the file was written.
    """
    known = sum((part.amount_inr for part in parts), Decimal(0))
    if paid_inr > known:
        return (*parts, PartPayment(paid_inr - known, _day_of_growth(parts, paid_on, file_on)))
    if paid_inr < known:
        parts = _shrunk(parts, paid_inr)
    if parts and paid_on is not None and all(part.on < paid_on for part in parts[:-1]):
        return (*parts[:-1], PartPayment(parts[-1].amount_inr, paid_on))
    return parts


def _day_of_growth(parts: tuple[PartPayment, ...], paid_on: date | None, file_on: date) -> date:
    if paid_on is not None and (not parts or paid_on > parts[-1].on):
        return paid_on
    return max(file_on, parts[-1].on) if parts else file_on


def _shrunk(parts: tuple[PartPayment, ...], paid_inr: Decimal) -> tuple[PartPayment, ...]:
    kept: list[PartPayment] = []
    rest = paid_inr
    for part in parts:
        if rest > 0:
            kept.append(PartPayment(min(part.amount_inr, rest), part.on))
            rest -= kept[-1].amount_inr
    return tuple(kept)
