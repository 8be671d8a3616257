"""Changes of a lender's access: audited as requested, carried out by score, which owns it, audited as done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.service import Approved
from altscore_admin.clients import UpstreamClients
from altscore_admin.lender_access.domain import ACTIONS, AccessCommand, Kind
from altscore_admin.operators.domain import Operator

_RESULT = ("is_repeated", "client_secret", "former_valid_until")


@dataclass(frozen=True)
class LenderAccessService:
    """Has score change lenders' access."""

    pool: asyncpg.Pool
    outbox: Outbox
    upstream: UpstreamClients

    async def change(self, operator: Operator, command: AccessCommand) -> dict[str, Any]:
        """Has score carry out the command; a new secret comes back once and is stored nowhere here."""
        options = {name: str(value) for name, value in command.options.items()}
        await self._audit(operator, command, "requested", details=options)
        order = {
            "order_id": command.command_id,
            "by": operator.operator_id,
            "reason": command.reason,
            **command.options,
        }
        try:
            result = await self.upstream.change_access(command.lender_id, command.kind, order)
        except AltScoreError as error:
            await self._audit(operator, command, "refused", details={"code": error.code})
            raise
        details = {"repeated": "yes" if result["is_repeated"] else "no"}
        if command.kind == "rotate-secret":
            details["secrets_shown"] = "yes" if result.get("client_secret") else "no"
        await self._audit(operator, command, "ok", details=details)
        return {"lender_id": command.lender_id, **{name: result.get(name) for name in _RESULT}}

    async def suspend_approved(self, _connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Suspends a lender and its sandbox client, as two persons want it."""
        return await self._change_approved("suspend", approved)

    async def reactivate_approved(self, _connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Lets a lender and its sandbox client sign in again, as two persons want it."""
        return await self._change_approved("reactivate", approved)

    async def _change_approved(self, kind: Kind, approved: Approved) -> Mapping[str, Any]:
        """Score knows the approval's id as the order's: tried again, it is carried out once."""
        command = AccessCommand(
            command_id=str(UUID(hex=approved.approval_id.removeprefix("apr_"))),
            kind=kind,
            lender_id=approved.subject,
            reason=approved.fields["reason"],
        )
        result = await self.change(approved.operator, command)
        return {"lender_id": command.lender_id, "is_repeated": result["is_repeated"]}

    async def _audit(
        self, operator: Operator, command: AccessCommand, outcome: str, *, details: dict[str, str]
    ) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                ACTIONS[command.kind],
                actor=operator.operator_id,
                subject=command.lender_id,
                outcome=outcome,
                reason=command.reason,
                details={"order_id": command.command_id, **details},
            )
