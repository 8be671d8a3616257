"""A retailer's ledger. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """The number of the retailer's last change, and when the last NAHI was sent."""

    retailer_id: str
    version: int = 0
    last_no_at: datetime | None = None

    def with_no(self, sent_at: datetime) -> "Ledger":
        """The ledger after a NAHI sent then."""
        last = sent_at if self.last_no_at is None else max(sent_at, self.last_no_at)
        return replace(self, last_no_at=last)


def repaired(ledger: Ledger, now: datetime) -> Ledger:
    """A ledger in place of one that is not authentic: no answer sent until now counts any more, later ones do.

    So a NAHI that somebody made the database forget ends what it ended, and one that nobody sent blocks nobody for
    long.
    """
    return Ledger(ledger.retailer_id, ledger.version, now)
