"""Calls of one neighbour: short tries, waits between them and one deadline for all, behind a circuit breaker."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from altscore_libs.circuit import CircuitBreaker
from altscore_libs.errors import Unavailable

ATTEMPTS = 4
RETRIED_STATUS = frozenset({502, 503, 504})
FIRST_WAIT_S = 0.1
SHORTEST_TRY_S = 0.05
TOTAL_RATIO = 1.5
_Reply = TypeVar("_Reply")


class NeighbourCalls:
    """Sends calls to one neighbour, each up to four times and never for longer than `total_s`.

    Args:
        neighbour: its name in metrics and logs.
        try_s: longest duration of one try, connecting included, seconds.
        total_s: longest duration of a call with all its tries and waits, seconds; by default one try and a half, so
            that a neighbour that hangs is tried a second time on another connection.
        attempts: most tries.
        failures: what a try raises when the neighbour gave no answer.
        breaker: by default one of its own.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        neighbour: str,
        *,
        try_s: float,
        total_s: float | None = None,
        attempts: int = ATTEMPTS,
        failures: tuple[type[Exception], ...],
        breaker: CircuitBreaker | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._try_s = try_s
        self._total_s = total_s if total_s is not None else TOTAL_RATIO * try_s
        self._attempts = attempts
        self._failures = failures
        self._monotonic = monotonic
        self.breaker = breaker or CircuitBreaker(neighbour, monotonic=monotonic)

    async def call(
        self,
        send: Callable[[float], Awaitable[tuple[int, _Reply]]],
        *,
        is_repeatable: bool = True,
        waited_s: float = 0.0,
    ) -> tuple[int, _Reply]:
        """The answer of the neighbour: its HTTP status, other than 502, 503 and 504, and what `send` made of it.

        Args:
            send: makes one try within so many seconds.
            is_repeatable: False for a call that may be sent once only.
            waited_s: what the caller has waited before; it counts towards the total.

        Raises:
            Unavailable: no usable answer in time, or the circuit is open.
        """
        ends_at, wait_s = self._monotonic() + self._total_s - waited_s, 0.0
        for attempt_number in range(self._attempts if is_repeatable else 1):
            if attempt_number:
                wait_s = random.uniform(0, FIRST_WAIT_S * 2 ** (attempt_number - 1))
            left_s = ends_at - self._monotonic() - wait_s
            if left_s < SHORTEST_TRY_S:
                break
            if wait_s:
                await asyncio.sleep(wait_s)
            try:
                with self.breaker.attempt(self._failures) as attempt:
                    status, reply = await send(min(self._try_s, left_s))
                    attempt.is_failure = status in RETRIED_STATUS
            except self._failures:
                continue
            if not attempt.is_failure:
                return status, reply
        raise Unavailable("another service is not available")
