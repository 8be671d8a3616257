"""Instants as text, ISO 8601 in UTC with a Z (records and documents hold these bytes), and the days of India."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

INDIA = timezone(timedelta(hours=5, minutes=30))  # no daylight saving since 1945
Precision = Literal["seconds", "milliseconds", "microseconds", "auto"]


def format_instant(at: datetime, precision: Precision) -> str:
    """An instant in UTC, `2026-05-20T08:00:00Z` with so many decimals of the second; finer parts are cut off.

    Args:
        at: aware; any zone.
        precision: "auto" writes microseconds where there are any, else whole seconds.

    Raises:
        ValueError: the instant has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def last_day_before(end: datetime) -> date:
    """The last day in India that something covers which ends at `end`, exclusive.

    Args:
        end: aware; any zone. An end at midnight in India covers the whole day before it.
    """
    return (end.astimezone(INDIA) - timedelta(microseconds=1)).date()
