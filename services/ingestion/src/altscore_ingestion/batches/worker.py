"""Why a record was refused is told for a time; the batch and its counts stay."""

from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.retention import RowRetention

OUTCOMES_KEPT = timedelta(days=400)  # a financial year and its closing


def outcomes_retention(pool: asyncpg.Pool, clock: Clock) -> RowRetention:
    """The removal of old reasons."""
    return RowRetention(pool, "batch_record", "recorded_at", kept=OUTCOMES_KEPT, clock=clock)
