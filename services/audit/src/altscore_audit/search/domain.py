"""What entries are looked for by, and where a page ends. No I/O, no clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

Term = Literal["request", "retailer", "lender", "actor", "action", "any"]
MOST_SELECTIVE: tuple[Term, ...] = ("request", "retailer", "lender", "actor", "action")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_ID = UUID(int=0)
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where an entry stands in the order of the search."""

    occurred_at: datetime
    event_id: UUID


@dataclass(frozen=True)
class Criteria:
    """What an entry must say; None for anything.

    Args:
        since: entries of this instant or later.
        until: entries before this instant.
    """

    request: str | None = None
    retailer: str | None = None
    lender: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def driver(self) -> Term:
        """The given term that fewest entries share; its index is read."""
        return next((term for term in MOST_SELECTIVE if getattr(self, term) is not None), "any")

    def oldest(self) -> datetime:
        """No entry before this instant is looked at."""
        return self.since or _EPOCH

    def start(self, after: Place | None) -> Place:
        """The place behind which the page begins: the cursor, or the end of the window."""
        window = Place(self.until or END_OF_TIME, _FIRST_ID)
        return window if after is None else min(window, after)


def format_cursor(place: Place) -> str:
    """A place as text: microseconds since 1970, a dot, the event id."""
    return f"{(place.occurred_at - _EPOCH) // timedelta(microseconds=1)}.{place.event_id}"


def parse_cursor(text: str) -> Place:
    """The place in a cursor of the form that format_cursor() writes.

    Raises:
        ValueError: it is none, or lies beyond the calendar.
    """
    micros, _, event_id = text.partition(".")
    try:
        return Place(_EPOCH + timedelta(microseconds=int(micros)), UUID(event_id))
    except OverflowError as error:
        raise ValueError("a cursor lies within the calendar") from error
