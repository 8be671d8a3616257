"""A lender's calls by days in India: what was answered, and what was refused by code. No I/O, no clock."""

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from altscore_libs.instants import INDIA

SHOWN_DAYS = 31
SERVED = "served"
SINCE = "since"
_FIELD = re.compile(r"(\d{4}-\d\d-\d\d) ([A-Za-z_]{1,60})")
_NUMBER = re.compile(r"\d{1,15}")


class Day(NamedTuple):
    """Calls of one day; a day that was counted and had none has zeros."""

    day: date
    served: int
    refusals: Mapping[str, int]


class CallCounts(NamedTuple):
    """The days that were counted, oldest first; without `since` nothing was, and no day is a zero."""

    since: datetime | None
    days: list[Day]


def day_of(at: datetime) -> date:
    """The day in India."""
    return at.astimezone(INDIA).date()


def field_of(day: date, code: str | None) -> str:
    """Under which name calls are counted: of a day, served or refused with a code."""
    return f"{day.isoformat()} {code or SERVED}"


def oldest_shown(now: datetime) -> date:
    """The first day that is shown and kept."""
    return day_of(now) - timedelta(days=SHOWN_DAYS - 1)


def counts_of(stored: Mapping[str, str], now: datetime) -> CallCounts:
    """The counts as they are kept; what is in no form of ours counts as nothing."""
    if not _NUMBER.fullmatch(since_s := stored.get(SINCE, "")):
        return CallCounts(None, [])
    since, today = datetime.fromtimestamp(min(int(since_s), int(now.timestamp())), UTC), day_of(now)
    calls: dict[str, dict[str, int]] = defaultdict(dict)
    for name, number in stored.items():
        if (field := _FIELD.fullmatch(name)) and _NUMBER.fullmatch(number):
            calls[field[1]][field[2]] = int(number)
    first = max(oldest_shown(now), day_of(since))
    days = [first + timedelta(days=number) for number in range((today - first).days + 1)]
    return CallCounts(since, [_day(day, calls.get(day.isoformat(), {})) for day in days])


def _day(day: date, calls: Mapping[str, int]) -> Day:
    refusals = {code: number for code, number in sorted(calls.items()) if code != SERVED}
    return Day(day, calls.get(SERVED, 0), refusals)
