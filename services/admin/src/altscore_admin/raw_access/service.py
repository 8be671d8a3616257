"""Raw data are read by a super admin while an access runs that another one approved; every reading names both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, Forbidden
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox
from prometheus_client import Counter

from altscore_admin.approvals.service import ApprovalService, Approved
from altscore_admin.clients import UpstreamClients
from altscore_admin.operators.domain import Operator
from altscore_admin.raw_access.domain import KIND, LONGEST, Access, running

RAW_ACCESS_ACTION = "raw_access_read"
_reads = Counter("altscore_admin_raw_access_reads_total", "Identities that an operator read in the clear.", ["outcome"])
for _outcome in ("ok", "refused"):
    _reads.labels(_outcome)  # an increase is seen only of a series that was there before


class Identity(NamedTuple):
    """Who a retailer is, and the access under which it is shown."""

    ledgers: list[dict[str, Any]]
    access: Access


@dataclass(frozen=True)
class RawAccessService:
    """Shows identities through the vault."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients
    approvals: ApprovalService

    async def identity(self, operator: Operator, retailer_id: str, distributor_id: str | None) -> Identity:
        """What ledgers say of a retailer, in the clear; audited before it is shown.

        Args:
            operator: who reads; the access must be theirs.
            retailer_id: whose identity.
            distributor_id: reads this distributor's ledger alone, under an access to it instead of the retailer's.

        Raises:
            Forbidden: no access of this operator runs.
            NotFound: the vault knows no such retailer.
        """
        now, scope = self.clock.now(), distributor_id or retailer_id
        async with transaction(self.pool) as connection:
            approvals = await self.approvals.executed_since(connection, KIND, scope, now - LONGEST - timedelta(hours=1))
            access = running(approvals, operator.operator_id, now)
            await self._audit(connection, operator, retailer_id, access=access, scope=scope)
        _reads.labels("refused" if access is None else "ok").inc()
        if access is None:
            raise Forbidden("no access of yours runs: request it, and have another super admin approve it")
        try:
            ledgers = await self.upstream.reveal_identity(retailer_id, access.approval_id, distributor_id)
        except AltScoreError as error:
            async with transaction(self.pool) as connection:
                await self._audit(connection, operator, retailer_id, access=access, scope=scope, code=error.code)
            raise
        return Identity(ledgers, access)

    async def _audit(
        self,
        connection: asyncpg.Connection,
        operator: Operator,
        retailer_id: str,
        *,
        access: Access | None,
        scope: str,
        code: str | None = None,
    ) -> None:
        details = {"scope": scope}
        if access is not None:
            details |= {
                "approval_id": access.approval_id,
                "approved_by": access.approved_by,
                "purpose": access.purpose,
                "ticket": access.ticket,
            }
        reason = code or ("NO_ACCESS" if access is None else None)
        await self.outbox.audit(
            connection,
            RAW_ACCESS_ACTION,
            actor=operator.operator_id,
            subject=retailer_id,
            outcome="ok" if reason is None else "refused",
            reason=reason,
            details=details,
        )


@dataclass(frozen=True)
class RawAccessStart:
    """The executor: an access begins when it is approved."""

    clock: Clock

    async def start(self, _connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Nothing is stored but the approval itself, which every reading verifies."""
        ends_at = self.clock.now() + timedelta(minutes=approved.fields["minutes"])
        return {"ends_at": format_instant(ends_at, "seconds"), "reader": approved.proposed_by}
