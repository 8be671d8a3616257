"""Onboarding and backfill windows: audited as requested, asked of the service that owns it, audited as done."""

from dataclasses import dataclass
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, NotFound
from altscore_libs.outbox import Outbox

from altscore_admin.clients import UpstreamClients
from altscore_admin.operators.domain import Operator
from altscore_admin.partners import store


@dataclass(frozen=True)
class PartnerService:
    """Onboards distributors at ingestion and lenders at score."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients

    async def onboard_distributor(
        self, operator: Operator, distributor_id: str, *, name: str, csr_pem: str
    ) -> dict[str, Any]:
        """Onboards a distributor; the result holds its secrets once, and they are stored nowhere here."""
        by, at = operator.operator_id, self.clock.now()
        async with transaction(self.pool) as connection:
            await store.add_distributor(connection, distributor_id, name=name, by=by, at=at)
            await self.outbox.audit(
                connection, "distributor_onboarded", actor=by, subject=distributor_id, outcome="requested"
            )
        try:
            result = await self.upstream.put_distributor(distributor_id, name, csr_pem)
        except AltScoreError as error:
            await self._audit_refusal("distributor_onboarded", by, distributor_id, error)
            raise
        async with transaction(self.pool) as connection:
            await store.activate_distributor(connection, distributor_id)
            await self.outbox.audit(
                connection,
                "distributor_onboarded",
                actor=by,
                subject=distributor_id,
                outcome="ok",
                details={"secrets_shown": "yes" if result.get("api_key") else "no"},
            )
        return result

    async def onboard_lender(self, operator: Operator, lender_id: str, *, name: str) -> dict[str, Any]:
        """Onboards a lender; the result holds its secret once, and it is stored nowhere here."""
        by, at = operator.operator_id, self.clock.now()
        async with transaction(self.pool) as connection:
            await store.add_lender(connection, lender_id, name=name, by=by, at=at)
            await self.outbox.audit(connection, "lender_onboarded", actor=by, subject=lender_id, outcome="requested")
        try:
            result = await self.upstream.put_lender(lender_id, name)
        except AltScoreError as error:
            await self._audit_refusal("lender_onboarded", by, lender_id, error)
            raise
        async with transaction(self.pool) as connection:
            await store.activate_lender(connection, lender_id)
            await self.outbox.audit(
                connection,
                "lender_onboarded",
                actor=by,
                subject=lender_id,
                outcome="ok",
                details={"secrets_shown": "yes" if result.get("client_secret") else "no"},
            )
        return result

    async def open_backfill(self, operator: Operator, distributor_id: str, *, hours: int) -> str:
        """Opens a distributor's backfill window; returns when it closes.

        Raises:
            NotFound: no such distributor.
        """
        by = operator.operator_id
        async with transaction(self.pool) as connection:
            if await store.distributor_name(connection, distributor_id) is None:
                raise NotFound("no such distributor")
            await self.outbox.audit(
                connection,
                "backfill_opened",
                actor=by,
                subject=distributor_id,
                outcome="requested",
                details={"hours": str(hours)},
            )
        try:
            open_until = await self.upstream.open_backfill(distributor_id, hours)
        except AltScoreError as error:
            await self._audit_refusal("backfill_opened", by, distributor_id, error)
            raise
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "backfill_opened",
                actor=by,
                subject=distributor_id,
                outcome="ok",
                details={"open_until": open_until},
            )
        return open_until

    async def _audit_refusal(self, action: str, by: str, subject: str, error: AltScoreError) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(connection, action, actor=by, subject=subject, outcome="refused", reason=error.code)
