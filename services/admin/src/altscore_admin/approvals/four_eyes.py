"""The one mechanism by which two persons decide: a signed proposal, another person's approval, one signed record.

Promotions, decisions about models and every request of the table `approvals` go through it; they differ in what is
stated and where it is kept (`Decision`).
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple, Protocol

import asyncpg
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys, Signer

from altscore_admin.approvals import domain
from altscore_admin.approvals.domain import Approval, Proposal

ACTOR = "admin"
NOT_SIGNED = "PROPOSAL_NOT_SIGNED"
_log = logging.getLogger("altscore.admin.approvals")


class Decision(Protocol):
    """One thing that two persons decide, and where it is kept; each method works in the caller's transaction."""

    id_prefix: ClassVar[str]
    proposed_action: ClassVar[str]
    decided_action: ClassVar[str]

    @property
    def digest(self) -> str:
        """SHA-256 of what is stated, hex."""
        ...

    def audit_details(self) -> Mapping[str, str]:
        """What the audit log holds of it: identifiers and figures, no text of the operator's own."""
        ...

    def record(self, proposal: Proposal, *, approved_by: str, approved_at: datetime) -> bytes:
        """The RFC 8785 text that is signed for both."""
        ...

    async def open_proposal(self, connection: asyncpg.Connection) -> Proposal | None:
        """The open proposal about the same, locked."""
        ...

    async def propose(self, connection: asyncpg.Connection, proposal: Proposal) -> None:
        """Keeps a proposal."""
        ...

    async def close(
        self, connection: asyncpg.Connection, proposal_id: str, state: Literal["withdrawn", "expired"]
    ) -> None:
        """Ends a proposal that nobody approved."""
        ...

    async def decide(self, connection: asyncpg.Connection, proposal: Proposal, approval: Approval) -> None:
        """Carries out what both persons want, and keeps the approval; the database refuses the proposer's own."""
        ...


class Outcome(NamedTuple):
    """What stating it came to, and the operators who did."""

    proposal_id: str
    is_decided: bool
    approvals: list[tuple[str, datetime]]


@dataclass(frozen=True)
class FourEyes:
    """Proposes and approves, in the caller's transaction."""

    outbox: Outbox
    signer: Signer
    keys: PublicKeys

    async def state(self, connection: asyncpg.Connection, decision: Decision, *, by: str, now: datetime) -> Outcome:
        """Proposes, or approves what another operator proposed by stating the same.

        Raises:
            SameOperator: the proposer again.
            PromotionConflict: something else is open.
        """
        proposal = await self.open_proposal(connection, decision)
        step = domain.next_step(proposal, decision.digest, by, now)
        if proposal is not None and step == "approve":
            return await self.approve(connection, decision, proposal, by=by, now=now)
        if proposal is not None:
            state: Literal["withdrawn", "expired"] = "withdrawn" if proposal.proposed_by == by else "expired"
            await decision.close(connection, proposal.proposal_id, state)
        return await self.propose(connection, decision, by=by, now=now)

    async def open_proposal(self, connection: asyncpg.Connection, decision: Decision) -> Proposal | None:
        """What another operator may approve; a row that no operator proposed is closed, named and passed over."""
        proposal = await decision.open_proposal(connection)
        if proposal is None or domain.is_genuine(proposal, self.keys):
            return proposal
        await decision.close(connection, proposal.proposal_id, "expired")
        await self.report_unsigned(connection, decision, proposal.proposal_id)
        return None

    async def report_unsigned(self, connection: asyncpg.Connection, decision: Decision, proposal_id: str) -> None:
        """Names a row that no operator proposed."""
        await self.outbox.audit(
            connection,
            decision.proposed_action,
            actor=ACTOR,
            outcome="refused",
            subject=proposal_id,
            reason=NOT_SIGNED,
            details=decision.audit_details(),
        )
        _log.error("proposal that nobody signed", extra={"proposal_id": proposal_id})

    async def propose(self, connection: asyncpg.Connection, decision: Decision, *, by: str, now: datetime) -> Outcome:
        """Keeps a proposal, signed so that nobody can put it into the operator's mouth."""
        unsigned = Proposal(new_id(decision.id_prefix), decision.digest, proposed_by=by, proposed_at=now)
        key_id, signature = await self._sign(domain.proposal_record(unsigned))
        proposal = unsigned._replace(key_id=key_id, signature=signature)
        await decision.propose(connection, proposal)
        await self.outbox.audit(
            connection,
            decision.proposed_action,
            actor=by,
            subject=proposal.proposal_id,
            outcome="ok",
            details=decision.audit_details(),
        )
        return Outcome(proposal.proposal_id, is_decided=False, approvals=[(by, now)])

    async def approve(
        self, connection: asyncpg.Connection, decision: Decision, proposal: Proposal, *, by: str, now: datetime
    ) -> Outcome:
        """Signs the record of both operators and carries it out."""
        record = decision.record(proposal, approved_by=by, approved_at=now)
        key_id, signature = await self._sign(record)
        approval = Approval(by=by, at=now, record=record.decode(), key_id=key_id, signature=signature)
        await decision.decide(connection, proposal, approval)
        await self.outbox.audit(
            connection,
            decision.decided_action,
            actor=by,
            subject=proposal.proposal_id,
            outcome="ok",
            details={**decision.audit_details(), "proposed_by": proposal.proposed_by},
        )
        approvals = [(proposal.proposed_by, proposal.proposed_at), (by, now)]
        return Outcome(proposal.proposal_id, is_decided=True, approvals=approvals)

    async def _sign(self, record: bytes) -> tuple[str, str]:
        signature = await self.signer.sign(hashlib.sha256(record).digest())
        return self.signer.key_id, signature.hex()
