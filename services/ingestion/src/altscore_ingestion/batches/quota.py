"""How many batches a distributor may still send: a sliding hour over the batches in the database. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

RATE_WINDOW = timedelta(hours=1)
BATCHES_PER_HOUR = 10
BACKFILL_BATCHES_PER_HOUR = 200


@dataclass(frozen=True)
class Quota:
    """The state of a distributor's window before the batch at hand."""

    limit: int
    used: int
    reset_at: datetime
    retry_after_s: int

    @property
    def is_spent(self) -> bool:
        """Whether one more batch would exceed the limit."""
        return self.used >= self.limit

    def headers(self, *, spending: int = 0) -> dict[str, str]:
        """X-RateLimit-*, and Retry-After when the window is spent; `spending` counts the batch at hand."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used - spending)),
            "X-RateLimit-Reset": str(ceil(self.reset_at.timestamp())),
        }
        if self.is_spent and not spending:
            headers["Retry-After"] = str(self.retry_after_s)
        return headers


def limit_of(backfill_open_until: datetime | None, now: datetime) -> int:
    """Batches per hour: more while a backfill window is open."""
    is_open = backfill_open_until is not None and now < backfill_open_until
    return BACKFILL_BATCHES_PER_HOUR if is_open else BATCHES_PER_HOUR


def quota(arrivals: Sequence[datetime], limit: int, now: datetime) -> Quota:
    """The window's state.

    Args:
        arrivals: of the last hour, newest first, at most `limit` of them.
        limit: batches per hour.
        now: the instant of the request.
    """
    frees_at = (arrivals[limit - 1] if len(arrivals) >= limit else arrivals[-1] if arrivals else now) + RATE_WINDOW
    return Quota(
        limit=limit,
        used=len(arrivals),
        reset_at=frees_at,
        retry_after_s=max(1, ceil((frees_at - now).total_seconds())),
    )
