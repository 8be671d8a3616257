"""Whether Bronze holds what the ERP says its ledger is."""

import asyncpg
from altscore_libs.db import transaction

from altscore_ingestion.totals import store
from altscore_ingestion.totals.domain import Comparison, compare


class TotalsService:
    """Compares monthly totals of the ERP with live Bronze.

    Args:
        pool: of the ingestion database.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def compare_ledger(self, distributor_id: str) -> Comparison:
        """Every month that the ERP states or Bronze holds."""
        async with transaction(self._pool) as connection:
            return compare(
                await store.erp_totals(connection, distributor_id, batch_id=None),
                await store.live_totals(connection, distributor_id, months=None),
                unknown_tables=await store.tables_with_unknown_months(connection, distributor_id),
            )

    async def compare_batch(self, distributor_id: str, batch_id: str) -> Comparison:
        """The months of which this batch's statement is the newest; none where a later batch stated them again."""
        async with transaction(self._pool) as connection:
            stated = await store.erp_totals(connection, distributor_id, batch_id=batch_id)
            if not stated:
                return Comparison(())
            return compare(
                stated,
                await store.live_totals(connection, distributor_id, months=stated.keys()),
                unknown_tables=await store.tables_with_unknown_months(connection, distributor_id),
            )
