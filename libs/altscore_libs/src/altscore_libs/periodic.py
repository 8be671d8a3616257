"""Periodic work with one failure policy: a step may fail in any way, its worker goes on."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from prometheus_client import Counter

from altscore_libs import tracing
from altscore_libs.errors import Unavailable

LONGEST_WAIT_S = 30.0
_FIRST_WAIT_S = 1.0
_log = logging.getLogger("altscore.periodic")
_failures = Counter("altscore_worker_failures_total", "Steps of a worker that failed; it goes on.", ["worker"])

Step = Callable[[], Awaitable[bool | None]]


async def sleep_or_stop(stop: asyncio.Event, seconds: float) -> bool:
    """Waits `seconds` or until `stop` is set; True when it was set."""
    try:
        await asyncio.wait_for(stop.wait(), timeout=seconds)
    except TimeoutError:
        return False
    return True


async def first_of(*events: asyncio.Event, timeout_s: float) -> None:
    """Returns when one of the events is set, after `timeout_s` seconds at the latest."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


class FailurePolicy:
    """What happens when a step fails: one log line, one count, and a wait that grows with each failure in a row.

    Args:
        worker: name in logs and metrics.
        first_wait_s: longest wait after the first failure.
        longest_wait_s: longest wait at all.
    """

    def __init__(
        self, worker: str, *, first_wait_s: float = _FIRST_WAIT_S, longest_wait_s: float = LONGEST_WAIT_S
    ) -> None:
        self._worker = worker
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._in_a_row = 0

    def succeeded(self) -> None:
        """The next failure is the first again."""
        self._in_a_row = 0

    def failed(self, error: Exception) -> float:
        """Records a failure; returns how long to wait, seconds."""
        _failures.labels(self._worker).inc()
        level = logging.WARNING if isinstance(error, Unavailable) else logging.ERROR
        _log.log(level, "a worker's step failed", exc_info=error, extra={"worker": self._worker})
        wait_s: float = min(self._longest_wait_s, self._first_wait_s * 2 ** min(self._in_a_row, 30))
        self._in_a_row += 1
        return random.uniform(wait_s / 2, wait_s)


class PeriodicWorker:
    """Runs a step again and again; a failed one is logged, counted and tried again after a growing wait.

    Args:
        name: in logs and in altscore_worker_failures_total.
        step: one turn; True means that there is more work, so that it is called again at once.
        interval_s: between two turns, seconds.
        wake: ends a wait early, for work that somebody announces.
        longest_wait_s: longest wait after failures, seconds.
        is_traced: whether a turn is a trace of its own; not where it lasts as long as the process, or where each
            item of it is one.
    """

    def __init__(
        self,
        name: str,
        step: Step,
        *,
        interval_s: float,
        wake: asyncio.Event | None = None,
        longest_wait_s: float = LONGEST_WAIT_S,
        is_traced: bool = True,
    ) -> None:
        self._name = name
        self._is_traced = is_traced
        self._step = step
        self._interval_s = interval_s
        self._wake = wake
        first_wait_s = min(_FIRST_WAIT_S, interval_s) if interval_s > 0 else _FIRST_WAIT_S
        self._policy = FailurePolicy(name, first_wait_s=first_wait_s, longest_wait_s=longest_wait_s)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop`."""
        while not stop.is_set():
            if self._wake is not None:
                self._wake.clear()
            has_more, wait_s = await self._turn()
            if wait_s is not None:
                await sleep_or_stop(stop, wait_s)
            elif has_more:
                await asyncio.sleep(0)
            elif self._wake is not None:
                await first_of(stop, self._wake, timeout_s=self._interval_s)
            else:
                await sleep_or_stop(stop, self._interval_s)

    async def _turn(self) -> tuple[bool, float | None]:
        """Whether there is more work, and how long to wait after a failure, seconds."""
        with tracing.step(self._name) if self._is_traced else tracing.NOTHING as turn:
            try:
                has_more = await self._step()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next turn may succeed
                turn.failed(type(error).__name__)
                return False, self._policy.failed(error)
        self._policy.succeeded()
        return bool(has_more), None


async def keep_running(
    name: str,
    worker: Callable[[asyncio.Event], Awaitable[None]],
    stop: asyncio.Event,
    *,
    longest_wait_s: float = LONGEST_WAIT_S,
) -> None:
    """Runs a worker until `stop` or until it returns; one that fails is started again after a growing wait.

    Args:
        name: in logs and in altscore_worker_failures_total.
        worker: runs until the event that it receives is set.
        stop: ends both.
        longest_wait_s: longest wait after failures, seconds; a start that lasted makes it no shorter.
    """
    policy = FailurePolicy(name, longest_wait_s=longest_wait_s)
    while not stop.is_set():
        try:
            await worker(stop)
        except Exception as error:  # noqa: BLE001  # a fault of one worker must not end the process that serves
            await sleep_or_stop(stop, policy.failed(error))
        else:
            return
