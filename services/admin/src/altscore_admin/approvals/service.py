"""Requests that another person approves: kept, approved with the digest of what was shown, carried out once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, Forbidden, NotFound
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys

from altscore_admin.approvals import domain, store
from altscore_admin.approvals.domain import Approval, ApprovalRequest, Content, Executed, Proposal, State
from altscore_admin.approvals.four_eyes import FourEyes
from altscore_admin.errors import ApprovalConflict, ApprovalInProgress, SameOperator
from altscore_admin.operators.domain import Operator, Permission, may

REQUESTED, EXECUTED, APPROVAL_CLOSED = "approval_requested", "approval_executed", "approval_closed"


class Approved(NamedTuple):
    """What an executor carries out: content that two persons want.

    `approval_id` is the same whenever it is tried again, so that an owner carries it out once. `operator` approved it.
    `approval` is what both persons signed, for an owner that verifies it.
    """

    approval_id: str
    subject: str
    fields: Mapping[str, Any]
    proposed_by: str
    proposed_at: datetime
    operator: Operator
    approval: Approval


# Works in the approval's transaction: what it stores there stands or falls with the approval.
Executor = Callable[[asyncpg.Connection, Approved], Awaitable[Mapping[str, Any]]]


class Kind(NamedTuple):
    """A kind of request: who may make and approve it, and what carries it out.

    Attributes:
        excludes_subject: the subject is a person, who neither requests nor approves it.
    """

    permission: Permission
    execute: Executor
    excludes_subject: bool = False


@dataclass(frozen=True)
class _Requested:
    """A request as the common mechanism sees it, kept in `approvals`."""

    content: Content
    operator: Operator
    execute: Executor
    now: datetime
    id_prefix: ClassVar[str] = "apr"
    proposed_action: ClassVar[str] = REQUESTED
    decided_action: ClassVar[str] = EXECUTED

    @property
    def digest(self) -> str:
        return self.content.digest

    def audit_details(self) -> Mapping[str, str]:
        return _details(self.content)

    def record(self, proposal: Proposal, *, approved_by: str, approved_at: datetime) -> bytes:
        return domain.approval_record(proposal, self.content, approved_by=approved_by, approved_at=approved_at)

    async def open_proposal(self, connection: asyncpg.Connection) -> Proposal | None:
        request = await store.open_about(connection, self.content.kind, self.content.subject)
        return request.proposal if request is not None else None

    async def propose(self, connection: asyncpg.Connection, proposal: Proposal) -> None:
        await store.add(connection, proposal, self.content)

    async def close(
        self, connection: asyncpg.Connection, proposal_id: str, state: Literal["withdrawn", "expired"]
    ) -> None:
        await store.close(connection, proposal_id, State(state), at=self.now)

    async def decide(self, connection: asyncpg.Connection, proposal: Proposal, approval: Approval) -> None:
        approved = Approved(
            approval_id=proposal.proposal_id,
            subject=self.content.subject,
            fields=self.content.fields,
            proposed_by=proposal.proposed_by,
            proposed_at=proposal.proposed_at,
            operator=self.operator,
            approval=approval,
        )
        result = await self.execute(connection, approved)
        await store.execute(connection, proposal.proposal_id, approval, result)


@dataclass(frozen=True)
class ApprovalService:
    """Four eyes for everything but models, whose second person states the same instead.

    Args:
        kinds: executors by the kind of a request.
    """

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PublicKeys
    four_eyes: FourEyes
    kinds: Mapping[str, Kind]

    async def request(
        self, connection: asyncpg.Connection, operator: Operator, *, kind: str, subject: str, content: Mapping[str, Any]
    ) -> ApprovalRequest:
        """Keeps a request in the caller's transaction; the same content again is the request that is open.

        Raises:
            ApprovalConflict: another operator's request of that kind about that subject is open and differs.
            SameOperator: the operator is whom it is about, which this kind excludes.
        """
        stated, now = Content.of(kind, subject, content), self.clock.now()
        _check_excluded(self.kinds[kind], subject, operator)
        decision = _Requested(stated, operator, execute=self.kinds[kind].execute, now=now)
        await store.lock_subject(connection, kind, subject)
        await self._expire(connection, now)
        proposal = await self.four_eyes.open_proposal(connection, decision)
        if proposal is not None and proposal.statement_digest != stated.digest:
            if not domain.is_same_person(proposal.proposed_by, operator.operator_id):
                raise ApprovalConflict(f"request {proposal.proposal_id} is open and says something else")
            await store.close(
                connection, proposal.proposal_id, State.WITHDRAWN, at=now, by=operator.operator_id, reason="corrected"
            )
            proposal = None
        if proposal is not None:
            approval_id = proposal.proposal_id
        else:
            by = operator.operator_id
            approval_id = (await self.four_eyes.propose(connection, decision, by=by, now=now)).proposal_id
        return _present(await store.read(connection, approval_id))

    @asynccontextmanager
    async def asking(self, operator: Operator, *, kind: str, subject: str) -> AsyncIterator[asyncpg.Connection]:
        """A transaction in which something is requested; a refusal of the request is audited."""
        try:
            async with transaction(self.pool) as connection:
                yield connection
        except (ApprovalConflict, SameOperator) as error:
            await self._audit(operator, REQUESTED, subject, error=error, details={"kind": kind})
            raise

    async def ask(self, operator: Operator, *, kind: str, subject: str, content: Mapping[str, Any]) -> ApprovalRequest:
        """`request` in a transaction of its own; a refusal is audited.

        Raises:
            ApprovalConflict, SameOperator: as `request`.
        """
        async with self.asking(operator, kind=kind, subject=subject) as connection:
            return await self.request(connection, operator, kind=kind, subject=subject, content=content)

    async def approve(self, operator: Operator, approval_id: str, content_sha256: str) -> ApprovalRequest:
        """Carries out an open request, once; again after that it answers the same.

        Args:
            operator: another person than the one who requested it, who may do this kind of thing.
            approval_id: which.
            content_sha256: digest of the content that the operator was shown.

        Raises:
            NotFound: no such request.
            Forbidden: the operator may not do this kind of thing.
            SameOperator: the operator requested it, or is whom it is about where the kind excludes them.
            ApprovalConflict: it is not open any more, or its content is another.
            ApprovalInProgress: another approval of it is being carried out.
            AltScoreError: the executor's; the request stays open and keeps the code.
        """
        details: dict[str, str] = {"content_sha256": content_sha256}
        try:
            async with transaction(self.pool) as connection:  # what is about to be done is on record before it is done
                await self._expire(connection, self.clock.now())
                request = _present(await store.read(connection, approval_id))
                details = {**_details(request.content), "content_sha256": content_sha256}
                self._check(request, operator, content_sha256)
                if request.state is State.EXECUTED:
                    return request
                await self._entry(connection, operator, EXECUTED, approval_id, outcome="requested", details=details)
            return await self._execute(operator, approval_id, content_sha256)
        except ApprovalInProgress:
            raise
        except AltScoreError as error:
            await self._audit(operator, EXECUTED, approval_id, error=error, details=details)
            raise

    async def reject(self, operator: Operator, approval_id: str, reason: str) -> ApprovalRequest:
        """Ends an open request: withdrawn by who made it, rejected by another who may do this kind of thing.

        Raises:
            NotFound: no such request.
            Forbidden: the operator may not do this kind of thing.
            ApprovalConflict: it is not open any more.
            ApprovalInProgress: it is being carried out.
        """
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            await self._expire(connection, now)
            request = await self._locked(connection, approval_id)
            self._check_may(request, operator)
            if request.state is not State.OPEN:
                raise ApprovalConflict(f"the request is {request.state.value}")
            is_own = domain.is_same_person(request.proposal.proposed_by, operator.operator_id)
            state = State.WITHDRAWN if is_own else State.REJECTED
            await store.close(connection, approval_id, state, at=now, by=operator.operator_id, reason=reason)
            details = {**_details(request.content), "state": state.value, "why": reason}
            await self._entry(connection, operator, APPROVAL_CLOSED, approval_id, outcome="ok", details=details)
            return _present(await store.read(connection, approval_id))

    async def read(self, operator: Operator, approval_id: str) -> ApprovalRequest:
        """One request; the reading is audited.

        Raises:
            NotFound: no such request.
        """
        async with transaction(self.pool) as connection:
            await self._expire(connection, self.clock.now())
            request = _present(await store.read(connection, approval_id))
            await self._entry(
                connection, operator, "admin_data_access", approval_id, outcome="ok", details={"kind": "approval"}
            )
            return request

    async def page(
        self, operator: Operator, state: State, *, before: tuple[datetime, str], limit: int
    ) -> list[ApprovalRequest]:
        """Requests in a state, the newest first; the reading is audited."""
        async with transaction(self.pool) as connection:
            await self._expire(connection, self.clock.now())
            details = {"kind": "approvals", "state": state.value}
            await self._entry(connection, operator, "admin_data_access", "approvals", outcome="ok", details=details)
            return await store.page(connection, state, before=before, limit=limit)

    async def executed_since(
        self, connection: asyncpg.Connection, kind: str, subject: str, since: datetime
    ) -> list[Executed]:
        """Approvals of a kind about a subject that two persons signed; a row alone is none of them."""
        rows = await store.executed_since(connection, kind, subject, since)
        return [executed for row in rows if (executed := domain.executed_of(row, self.keys)) is not None]

    async def _execute(self, operator: Operator, approval_id: str, content_sha256: str) -> ApprovalRequest:
        now = self.clock.now()
        try:
            async with transaction(self.pool) as connection:
                request = await self._locked(connection, approval_id)
                kind = self._check(request, operator, content_sha256)
                if request.state is State.EXECUTED:
                    return request
                decision = _Requested(request.content, operator, execute=kind.execute, now=now)
                by = operator.operator_id
                await self.four_eyes.approve(connection, decision, request.proposal, by=by, now=now)
                return _present(await store.read(connection, approval_id))
        except ApprovalInProgress:
            raise
        except AltScoreError as error:
            async with transaction(self.pool) as connection:
                await store.note_failure(connection, approval_id, error.code, now)
            raise

    async def _locked(self, connection: asyncpg.Connection, approval_id: str) -> ApprovalRequest:
        request = await store.read_locked(connection, approval_id)
        if request is not None:
            return request
        _present(await store.read(connection, approval_id))
        raise ApprovalInProgress("this request is being carried out", headers={"Retry-After": "1"})

    def _check(self, request: ApprovalRequest, operator: Operator, content_sha256: str) -> Kind:
        """Whether this operator may approve exactly this now; an executed one may be asked about by its approvers."""
        kind = self._check_may(request, operator)
        if domain.is_same_person(request.proposal.proposed_by, operator.operator_id):
            raise SameOperator("the approval must come from another person than the request")
        _check_excluded(kind, request.content.subject, operator)
        if content_sha256 != request.content_sha256:
            raise ApprovalConflict("the content is another than the one that was shown")
        if request.state is State.EXECUTED:
            return kind
        if request.state is not State.OPEN:
            raise ApprovalConflict(f"the request is {request.state.value}")
        if not request.is_consistent or not domain.is_genuine(request.proposal, self.keys):
            raise ApprovalConflict("no operator signed this request")
        if domain.is_over(request.proposal.proposed_at, self.clock.now()):
            raise ApprovalConflict("the request is expired")
        return kind

    def _check_may(self, request: ApprovalRequest, operator: Operator) -> Kind:
        kind = self.kinds.get(request.content.kind)
        if kind is None:
            raise ApprovalConflict("nothing carries out a request of this kind")
        if not may(operator.roles, kind.permission):
            raise Forbidden(f"your roles do not hold the permission {kind.permission.value}")
        return kind

    async def _expire(self, connection: asyncpg.Connection, now: datetime) -> None:
        for row in await store.expire(connection, now):
            await self.outbox.audit(
                connection,
                APPROVAL_CLOSED,
                actor="admin",
                subject=row["approval_id"],
                outcome="ok",
                details={"kind": row["kind"], "content_sha256": row["content_sha256"], "state": "expired"},
            )

    async def _audit(
        self, operator: Operator, action: str, subject: str, *, error: AltScoreError, details: Mapping[str, str]
    ) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                action,
                actor=operator.operator_id,
                subject=subject,
                outcome="refused",
                reason=error.code,
                details=details,
            )

    async def _entry(
        self,
        connection: asyncpg.Connection,
        operator: Operator,
        action: str,
        subject: str,
        *,
        outcome: str,
        details: Mapping[str, str],
    ) -> None:
        await self.outbox.audit(
            connection, action, actor=operator.operator_id, subject=subject, outcome=outcome, details=details
        )


async def executed(connection: asyncpg.Connection, keys: PublicKeys, approval_id: str) -> Executed | None:
    """An approval that two persons signed as it stands; None for any other row, and where there is none."""
    request = await store.read(connection, approval_id)
    return domain.executed_of(request, keys) if request is not None else None


async def end_open(
    connection: asyncpg.Connection,
    outbox: Outbox,
    operator: Operator,
    *,
    kind: str,
    subject: str,
    reason: str,
    now: datetime,
) -> None:
    """Ends the open request of a kind about a subject, which what the operator now does contradicts.

    One that is being carried out is not waited for: it was approved before.
    """
    by = operator.operator_id
    for row in await store.end_open(connection, kind, subject, at=now, by=by, reason=reason):
        details = {
            "kind": kind,
            "about": subject,
            "content_sha256": row["content_sha256"],
            "state": row["state"],
            "why": reason,
        }
        await outbox.audit(
            connection, APPROVAL_CLOSED, actor=by, subject=row["approval_id"], outcome="ok", details=details
        )


def _check_excluded(kind: Kind, subject: str, operator: Operator) -> None:
    if kind.excludes_subject and domain.is_same_person(subject, operator.operator_id):
        raise SameOperator("it is about you: two other persons decide")


def _details(content: Content) -> dict[str, str]:
    return {"kind": content.kind, "about": content.subject, "content_sha256": content.digest}


def _present(request: ApprovalRequest | None) -> ApprovalRequest:
    if request is None:
        raise NotFound("no such request")
    return request
