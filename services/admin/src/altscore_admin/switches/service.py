"""Serving and ingestion are switched off by one person, since every minute counts, and on again by two."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, Unavailable
from altscore_libs.ids import uuid7
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.service import Approved, end_open
from altscore_admin.clients import UpstreamClients
from altscore_admin.operators.domain import Operator
from altscore_admin.switches.domain import SwitchCommand, Target

SWITCH_ACTION, SWITCH_ON = "service_switched", "switch_on"


@dataclass(frozen=True)
class SwitchService:
    """Has score and ingestion switch themselves."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients

    async def read(self) -> dict[Target, dict[str, Any] | None]:
        """Every switch as its owner has it; None of an owner that does not answer, which hides no other."""
        states = await asyncio.gather(*(self._read(target) for target in Target))
        return dict(zip(Target, states, strict=True))

    async def _read(self, target: Target) -> dict[str, Any] | None:
        try:
            return await self.upstream.read_switch(target)
        except Unavailable:
            return None

    async def switch_off(
        self, operator: Operator, target: Target, *, reason: str, ticket: str, order_id: str | None = None
    ) -> dict[str, Any]:
        """Switches off at once; repeating is safe. An open request to switch it on ends: it was made before.

        Args:
            ticket: the ticket, or the incident, that says more.
            order_id: of the order, a UUID; None: a new one.

        Raises:
            Unavailable: the owner did not confirm it; it may have been done.
        """
        command = SwitchCommand(target, is_off=True, reason=reason, ticket=ticket, order_id=order_id or str(uuid7()))
        async with transaction(self.pool) as connection:
            await self._end_switch_on(connection, operator, target)
        return await self._switch(operator, command, proposed_by=None)

    async def switch_approved(self, connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Switches as two persons want it."""
        command = SwitchCommand(
            Target(approved.subject),
            is_off=approved.fields["is_off"],
            reason=approved.fields["reason"],
            ticket=approved.fields["ticket"],
            order_id=str(UUID(hex=approved.approval_id.removeprefix("apr_"))),
        )
        if command.is_off:
            await self._end_switch_on(connection, approved.operator, command.target)
        result = await self._switch(approved.operator, command, proposed_by=approved.proposed_by)
        return {"target": command.target.value, "is_off": result["is_off"]}

    async def _end_switch_on(self, connection: asyncpg.Connection, operator: Operator, target: Target) -> None:
        now, subject = self.clock.now(), target.value
        await end_open(
            connection, self.outbox, operator, kind=SWITCH_ON, subject=subject, reason="switched_off", now=now
        )

    async def _switch(self, operator: Operator, command: SwitchCommand, *, proposed_by: str | None) -> dict[str, Any]:
        details = {"order_id": command.order_id, "is_off": str(command.is_off).lower(), "ticket": command.ticket}
        if proposed_by is not None:
            details["proposed_by"] = proposed_by
        await self._audit(operator, command, "requested", details=details)
        try:
            result = await self.upstream.switch(command, by=operator.operator_id)
        except AltScoreError as error:
            await self._audit(operator, command, "refused", details=details | {"code": error.code})
            raise
        await self._audit(operator, command, "ok", details=details)
        return result

    async def _audit(
        self, operator: Operator, command: SwitchCommand, outcome: str, *, details: Mapping[str, str]
    ) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                SWITCH_ACTION,
                actor=operator.operator_id,
                subject=command.target.value,
                outcome=outcome,
                reason=command.reason,
                details=details,
            )
