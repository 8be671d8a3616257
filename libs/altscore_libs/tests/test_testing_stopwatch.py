"""The stopwatch counts a thread's waits and work, and not the time in which it has no processor."""

import threading
import time

from altscore_libs.testing_stopwatch import Stopwatch


def test_waits_count() -> None:
    watch = Stopwatch()
    threading.Event().wait(0.05)
    assert watch.seconds >= 0.05


def test_time_without_a_processor_does_not_count() -> None:
    watch, begun = Stopwatch(), time.monotonic()
    used = time.thread_time()
    while time.thread_time() - used < 0.05:
        pass
    assert 0.05 <= watch.seconds <= time.monotonic() - begun
