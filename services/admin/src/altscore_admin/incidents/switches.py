"""Switches of the response: tokens of all lenders revoked, ingestion and serving stopped; a drill calls nothing."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import asyncpg
from altscore_libs.canonical_json import canonical_digest
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, Forbidden, Unavailable

from altscore_admin.clients import UpstreamClients
from altscore_admin.incidents import store
from altscore_admin.incidents.domain import TimelineEntry
from altscore_admin.incidents.service import Timeline, locked, repeated
from altscore_admin.incidents.store import Command
from altscore_admin.lender_access.domain import AccessCommand
from altscore_admin.lender_access.service import LenderAccessService
from altscore_admin.operators.domain import Operator, Permission, may
from altscore_admin.switches.domain import Target
from altscore_admin.switches.service import SwitchService as ServiceSwitches

Switch = Literal["revoke_tokens", "stop_ingestion", "stop_serving"]
SwitchStatus = Literal["ok", "incomplete", "simulated"]
SERVICES: Mapping[str, Target] = {"stop_ingestion": Target.INGESTION, "stop_serving": Target.SERVING}


class SwitchResult(NamedTuple):
    """What a switch did.

    Args:
        status: simulated: it is a drill and nothing was called; incomplete: `failed` names what is still on.
        done: what was switched off, or would have been.
        failed: (what, code of the refusal).
    """

    switch: Switch
    status: SwitchStatus
    done: Sequence[str]
    failed: Sequence[tuple[str, str]]


class Switches(Protocol):
    """What can be switched off, and the switching."""

    async def targets(self, switch: Switch) -> list[str]:
        """What the switch is about: accounts of lenders, or services."""
        ...

    async def switch_off(
        self, operator: Operator, switch: Switch, target: str, *, command_id: str, incident_id: str
    ) -> None:
        """Switches one target off; repeating with the same id changes nothing."""
        ...


@dataclass(frozen=True)
class UpstreamSwitches:
    """Score revokes tokens and stops serving, ingestion stops taking batches."""

    upstream: UpstreamClients
    lender_access: LenderAccessService
    services: ServiceSwitches

    async def targets(self, switch: Switch) -> list[str]:
        """The service, or every account of a lender that score knows, the sandbox's among them.

        Raises:
            Unavailable: score does not answer, so nobody knows whose tokens are out.
        """
        if switch in SERVICES:
            return [SERVICES[switch].value]
        try:
            listing = await self.upstream.lender_access()
            return sorted({str(lender["client_id"]) for lender in listing["lenders"]})
        except (KeyError, TypeError) as error:
            raise Unavailable("another service gave no usable answer") from error

    async def switch_off(
        self, operator: Operator, switch: Switch, target: str, *, command_id: str, incident_id: str
    ) -> None:
        """Stops a service, or voids all tokens of one account; audited as without an incident."""
        if switch in SERVICES:
            await self.services.switch_off(
                operator, SERVICES[switch], reason="breach", ticket=incident_id, order_id=command_id
            )
            return
        order = AccessCommand(command_id=command_id, kind="revoke-tokens", lender_id=target, reason="compromise")
        await self.lender_access.change(operator, order)


@dataclass(frozen=True)
class SwitchService:
    """Operates switches for an incident and records what they did."""

    pool: asyncpg.Pool
    timeline: Timeline
    switches: Switches

    async def operate(
        self, operator: Operator, incident_id: str, switch: Switch, *, note: str, command: Command
    ) -> SwitchResult:
        """Switches everything off that the switch is about; repeating goes on with what failed.

        Raises:
            Forbidden: stopping a service needs the permission to switch off.
            NotFound, IncidentClosed: of the incident.
            CommandConflict: the same X-Request-ID asked for something else.
            Unavailable: what is to be switched off is not known.
        """
        if switch in SERVICES and not may(operator.roles, Permission.SWITCH_OFF):
            raise Forbidden(f"your roles do not hold the permission {Permission.SWITCH_OFF.value}")
        async with transaction(self.pool) as connection:
            await locked(connection, incident_id)
        targets = await self.switches.targets(switch)
        incident = await self._begin(operator, incident_id, switch, note=note, command=command)
        if incident["is_drill"]:
            result = SwitchResult(switch, "simulated", done=targets, failed=[])
        else:
            result = await self._all_off(operator, incident_id, switch, targets=targets, command=command)
        await self._record(operator, incident, result)
        return result

    async def _begin(
        self, operator: Operator, incident_id: str, switch: Switch, *, note: str, command: Command
    ) -> Mapping[str, Any]:
        async with transaction(self.pool) as connection:
            earlier = await repeated(connection, command, incident_id=incident_id)
            incident = await locked(connection, incident_id)
            if earlier is None:
                entry = TimelineEntry(kind="switch", subject=switch, outcome="requested", note=note, details={})
                await self.timeline.append(connection, incident, entry, by=operator.operator_id, command=command)
        return incident

    async def _all_off(
        self, operator: Operator, incident_id: str, switch: Switch, *, targets: Sequence[str], command: Command
    ) -> SwitchResult:
        done, failed = [], []
        for target in targets:
            # The same command asks for the same orders, so that a repetition revokes nothing twice.
            order_id = str(uuid.uuid5(command.command_id, target))
            try:
                await self.switches.switch_off(operator, switch, target, command_id=order_id, incident_id=incident_id)
                done.append(target)
            except AltScoreError as error:
                failed.append((target, error.code))
        return SwitchResult(switch, "incomplete" if failed else "ok", done=done, failed=failed)

    async def _record(self, operator: Operator, incident: Mapping[str, Any], result: SwitchResult) -> None:
        codes = Counter(code for _, code in result.failed)
        details = {
            "done": str(len(result.done)),
            "failed": str(len(result.failed)),
            "codes": ",".join(sorted(codes)),
            "targets_sha256": _digest(result),
        }
        names = f"not switched off: {', '.join(name for name, _ in result.failed)}" if result.failed else ""
        entry = TimelineEntry(kind="switch", subject=result.switch, outcome=result.status, note=names, details=details)
        async with transaction(self.pool) as connection:
            await store.get(connection, incident["incident_id"], lock=True)
            await self.timeline.append(connection, incident, entry, by=operator.operator_id)


def _digest(result: SwitchResult) -> str:
    return canonical_digest([list(result.done), [list(pair) for pair in result.failed]]).hex()
