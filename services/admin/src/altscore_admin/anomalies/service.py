"""Anomalies are read by those who may read the score store, and a reading about one retailer is audited."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.outbox import Outbox

from altscore_admin.anomalies import store
from altscore_admin.errors import AnomalyReviewed
from altscore_admin.operators.domain import Operator


@dataclass(frozen=True)
class AnomalyService:
    """Reads and reviews anomalies for operators."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock

    async def review(
        self, operator: Operator, anomaly_id: str, decision: Literal["release", "confirm"], *, ticket: str
    ) -> asyncpg.Record:
        """Closes an anomaly with what a person decided.

        Raises:
            NotFound: no such anomaly.
            AnomalyReviewed: somebody decided before.
        """
        review = {"release": "released", "confirm": "confirmed"}[decision]
        async with transaction(self.pool) as connection:
            row = await store.review(connection, anomaly_id, review, at=self.clock.now(), by=operator.operator_id)
            if row is None:
                if not await store.exists(connection, anomaly_id):
                    raise NotFound("no such anomaly")
                raise AnomalyReviewed("this anomaly was reviewed before")
            await self.outbox.audit(
                connection,
                "anomaly_reviewed",
                actor=operator.operator_id,
                subject=row["retailer_id"],
                outcome=review,
                details={"anomaly_id": anomaly_id, "ticket": ticket},
            )
            return row

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
