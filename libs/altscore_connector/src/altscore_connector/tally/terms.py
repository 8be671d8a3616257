"""Credit periods as Tally writes them: days, weeks, months, years, or the due date itself."""

import calendar
import re
from datetime import date, timedelta

from altscore_connector.records import LONGEST_CREDIT

_PERIOD = re.compile(r"(\d{1,3})\s*(day|week|month|year)s?", re.I)
_DAY = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4}|\d{2})")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class UnknownPeriodError(Exception):
    """The text is no credit period that is known; the message does not repeat it."""


def due_on(start_on: date, text: str) -> date | None:
    """The due date of a bill, None where the text is empty.

    Args:
        start_on: the bill's own day; weeks are seven days, months and years are those of the calendar.
        text: the period or the due date as Tally wrote it.

    Raises:
        UnknownPeriodError: another unit, no such day, or a due date before the bill or more than three years after it.
    """
    written = text.strip()
    if not written:
        return None
    try:
        due = _due(start_on, written)
    except (ValueError, OverflowError):
        due = None
    if due is None or not timedelta(0) <= due - start_on <= LONGEST_CREDIT:
        raise UnknownPeriodError("the credit period is in no known unit, or cannot be true")
    return due


def _due(start_on: date, written: str) -> date | None:
    if match := _PERIOD.fullmatch(written):
        count, unit = int(match.group(1)), match.group(2).lower()
        if unit in ("day", "week"):
            return start_on + timedelta(days=count * (7 if unit == "week" else 1))
        return _later(start_on, count * (12 if unit == "year" else 1))
    if (match := _DAY.fullmatch(written)) and match.group(2).lower() in _MONTHS:
        year = int(match.group(3))
        month = _MONTHS.index(match.group(2).lower()) + 1
        return date(year + 2000 if year < 100 else year, month, int(match.group(1)))
    if match := _STAMP.fullmatch(written):
        return date(int(match.group(1)), int(match.group(2)), int(match.group(3)))
    return None


def _later(start_on: date, months: int) -> date:
    """The same day some months later, or the last day of a shorter month."""
    total = start_on.year * 12 + start_on.month - 1 + months
    year, month = total // 12, total % 12 + 1
    return date(year, month, min(start_on.day, calendar.monthrange(year, month)[1]))
