"""What an event may say at most: instants of the past, versions that somebody can have reached. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

SKEW = timedelta(minutes=5)
"""By how much clocks of two machines may differ."""
FARTHEST = timedelta(days=400)
"""What lasts longest lasts twelve months, and every other deadline is nearer."""
DEADLINES = frozenset({"expires_at", "ack_by", "resolution_by"})
MAX_VERSION = 1_000_000


def field_out_of_bounds(values: Mapping[str, Any], now: datetime) -> str | None:
    """Name of the first field that says what cannot be: an instant to come, or an absurd version; None for none.

    Args:
        values: fields of an event.
        now: the present; deadlines lie up to FARTHEST behind it, everything else has happened.
    """
    for name, value in values.items():
        if isinstance(value, datetime):
            if value > now + (FARTHEST if name in DEADLINES else SKEW):
                return name
        elif name == "version" and not 0 <= value <= MAX_VERSION:
            return name
    return None
