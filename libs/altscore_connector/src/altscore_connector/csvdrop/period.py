"""The period that a file is complete for, declared in its name: `invoices_complete_2026-07.csv`."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_DECLARED = re.compile(r"(?<![a-z])complete(?![a-z])", re.I)
_PERIOD = re.compile(
    r"(?<![a-z])complete[ _-]+(\d{4}-\d{2}(?:-\d{2})?)(?:[ _]+(?:to[ _]+)?(\d{4}-\d{2}(?:-\d{2})?))?(?!\d)", re.I
)


@dataclass(frozen=True)
class DeclaredPeriod:
    """Inclusive days for which a file holds every document of its kind."""

    from_on: date
    to_on: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.from_on <= day <= self.to_on


def declares_period(name: str) -> bool:
    """Whether a file's name holds the word `complete`."""
    return _DECLARED.search(name) is not None


@lru_cache(maxsize=4096)
def declared_period(name: str) -> DeclaredPeriod | None:
    """The period in a file's name: a month, a day, or from one to another; None without a readable one."""
    match = _PERIOD.search(name)
    if match is None:
        return None
    start, end = match.groups()
    try:
        period = DeclaredPeriod(_first_day(start), _last_day(end or start))
    except ValueError:
        return None
    return period if period.from_on <= period.to_on else None


def _first_day(text: str) -> date:
    return date.fromisoformat(text if len(text) > 7 else f"{text}-01")


def _last_day(text: str) -> date:
    first = _first_day(text)
    if len(text) > 7:
        return first
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])
