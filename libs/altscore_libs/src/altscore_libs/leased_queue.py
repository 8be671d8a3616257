"""A queue in a database table: rows are leased, handled some at once, and tried again with growing waits.

The service's `claim` leases due rows (`FOR UPDATE SKIP LOCKED`, the time of the next attempt moved into the future), so
that a row whose handler dies comes back by itself when its lease ends.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from altscore_libs import tracing
from altscore_libs.periodic import FailurePolicy, PeriodicWorker

AT_ONCE = 8
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class RetryPolicy:
    """When a queued item is tried again, and when it is given up.

    Args:
        first_wait: after the first failed attempt; each later wait is twice as long.
        longest_wait: no wait is longer, unless `at_least` asks for it.
        give_up_after: age of the item at which no attempt follows.
        max_attempts: attempts after which none follows; None for no such limit.
    """

    first_wait: timedelta
    longest_wait: timedelta
    give_up_after: timedelta
    max_attempts: int | None = None

    def wait(self, attempts: int, *, at_least: timedelta = timedelta()) -> timedelta:
        """The wait after this many failed attempts, at least one."""
        factor: int = 2 ** min(max(attempts - 1, 0), 20)
        return max(min(self.first_wait * factor, self.longest_wait), at_least)

    def next_attempt_at(
        self, now: datetime, *, created_at: datetime, attempts: int, at_least: timedelta = timedelta()
    ) -> datetime | None:
        """When the next attempt is due; None when the item is given up.

        Args:
            now: the present.
            created_at: when the item was queued.
            attempts: made so far.
            at_least: a wait that the other side asked for.
        """
        if self.max_attempts is not None and attempts >= self.max_attempts:
            return None
        next_at = now + self.wait(attempts, at_least=at_least)
        return next_at if next_at < created_at + self.give_up_after else None


class LeasedQueue(Generic[_Item]):
    """The loop of a queue: leases due items, handles them concurrently, rests when nothing is due.

    Args:
        name: in logs and in altscore_worker_failures_total.
        claim: leases up to so many due items, in a transaction of its own.
        handle: brings one item to an end or postpones it; when it raises, the item comes back after its lease.
        at_once: most items handled concurrently.
        poll_interval_s: between two looks at an empty queue, seconds.
    """

    def __init__(
        self,
        name: str,
        *,
        claim: Callable[[int], Awaitable[Sequence[_Item]]],
        handle: Callable[[_Item], Awaitable[None]],
        at_once: int = AT_ONCE,
        poll_interval_s: float = 0.2,
    ) -> None:
        self._name = name
        self._claim = claim
        self._handle = handle
        self._at_once = at_once
        self._failures = FailurePolicy(name)
        self._worker = PeriodicWorker(name, self._has_worked, interval_s=poll_interval_s, is_traced=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop`."""
        await self._worker.run(stop)

    async def work_once(self) -> int:
        """Handles what is due now; returns how many items were tried."""
        items = await self._claim(self._at_once)
        results = await asyncio.gather(*(self._handle_traced(item) for item in items), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(items)

    async def _handle_traced(self, item: _Item) -> None:
        with tracing.step(self._name) as turn:
            try:
                await self._handle(item)
            except Exception as error:  # noqa: BLE001  # whatever it is, the item comes back after its lease
                turn.failed(type(error).__name__)
                self._failures.failed(error)

    async def _has_worked(self) -> bool:
        return await self.work_once() > 0
