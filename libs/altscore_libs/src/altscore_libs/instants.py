"""Instants as text: ISO 8601 in UTC with a Z; signed records and stored documents hold exactly these bytes."""

from datetime import UTC, datetime
from typing import Literal

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
