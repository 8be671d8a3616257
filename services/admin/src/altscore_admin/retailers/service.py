"""What operators do with a single retailer: confirm a second phone at the vault, read the consent history.

A confirmation is audited as requested, asked of the vault, audited as done; a reading is audited before it is shown.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, NotFound
from altscore_libs.outbox import Outbox

from altscore_admin.clients import UpstreamClients
from altscore_admin.operators.domain import Operator
from altscore_admin.partners import store


@dataclass(frozen=True)
class RetailerService:
    """Acts on single retailers in the services that own their data."""

    pool: asyncpg.Pool
    outbox: Outbox
    upstream: UpstreamClients

    async def confirm_phone(self, operator: Operator, retailer_id: str, distributor_id: str) -> None:
        """Confirms a retailer's phone that only this distributor's ledger names, so that it may answer invites.

        Raises:
            NotFound: no such distributor, or its ledger holds no phone of that retailer.

        Source: decision 89.
        """
        details = {"kind": "phone_confirmation", "distributor_id": distributor_id}
        async with transaction(self.pool) as connection:
            if await store.distributor_name(connection, distributor_id) is None:
                raise NotFound("no such distributor")
            await self._audit(connection, operator, retailer_id, outcome="requested", details=details)
        try:
            contact_ref = await self.upstream.confirm_phone(retailer_id, distributor_id)
        except AltScoreError as error:
            async with transaction(self.pool) as connection:
                details["code"] = error.code
                await self._audit(connection, operator, retailer_id, outcome="refused", details=details)
            raise
        async with transaction(self.pool) as connection:
            details["contact_ref"] = contact_ref
            await self._audit(connection, operator, retailer_id, outcome="ok", details=details)

    async def consent_history(self, operator: Operator, retailer_id: str, ticket: str | None) -> dict[str, Any]:
        """Invites and signed records of a retailer, as consent keeps them.

        Args:
            operator: who reads.
            retailer_id: whose consent.
            ticket: number of the ticket that justifies the reading.
        """
        async with transaction(self.pool) as connection:  # durable before anything is shown
            await self.outbox.audit(
                connection,
                "admin_data_access",
                actor=operator.operator_id,
                subject=retailer_id,
                outcome="ok",
                details={"kind": "consent_history", "justification_ticket": ticket or "none"},
            )
        return await self.upstream.consent_history(retailer_id)

    async def _audit(
        self,
        connection: asyncpg.Connection,
        operator: Operator,
        retailer_id: str,
        *,
        outcome: str,
        details: dict[str, str],
    ) -> None:
        await self.outbox.audit(
            connection,
            "admin_action",
            actor=operator.operator_id,
            subject=retailer_id,
            outcome=outcome,
            details=details,
        )
