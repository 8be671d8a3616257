"""What a process records of its requests, switched on for as long as one of its commands runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from altscore_libs import tracing
from altscore_libs.settings import TelemetrySettings
from altscore_libs.trace_context import below


class AccessPolicy:
    """Which answers leave an access line: all, but for a share of the quick good ones of hot endpoints."""

    written_below = below(1.0)
    slow_s = 1.0


access = AccessPolicy()


@contextmanager
def recording(settings: TelemetrySettings | None, process: str) -> Iterator[None]:
    """Access lines and spans as the settings say; at the end, waits a few seconds for what is not exported yet.

    Args:
        settings: None for a command that has none: it records no spans.
        process: its name in spans.
    """
    if settings is None:
        yield
        return
    access.written_below = below(settings.access_log_ratio)
    access.slow_s = settings.slow_request_ms / 1000
    tracing.configure(settings, process)
    try:
        yield
    finally:
        tracing.close()
