"""A circuit breaker: a neighbour that fails half of the time is left alone, and then tried with one call at a time."""

import logging
import threading
import time
from collections.abc import Callable
from enum import IntEnum
from types import TracebackType
from typing import Self

from prometheus_client import Counter, Gauge

from altscore_libs.errors import Unavailable

WINDOW = 20
AT_LEAST = 10
FAILURE_RATIO = 0.5
FIRST_OPEN_S, LONGEST_OPEN_S = 1.0, 5.0
_log = logging.getLogger("altscore.circuit")
_state = Gauge("altscore_circuit_state", "0 closed, 1 half open (one call tries), 2 open.", ["neighbour"])
_rejected = Counter("altscore_circuit_rejected_total", "Calls that an open circuit did not let through.", ["neighbour"])


class State(IntEnum):
    """What a circuit does with a call; the value is that of the metric."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class CircuitOpen(Unavailable):
    """The neighbour failed lately, so this call was not sent."""


class Attempt:
    """One call through a circuit; made by CircuitBreaker.attempt(), whose circuit may be open: CircuitOpen then.

    A class and not a generator: it is on the path of every score.
    """

    __slots__ = ("_breaker", "_failures", "_period", "is_failure")

    def __init__(self, breaker: "CircuitBreaker", failures: tuple[type[BaseException], ...]) -> None:
        self._breaker = breaker
        self._failures = failures
        self.is_failure: bool | None = None
        """The outcome, where the neighbour's answer says more than that it came."""

    def __enter__(self) -> Self:
        self._period = self._breaker.admit()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        is_failure = self.is_failure
        if is_failure is None:
            is_failure = error is not None
            if is_failure and not isinstance(error, self._failures):
                self._breaker.abandon(self._period)
                return
        self._breaker.record(self._period, is_failure=is_failure)


class CircuitBreaker:
    """Decides whether a call may be sent to one neighbour; safe to use from several threads.

    Closed, every call passes. It opens when at least half of the last 20 calls failed (of 10 at least). Open, no call
    passes for a second, doubled with each opening in a row up to five. Then one call passes: its success closes the
    circuit, its failure opens it again. An outcome counts only in the state in which its call was admitted, so that
    calls that end late decide nothing.

    Args:
        neighbour: its name in metrics and logs.
        window: how many of the last outcomes count.
        at_least: outcomes below which it does not open.
        failure_ratio: share of failures at which it opens.
        first_open_s: how long it is open at first, seconds.
        longest_open_s: how long at most, seconds.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        neighbour: str,
        *,
        window: int = WINDOW,
        at_least: int = AT_LEAST,
        failure_ratio: float = FAILURE_RATIO,
        first_open_s: float = FIRST_OPEN_S,
        longest_open_s: float = LONGEST_OPEN_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._neighbour = neighbour
        self._window = window
        self._at_least = at_least
        self._failure_ratio = failure_ratio
        self._first_open_s = first_open_s
        self._longest_open_s = longest_open_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._mask = (1 << window) - 1
        self._period = 0
        self._open_s = first_open_s
        self._open_until = 0.0
        self._outcomes = 0  # one bit each, 1 a failure, the newest lowest
        self._counted = 0
        self._rejections = _rejected.labels(neighbour)
        self.state = State.CLOSED
        _state.labels(neighbour).set(State.CLOSED)

    def admit(self) -> int:
        """Lets a call pass; the number goes to `record` or `abandon` when the call has ended.

        Raises:
            CircuitOpen: the call must not be sent.
        """
        if self.state is State.CLOSED:
            return self._period
        with self._lock:
            if self._may_pass():
                return self._period
        self._rejections.inc()
        raise CircuitOpen("another service is not available")

    def _may_pass(self) -> bool:
        if self.state is State.OPEN and self._monotonic() >= self._open_until:
            self._enter(State.HALF_OPEN)
            return True
        return self.state is State.CLOSED  # another thread may have closed it

    def record(self, period: int, *, is_failure: bool) -> None:
        """Takes the outcome of a call that was admitted in `period`."""
        if not is_failure and not self._outcomes and self._counted == self._window:
            return  # closed, and nothing but successes in sight
        with self._lock:
            if period != self._period:
                return
            if self.state is State.HALF_OPEN:
                self._open(self._open_s * 2) if is_failure else self._close()
                return
            self._outcomes = (self._outcomes << 1 | is_failure) & self._mask
            self._counted = min(self._counted + 1, self._window)
            failures = self._outcomes.bit_count()
            if is_failure and self._counted >= self._at_least and failures >= self._failure_ratio * self._counted:
                self._open(self._first_open_s)

    def attempt(self, failures: tuple[type[BaseException], ...]) -> "Attempt":
        """A context for one call: it is admitted at the beginning, and its outcome is recorded at the end.

        Args:
            failures: what the call raises when the neighbour gave no answer. Any other exception says nothing of it,
                unless the body names the outcome (`Attempt.is_failure`).
        """
        return Attempt(self, failures)

    def abandon(self, period: int) -> None:
        """Takes notice that an admitted call ended without an outcome; the next call may try in its place."""
        with self._lock:
            if period == self._period and self.state is State.HALF_OPEN:
                self._open_until = self._monotonic()
                self._enter(State.OPEN)

    def _open(self, open_s: float) -> None:
        self._open_s = min(open_s, self._longest_open_s)
        self._open_until = self._monotonic() + self._open_s
        self._enter(State.OPEN)
        _log.warning("circuit open", extra={"neighbour": self._neighbour, "open_s": self._open_s})

    def _close(self) -> None:
        self._enter(State.CLOSED)
        _log.info("circuit closed", extra={"neighbour": self._neighbour})

    def _enter(self, state: State) -> None:
        self._period += 1
        self._outcomes = self._counted = 0
        self.state = state
        _state.labels(self._neighbour).set(state)
