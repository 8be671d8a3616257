"""Anomalies that no run detects any more are closed, and closed ones go after a while."""

from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from prometheus_client import Gauge

from altscore_admin.anomalies import store

INTERVAL_S = 600.0
SEEN_WITHIN = timedelta(days=7)  # every night scores every retailer, and a week of nights may be missed
CLOSED_KEPT = timedelta(days=90)  # as the topic keeps them; that one was detected stays in the audit
BATCH = 1_000
_open = Gauge("altscore_admin_anomalies_open", "Anomalies that wait for a person.")


class AnomalyRetention:
    """Closes and removes.

    Args:
        pool: of the admin database.
        clock: for "now".
        batch: anomalies a transaction.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock, *, batch: int = BATCH) -> None:
        self._pool = pool
        self._clock = clock
        self._batch = batch

    async def step(self) -> bool:
        """One batch of each; whether there may be more.

        Raises:
            Unavailable: the database.
        """
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            closed = await store.close_unseen(connection, seen_before=now - SEEN_WITHIN, now=now, limit=self._batch)
            removed = await store.remove_closed(connection, closed_before=now - CLOSED_KEPT, limit=self._batch)
            _open.set(await store.count_open(connection))
        return self._batch in (closed, removed)
