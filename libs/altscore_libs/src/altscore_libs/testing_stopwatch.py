"""Measures waits in tests of time limits, without what the machine's other work adds."""

import time
from pathlib import Path

_SCHEDULING = Path("/proc/thread-self/schedstat")
_NANOSECONDS = 1e9


class Stopwatch:
    """Seconds that this thread waited or worked since the start; its waits for a processor are left out.

    A limit of the product is a limit of what it waits for. On a machine with more work than cores a thread that could
    go on stands still as well, for as long as it likes, which is no fault of what is tested.
    """

    def __init__(self) -> None:
        started_s = time.monotonic()
        self._started_s = started_s - _processor_wait_s()

    @property
    def seconds(self) -> float:
        """Since the start. A wait for a processor between the two readings counts: the answer is never too small."""
        waited_s = _processor_wait_s()
        return time.monotonic() - waited_s - self._started_s


def _processor_wait_s() -> float:
    """How long this thread has been able to run without a processor to run on, as Linux counts it."""
    _, waiting_ns, _ = _SCHEDULING.read_text().split()
    return int(waiting_ns) / _NANOSECONDS
