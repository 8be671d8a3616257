"""Hourly: uploads whose time is over go, and those that wait for a revoked distributor end."""

from collections.abc import Mapping
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.retention import INTERVAL_S, RowRetention

from altscore_ingestion.uploads import store
from altscore_ingestion.uploads.delivery import drop

ENDED_KEPT = timedelta(days=400)  # a financial year and its closing, as what is told of batches
REFUSALS_KEPT = timedelta(days=2)  # an hour of them is counted


async def drop_revoked(pool: asyncpg.Pool, clock: Clock) -> None:
    """Ends uploads that wait and whose signer was revoked since; one that is being sent is left to who sends it.

    Raises:
        Unavailable: the database.
    """
    async with transaction(pool) as connection:
        waiting = await store.waiting_of_revoked(connection)
    for distributor_id, upload_id in waiting:
        async with transaction(pool) as connection:
            if await store.lock_uploads_of(connection, distributor_id):
                await drop(connection, upload_id, at=clock.now())


def upload_retention(pool: asyncpg.Pool, clock: Clock) -> RowRetention:
    """The removal of ended uploads; one that waits stays."""
    return RowRetention(pool, "upload", "ended_at", kept=ENDED_KEPT, clock=clock)


def refusal_retention(pool: asyncpg.Pool, clock: Clock) -> RowRetention:
    """The removal of what was counted."""
    return RowRetention(pool, "upload_refusal", "refused_at", kept=REFUSALS_KEPT, clock=clock)


def upload_workers(pool: asyncpg.Pool, clock: Clock) -> Mapping[str, PeriodicWorker]:
    """The workers by name."""

    async def step() -> None:
        await drop_revoked(pool, clock)

    return {
        "upload_retention": upload_retention(pool, clock).worker(),
        "upload_refusal_retention": refusal_retention(pool, clock).worker(),
        "revoked_uploads": PeriodicWorker("revoked_uploads", step, interval_s=INTERVAL_S),
    }
