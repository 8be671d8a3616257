"""Anomalies are read by those who may read the score store, and a reading about one retailer is audited."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox

from altscore_admin.anomalies import store
from altscore_admin.operators.domain import Operator


@dataclass(frozen=True)
class AnomalyService:
    """Reads anomalies for operators."""

    pool: asyncpg.Pool
    outbox: Outbox

    async def newest(
        self,
        operator: Operator,
        *,
        before: tuple[datetime, str],
        limit: int,
        retailer_id: str | None = None,
        ticket: str | None = None,
    ) -> list[asyncpg.Record]:
        """Anomalies, the newest first: the open ones, or all of one retailer.

        Args:
            operator: who reads.
            before: the place behind which the page begins.
            limit: anomalies at most.
            retailer_id: whose; None for the open ones of everybody.
            ticket: number of the ticket that justifies the reading.
        """
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "admin_data_access",
                actor=operator.operator_id,
                subject=retailer_id or "anomalies",
                outcome="ok",
                details={"kind": "anomalies", "justification_ticket": ticket or "none"},
            )
            return await store.newest(connection, before=before, limit=limit, retailer_id=retailer_id)
