"""Bounds of a batch (decision 86): whatever lies within them, every later stage can hold and compute with.

The lake relies on exactly these bounds. A record outside them is quarantined with the rule it broke; an envelope
outside them is refused. Pure: the instant of arrival and the distributor's own bound are given.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

MAX_RECORDS = 1_000
MAX_IDENTIFIER_CHARS = 64
MAX_REFERENCE_CHARS = 128
MAX_LABEL_CHARS = 64
MAX_NAME_CHARS = 200
MAX_NUMBER_CHARS = 32
MAX_LINE_NO = 100_000
MAX_LINE_COUNT = 100_000
MAX_ORDER = 2**53 - 1  # of sequence and source_order: what every JSON reader keeps exactly

MAX_TOTALS = 2_000
MAX_TOTAL_COUNT = 1_000_000_000
MAX_TOTAL_INR = Decimal("1000000000000000.00")
MIN_AMOUNT_INR = Decimal("0.01")
MAX_AMOUNT_INR = Decimal("1000000000.00")  # of a distributor for whom operations raised nothing
HIGHEST_MAX_AMOUNT_INR = Decimal("10000000000.00")  # what operations may raise it to, and what the lake can hold

EARLIEST_ON = date(2000, 1, 1)
EARLIEST_AT = datetime(2000, 1, 1, tzinfo=UTC)
LOOKAHEAD = timedelta(days=1)
LONGEST_CREDIT = timedelta(days=3 * 365)

BEFORE_EARLIEST = f"lies before {EARLIEST_ON.isoformat()}"
AFTER_LATEST = "lies more than one day in the future"
BEYOND_CREDIT = "lies before the invoice or more than three years after it"
BEFORE_PAYMENT = "lies before the payment"


def day_fault(day: date, received_at: datetime) -> str | None:
    """The bound that the day of a record breaks: 2000-01-01 to one day after the UTC day of arrival, or None."""
    if day < EARLIEST_ON:
        return BEFORE_EARLIEST
    return AFTER_LATEST if day > (received_at.astimezone(UTC) + LOOKAHEAD).date() else None


def instant_fault(at: datetime, received_at: datetime) -> str | None:
    """The bound that an aware instant breaks: 2000-01-01T00:00:00Z to one day after arrival, or None."""
    if at < EARLIEST_AT:
        return BEFORE_EARLIEST
    return AFTER_LATEST if at > received_at + LOOKAHEAD else None


def due_day_fault(due_on: date, invoiced_on: date) -> str | None:
    """The bound that a due date breaks: the day of its invoice to three years (1,095 days) after it, or None."""
    return None if invoiced_on <= due_on <= invoiced_on + LONGEST_CREDIT else BEYOND_CREDIT


def bounce_day_fault(bounced_on: date, paid_on: date, received_at: datetime) -> str | None:
    """The bound that the day of a bounce breaks: the day of its payment to one day after arrival, or None."""
    return BEFORE_PAYMENT if bounced_on < paid_on else day_fault(bounced_on, received_at)


def amount_fault(amount_inr: Decimal, max_amount_inr: Decimal) -> str | None:
    """The bound that a positive amount in whole paise breaks: 0.01 rupees to the distributor's largest, or None."""
    return f"is above the largest amount, {max_amount_inr:,.2f} rupees" if amount_inr > max_amount_inr else None
