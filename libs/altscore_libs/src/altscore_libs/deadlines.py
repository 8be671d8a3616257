"""One deadline for a whole call: each of its steps that waits takes what is left, so that waits never add up.

A context variable carries it, since the steps lie in layers that know nothing of calls. Setting and reading it costs
some tenths of a microsecond; a timer for each step or call would cost several times as much.
"""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from altscore_libs.errors import Unavailable

_ends_at_s: ContextVar[float] = ContextVar("ends_at_s", default=math.inf)


@contextmanager
def call_ends_within(seconds: float) -> Iterator[float]:
    """What is inside is one call; yields when it ends, in the loop's time.

    Args:
        seconds: for all its steps together; a call inside another one has its own.
    """
    ends_at_s = asyncio.get_running_loop().time() + seconds
    token = _ends_at_s.set(ends_at_s)
    try:
        yield ends_at_s
    finally:
        _ends_at_s.reset(token)


def call_ends_at_s() -> float:
    """When the present call ends, in the loop's time; infinite outside a call."""
    return _ends_at_s.get()


def seconds_left(most: float) -> float:
    """How long the next step of the present call may take, seconds, and no longer than `most`.

    Raises:
        Unavailable: the call has no time left.
    """
    ends_at_s = _ends_at_s.get()
    if ends_at_s == math.inf:
        return most
    left_s = ends_at_s - asyncio.get_running_loop().time()
    if left_s <= 0:
        raise Unavailable("the call has no time left")
    return min(most, left_s)
