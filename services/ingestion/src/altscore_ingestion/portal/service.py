"""Readings of one distributor for the portal, which says whose it asks for."""

from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound

from altscore_ingestion.installations.domain import Installation
from altscore_ingestion.installations.store import find as find_installation
from altscore_ingestion.portal import store
from altscore_ingestion.totals.domain import Comparison
from altscore_ingestion.totals.service import TotalsService


class Sync(NamedTuple):
    """How far a ledger has come."""

    summary: asyncpg.Record
    coverage: list[asyncpg.Record]
    heartbeat: asyncpg.Record | None
    installation: Installation | None
    comparison: Comparison


class Credentials(NamedTuple):
    """What a connector proves itself with."""

    certificates: list[asyncpg.Record]
    api_keys: list[asyncpg.Record]
    ssh_keys: list[asyncpg.Record]


class PortalService:
    """Reads what a distributor may see of itself.

    Args:
        pool: of the ingestion database.
        totals: compares the ledger with the ERP's own totals.
    """

    def __init__(self, pool: asyncpg.Pool, totals: TotalsService) -> None:
        self._pool = pool
        self._totals = totals

    async def sync(self, distributor_id: str) -> Sync:
        """How far the ledger has come.

        Raises:
            NotFound: no such distributor.
        """
        async with transaction(self._pool) as connection:
            if not await store.is_known(connection, distributor_id):
                raise NotFound("no such distributor")
            summary = await store.summary(connection, distributor_id)
            coverage = await store.coverage(connection, distributor_id)
            heartbeat = await store.heartbeat(connection, distributor_id)
            installation = await find_installation(connection, distributor_id)
        comparison = await self._totals.compare_ledger(distributor_id)
        return Sync(summary, coverage, heartbeat=heartbeat, installation=installation, comparison=comparison)

    async def batches(self, distributor_id: str, *, before: tuple[datetime, str], limit: int) -> list[asyncpg.Record]:
        """A page of batches, the newest first."""
        async with transaction(self._pool) as connection:
            return await store.batches(connection, distributor_id, before=before, limit=limit)

    async def batch(self, distributor_id: str, batch_id: str) -> tuple[asyncpg.Record, list[asyncpg.Record]]:
        """One batch, and why records of it stay in quarantine.

        Raises:
            NotFound: this distributor has no such batch.
        """
        async with transaction(self._pool) as connection:
            row = await store.batch(connection, distributor_id, batch_id)
            if row is None:
                raise NotFound("no such batch")
            return row, await store.reasons(connection, batch_id)

    async def quarantined(
        self, distributor_id: str, *, before: tuple[datetime, str], after: tuple[str, int], limit: int
    ) -> list[asyncpg.Record]:
        """A page of quarantined records."""
        async with transaction(self._pool) as connection:
            return await store.quarantined(connection, distributor_id, before=before, after=after, limit=limit)

    async def credentials(self, distributor_id: str) -> Credentials:
        """Certificates and keys: when they count, and nothing that proves them."""
        async with transaction(self._pool) as connection:
            return Credentials(
                await store.certificates(connection, distributor_id),
                await store.keys(connection, distributor_id),
                await store.ssh_keys(connection, distributor_id),
            )
