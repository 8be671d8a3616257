"""The overview: what the database of this service holds, in figures."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.db import transaction

from altscore_admin.overview import store
from altscore_admin.overview.schemas import DistributorRow, LenderRow, OverviewOut, PromotionRow


@dataclass(frozen=True)
class OverviewService:
    """Reads the overview."""

    pool: asyncpg.Pool

    async def read(self) -> OverviewOut:
        """Partners, invites, promotions and anomalies in figures."""
        async with transaction(self.pool) as connection:
            return OverviewOut(
                counts=dict(await store.counts(connection)),
                distributors=[DistributorRow(**dict(row)) for row in await store.distributors(connection)],
                lenders=[LenderRow(**dict(row)) for row in await store.lenders(connection)],
                promotions=[PromotionRow(**dict(row)) for row in await store.promotions(connection)],
            )
