"""How far a batch says that the ledger is known.

The lake takes the last whole day in India before a batch's `sync_to` as told (`covered_on`), whichever batch says so.
While a sync is under way only a part of its records has arrived: its last batch alone reaches beyond what held before.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from altscore_connector.india import INDIA
from altscore_connector.records import Item

EARLIEST_ON = date(2000, 1, 1)
COVERED_MARK = "covered_on"
"""The last whole day of the ledger that AltScore was told of."""
REACH_MARK = "covered.reach"
"""Of files: how far those that were read reach; a sync in portions states it with its last one."""
_AHEAD = timedelta(days=1)  # India's day begins before the UTC day
_DAY_END = time(23, 59, 59)


def days_of(items: Iterable[Item], today: date) -> list[date]:
    """Days of the records; a day before 2000 or after today is the record's fault and must not refuse its batch."""
    latest_on = today + _AHEAD
    return [min(day, today) for item in items if (day := item.on) is not None and EARLIEST_ON <= day <= latest_on]


def reach_of(items: Iterable[Item], read_at: datetime) -> datetime | None:
    """How far records reach where the reading does not tell: to the end of their newest day, not after the reading."""
    days = days_of(items, read_at.astimezone(UTC).date())
    return min(datetime.combine(max(days), _DAY_END, UTC), read_at) if days else None


def covered_by(reach: datetime) -> date:
    """The last whole day in India that a period with this end tells; as the lake counts it."""
    return (reach + timedelta(seconds=1)).astimezone(INDIA).date() - timedelta(days=1)


def end_of(covered_on: date | None) -> datetime:
    """The latest end of a period that claims no day after `covered_on`; None: no day at all."""
    if covered_on is None:
        return datetime.combine(EARLIEST_ON, time.min, UTC)
    return datetime.combine(covered_on, _DAY_END, INDIA)


def day_in(mark: str | None) -> date | None:
    """The day in COVERED_MARK."""
    return date.fromisoformat(mark) if mark else None


def instant_in(mark: str | None) -> datetime | None:
    """The instant in REACH_MARK."""
    return datetime.fromisoformat(mark) if mark else None
