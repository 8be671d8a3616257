"""Rights requests: opened, verified, answered step by step; each step is logged and audited in its transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound, Unavailable
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.clients import UpstreamClients
from altscore_admin.errors import EvidenceRequired, RightsStepRefused
from altscore_admin.notices.events import Notice, request_notice
from altscore_admin.operators.domain import Operator
from altscore_admin.rights import domain, store
from altscore_admin.rights.domain import Kind, Outcome, Refusal, Requester, RightsClock, State, Step
from altscore_admin.rights.store import LoggedStep, NewRequest, Place

Row = Mapping[str, Any]


class RightsRequest(NamedTuple):
    """A request, its clock at the instant of reading, and from when on its erasure may be approved."""

    row: Row
    clock: RightsClock
    erasable_at: datetime | None


@dataclass(frozen=True)
class Intake:
    """What an operator took in: who asks for which right, how they came, and what proves that they may."""

    kind: Kind
    retailer_id: str
    channel: domain.Channel
    ticket: str
    language: str = "hi"
    requester: Requester = Requester.RETAILER
    is_minor: bool = False
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepLog:
    """Takes a step of a request: state, log and audit in one transaction, which is the caller's."""

    outbox: Outbox
    clock: Clock

    async def take(
        self,
        connection: asyncpg.Connection,
        row: Row,
        step: Step,
        *,
        actor: str,
        details: Mapping[str, str] | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> Row:
        """The request after a step.

        Args:
            connection: in a transaction that locks the request.
            row: the request before.
            step: what happens.
            actor: the operator, `retailer`, or a service.
            details: ids and codes for the log and the audit.
            changes: columns that change with it.

        Raises:
            RightsStepRefused: not a step of this kind, or not now.
        """
        now, request_id = self.clock.now(), row["request_id"]
        state = domain.next_state(Kind(row["kind"]), State(row["state"]), step)
        ended = {"ended_at": now if state in domain.ENDED else None}
        changed: Row = await store.change(connection, request_id, state, {**ended, **(changes or {})})
        await store.add_step(connection, request_id, step, actor=actor, at=now, details=details or {})
        await self.outbox.audit(
            connection,
            "rights_request_changed",
            actor=actor,
            subject=row["retailer_id"],
            outcome=state,
            reason=step,
            details={"rights_request_id": request_id, "kind": row["kind"], **(details or {})},
        )
        return changed


@dataclass(frozen=True)
class RightsService:
    """Use cases of the people who answer rights requests."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients
    log: StepLog
    notice: timedelta

    async def open(self, operator: Operator, intake: Intake) -> RightsRequest:
        """Takes in a request and starts its clock; while one of its kind is open, that one is the answer.

        A request of a nominee or about a minor without documents is refused at once, with the reason, until they are
        attached.
        """
        now = self.clock.now()
        refusal = domain.missing_evidence(intake.requester, is_minor=intake.is_minor, evidence=len(intake.evidence))
        request = NewRequest(
            request_id=new_id("rgt"),
            kind=intake.kind,
            retailer_id=intake.retailer_id,
            state=State.REFUSED if refusal else State.RECEIVED,
            channel=intake.channel,
            ticket=intake.ticket,
            language=intake.language,
            requester=intake.requester,
            is_minor=intake.is_minor,
            evidence=list(intake.evidence),
            refusal=refusal,
            opened_by=operator.operator_id,
            received_at=now,
            due_at=domain.due_at(intake.kind, now),
            ended_at=now if refusal else None,
        )
        async with transaction(self.pool) as connection:
            if (standing := await store.open_of(connection, intake.retailer_id, intake.kind)) is not None:
                return self._timed(standing)
            if not await store.add(connection, request):  # another one was quicker
                if (standing := await store.open_of(connection, intake.retailer_id, intake.kind)) is None:
                    raise Unavailable("another request of this kind was open a moment ago; repeat it")
                return self._timed(standing)
            await self._log_opening(connection, operator, request)
            return self._timed(await _row(connection, request.request_id))

    async def _log_opening(self, connection: asyncpg.Connection, operator: Operator, request: NewRequest) -> None:
        details = {
            **{name: getattr(request, name) for name in ("channel", "ticket", "requester")},
            **({"refusal": request.refusal} if request.refusal else {}),
        }
        by, at = operator.operator_id, request.received_at
        await store.add_step(connection, request.request_id, Step.OPENED, actor=by, at=at, details=details)
        await self.outbox.audit(
            connection,
            "rights_requested",
            actor=by,
            subject=request.retailer_id,
            outcome=request.state,
            details={"rights_request_id": request.request_id, "kind": request.kind, **details},
        )

    async def page(self, *, state: State | None, after: Place, limit: int) -> list[RightsRequest]:
        """Requests behind a place, the most urgent first; without a state the open ones."""
        async with transaction(self.pool) as connection:
            return [self._timed(row) for row in await store.page(connection, state=state, after=after, limit=limit)]

    async def read(self, operator: Operator, request_id: str) -> tuple[RightsRequest, list[LoggedStep]]:
        """A request with its log; the reading is audited.

        Raises:
            NotFound: no such request.
        """
        async with transaction(self.pool) as connection:
            row = await _row(connection, request_id)
            await self.outbox.audit(
                connection,
                "admin_data_access",
                actor=operator.operator_id,
                subject=row["retailer_id"],
                outcome="ok",
                details={"rights_request_id": request_id, "what": "rights_request"},
            )
            return self._timed(row), await store.steps(connection, request_id)

    async def attach_evidence(self, operator: Operator, request_id: str, evidence: list[str]) -> RightsRequest:
        """Attaches documents by their ids; one refused for want of them is received now, and its clock begins.

        Raises:
            EvidenceRequired: the request was refused for another reason, or still lacks what it was refused for.
        """
        async with transaction(self.pool) as connection:
            row = await locked(connection, request_id)
            details = {"evidence": ",".join(evidence)}
            if await _is_repeated(connection, request_id, Step.EVIDENCE_ATTACHED, details):
                return self._timed(row)
            domain.check_evidence(row["refusal"])
            whole = sorted({*row["evidence"], *evidence})
            requester = Requester(row["requester"])
            if domain.missing_evidence(requester, is_minor=row["is_minor"], evidence=len(whole)):
                raise EvidenceRequired("a minor's data need a guardian who asks; open a request of theirs")
            changes: dict[str, Any] = {"evidence": whole}
            if row["state"] == State.REFUSED:
                if await store.open_of(connection, row["retailer_id"], row["kind"]) is not None:
                    raise RightsStepRefused("another request of this kind is open for the retailer")
                now = self.clock.now()
                changes |= {"refusal": None, "received_at": now, "due_at": domain.due_at(Kind(row["kind"]), now)}
            return await self._step(connection, operator, row, Step.EVIDENCE_ATTACHED, details=details, changes=changes)

    async def verify(
        self, operator: Operator, request_id: str, *, method: domain.Method, evidence: str
    ) -> RightsRequest:
        """Records how it was verified that the requester is who they say; an erasure's notice is asked for at once."""
        details = {"method": method, "evidence": evidence}
        async with transaction(self.pool) as connection:
            row = await locked(connection, request_id)
            if await _is_repeated(connection, request_id, Step.VERIFIED, details):
                return self._timed(row)
            request = await self._step(connection, operator, row, Step.VERIFIED, details=details)
            return request if row["kind"] != Kind.ERASURE else await self._ask_for_notice(connection, request.row)

    async def _ask_for_notice(self, connection: asyncpg.Connection, row: Row) -> RightsRequest:
        now = self.clock.now()
        notice = Notice("erasure_notice", row["retailer_id"], row["language"], reference=row["request_id"])
        notice_id = await request_notice(self.outbox, connection, notice, at=now)
        changes = {"notice_id": notice_id, "notice_requested_at": now}
        step, details = Step.NOTICE_REQUESTED, {"notice_id": notice_id}
        return self._timed(await self.log.take(connection, row, step, actor="admin", details=details, changes=changes))

    async def refuse(self, operator: Operator, request_id: str, reason: Refusal) -> RightsRequest:
        """Ends a request with a reason."""
        return await self.act(operator, request_id, Step.REFUSED, {"reason": reason}, {"refusal": reason})

    async def object(
        self, operator: Operator, request_id: str, *, channel: domain.Channel, ticket: str
    ) -> RightsRequest:
        """The retailer takes the request back, by whatever channel; an erasure does not happen, and they are told."""
        details = {"channel": channel, "ticket": ticket}
        async with transaction(self.pool) as connection:
            row = await locked(connection, request_id)
            if await _is_repeated(connection, request_id, Step.OBJECTED, details):
                return self._timed(row)
            return self._timed(await cancel(self.log, connection, row, actor=operator.operator_id, details=details))

    async def request_rescoring(self, operator: Operator, request_id: str) -> RightsRequest:
        """Asks score to have the retailer scored anew, after the distributor has corrected its records.

        Raises:
            Unavailable: score does not answer; nothing is recorded, repeat it.
        """
        async with transaction(self.pool) as connection:
            row = await locked(connection, request_id)
            domain.next_state(Kind(row["kind"]), State(row["state"]), Step.RESCORING_REQUESTED)
        lenders = await self.upstream.request_rescoring(row["retailer_id"], request_id)
        details = {"lenders": str(lenders)}
        return await self.act(operator, request_id, Step.RESCORING_REQUESTED, details)

    async def close(self, operator: Operator, request_id: str, outcome: Outcome) -> RightsRequest:
        """Ends an answered request.

        Raises:
            RightsStepRefused: nothing was answered yet, or another outcome belongs to what was done.
        """
        async with transaction(self.pool) as connection:
            row = await locked(connection, request_id)
            if await _is_repeated(connection, request_id, Step.CLOSED, {"outcome": outcome}):
                return self._timed(row)
            if outcome not in domain.OUTCOMES.get(State(row["state"]), frozenset()):
                raise RightsStepRefused(f"a request in state {row['state']} does not end with this outcome")
            changes = {"outcome": outcome}
            return await self._step(connection, operator, row, Step.CLOSED, details=changes, changes=changes)

    async def act(
        self,
        operator: Operator,
        request_id: str,
        step: Step,
        details: Mapping[str, str],
        changes: Mapping[str, Any] | None = None,
    ) -> RightsRequest:
        """Takes a step that needs nothing else; the same one again, as the newest of the log, changes nothing."""
        async with transaction(self.pool) as connection:
            row = await locked(connection, request_id)
            if await _is_repeated(connection, request_id, step, details):
                return self._timed(row)
            return await self._step(connection, operator, row, step, details=details, changes=changes)

    async def _step(
        self,
        connection: asyncpg.Connection,
        operator: Operator,
        row: Row,
        step: Step,
        *,
        details: Mapping[str, str],
        changes: Mapping[str, Any] | None = None,
    ) -> RightsRequest:
        by = operator.operator_id
        return self._timed(await self.log.take(connection, row, step, actor=by, details=details, changes=changes))

    def _timed(self, row: Row) -> RightsRequest:
        return timed(row, self.clock.now(), self.notice)


def timed(row: Row, now: datetime, notice: timedelta) -> RightsRequest:
    """A request as it stands at an instant."""
    return RightsRequest(row, domain.clock_of(row, now), domain.erasable_at(row["notice_at"], notice))


async def cancel(
    log: StepLog, connection: asyncpg.Connection, row: Row, *, actor: str, details: Mapping[str, str]
) -> Row:
    """The retailer objected; of an erasure that they were told about, they hear that it does not happen."""
    changed = await log.take(connection, row, Step.OBJECTED, actor=actor, details=details)
    if row["notice_requested_at"] is not None:
        notice = Notice("erasure_cancelled", row["retailer_id"], row["language"], reference=row["request_id"])
        await request_notice(log.outbox, connection, notice, at=log.clock.now())
    return changed


async def locked(connection: asyncpg.Connection, request_id: str) -> asyncpg.Record:
    """A request, locked.

    Raises:
        NotFound: no such request.
    """
    row = await store.get(connection, request_id, lock=True)
    if row is None:
        raise NotFound("no such rights request")
    return row


async def _row(connection: asyncpg.Connection, request_id: str) -> asyncpg.Record:
    row = await store.get(connection, request_id)
    if row is None:
        raise NotFound("no such rights request")
    return row


async def _is_repeated(connection: asyncpg.Connection, request_id: str, step: Step, details: Mapping[str, str]) -> bool:
    """Whether this is what the log says last, what the service itself added behind it aside."""
    own = {Step.NOTICE_REQUESTED, Step.OVERDUE}
    logged = [entry for entry in await store.steps(connection, request_id) if entry.step not in own]
    return bool(logged) and (logged[-1].step, logged[-1].details) == (step, dict(details))
