"""A process that dies at any step between reading a ledger and the last acknowledgement."""

import random
from typing import Any

from altscore_connector.state import State

_STEPS = frozenset({"enqueue", "queued", "acknowledge", "drop", "next_sequence", "take_over"})


class Crash(BaseException):
    """The process died."""


class Crashes:
    """Dies at a random step, at most once each time it is armed.

    Args:
        seed: of its randomness.
        ratio: how often arming means a crash.
    """

    def __init__(self, seed: int, *, ratio: float = 0.6) -> None:
        self._random, self._ratio = random.Random(seed), ratio
        self._left = -1

    def arm(self) -> None:
        """Chooses the step at which the next sync dies; often none, or one that it does not reach."""
        self._left = self._random.randint(0, 24) if self._random.random() < self._ratio else -1

    def disarm(self) -> None:
        """Nothing dies until it is armed again."""
        self._left = -1

    def step(self) -> None:
        """A point at which a process may die.

        Raises:
            Crash: it does.
        """
        if self._left == 0:
            self._left = -1
            raise Crash
        self._left -= self._left > 0


class FrailState:
    """A state whose process may die before and after every call that writes or reads the queue."""

    def __init__(self, state: State, crashes: Crashes) -> None:
        self._state, self._crashes = state, crashes

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._state, name)
        if name not in _STEPS:
            return value

        def call(*arguments: Any, **named: Any) -> Any:
            self._crashes.step()
            result = value(*arguments, **named)
            self._crashes.step()
            return result

        return call
