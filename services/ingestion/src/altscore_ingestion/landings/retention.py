"""Ended files and their reports are forgotten after a month; one that waits stays."""

from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.retention import RowRetention

ENDED_KEPT = timedelta(days=30)


def landing_retention(pool: asyncpg.Pool, clock: Clock) -> RowRetention:
    """The removal of ended files."""
    return RowRetention(pool, "landed_file", "ended_at", kept=ENDED_KEPT, clock=clock)
