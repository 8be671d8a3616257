"""The stopwatch counts a thread's waits and work, and not the time in which it has no processor."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from altscore_libs.testing_stopwatch import Stopwatch

WORK_S = 0.2
# The kernel counts waits by another clock than the one that the stopwatch reads.
CLOCKS_DIFFER_S = 0.002


@pytest.fixture
def shared_processor() -> Iterator[None]:
    """This thread and a process that never rests have one processor between them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    busy = "import sys; sys.stdout.write('busy\\n'); sys.stdout.flush()\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", busy], stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "busy\n"
            yield
        finally:
            other.kill()
            os.sched_setaffinity(0, before)


def test_waits_count() -> None:
    watch = Stopwatch()
    threading.Event().wait(0.1)
    assert watch.seconds >= 0.1 - CLOCKS_DIFFER_S


@pytest.mark.usefixtures("shared_processor")
def test_time_without_a_processor_does_not_count() -> None:
    begun_s = time.monotonic()
    watch, used_s = Stopwatch(), time.thread_time()
    while time.thread_time() - used_s < WORK_S:
        pass
    counted_s = watch.seconds
    passed_s = time.monotonic() - begun_s
    assert WORK_S - CLOCKS_DIFFER_S <= counted_s < 0.8 * passed_s
