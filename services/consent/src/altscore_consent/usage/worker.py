"""Uses that no consent counts any more are removed."""

from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.retention import RowRetention

# A consent lives twelve months at most and counts the uses of its last thirty days (fair_use.json); the audit has all.
USES_KEPT = timedelta(days=400)


def uses_retention(pool: asyncpg.Pool, clock: Clock) -> RowRetention:
    """The removal of old uses."""
    return RowRetention(pool, "consent_uses", "used_at", kept=USES_KEPT, clock=clock)
