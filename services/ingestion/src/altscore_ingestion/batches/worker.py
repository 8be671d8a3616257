"""Periodic work: manifests that batches owe are written; why a record was refused is told for a time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.retention import RowRetention

PUBLISH_EVERY_S = 5.0
OUTCOMES_KEPT = timedelta(days=400)  # a financial year and its closing


def outcomes_retention(pool: asyncpg.Pool, clock: Clock) -> RowRetention:
    """The removal of old reasons."""
    return RowRetention(pool, "batch_record", "recorded_at", kept=OUTCOMES_KEPT, clock=clock)


def manifest_publisher(publish: Callable[[], Awaitable[None]]) -> PeriodicWorker:
    """Shows the lake what counts, where a process ended in between and the connector does not come back."""
    return PeriodicWorker("manifests", publish, interval_s=PUBLISH_EVERY_S)
