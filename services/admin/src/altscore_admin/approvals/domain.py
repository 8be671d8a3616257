"""Rules of what two persons decide: who may approve, what is signed, and for how long. No I/O, no clock."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import format_instant
from altscore_libs.signer import SignatureVerifier, is_signed

from altscore_admin.errors import PromotionConflict, SameOperator

PROPOSAL_LIFE = timedelta(hours=24)
KEY_LABEL = "promotion"
_NAMES = ("kind", "subject")


class State(StrEnum):
    """Of a request; `open` alone can still change."""

    OPEN = "open"
    EXECUTED = "executed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Proposal(NamedTuple):
    """An open proposal; the signature is ours, since a row alone says nothing about who proposed."""

    proposal_id: str
    statement_digest: str
    proposed_by: str
    proposed_at: datetime
    key_id: str | None = None
    signature: str | None = None


class Approval(NamedTuple):
    """The second operator's approval, with the signed record."""

    by: str
    at: datetime
    record: str
    key_id: str
    signature: str


@dataclass(frozen=True)
class Content:
    """What one person requests and another approves, letter for letter.

    Attributes:
        kind: names the executor.
        subject: whom or what it is about; at most one request of a kind is open about it.
        text: RFC 8785, kind and subject included.
    """

    kind: str
    subject: str
    text: str

    @classmethod
    def of(cls, kind: str, subject: str, fields: Mapping[str, Any]) -> "Content":
        """The content of these fields.

        Raises:
            ValueError: a field has a reserved name, or no canonical form.
        """
        if not set(_NAMES).isdisjoint(fields):
            raise ValueError("kind and subject are not fields")
        return cls(kind, subject, canonical_json({**fields, "kind": kind, "subject": subject}).decode())

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical text, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def fields(self) -> dict[str, Any]:
        """What was requested, without kind and subject."""
        return {name: value for name, value in json.loads(self.text).items() if name not in _NAMES}


def is_same_person(operator: str, other: str) -> bool:
    """Whether two ids are one person's: an identity provider may spell an id in capitals the next time."""
    return operator.strip().casefold() == other.strip().casefold()


def is_over(proposed_at: datetime, now: datetime) -> bool:
    """Whether a proposal has ended by itself."""
    return now - proposed_at >= PROPOSAL_LIFE


def next_step(
    open_proposal: Proposal | None, statement_digest: str, operator: str, now: datetime
) -> Literal["propose", "replace", "approve"]:
    """What stating something amounts to, where the second person states the same.

    Returns:
        `propose`: nothing is open. `replace`: the proposers correct their own, or the open one is older than 24 hours.
        `approve`: another operator states the same.

    Raises:
        SameOperator: the proposer again.
        PromotionConflict: another operator states something else.
    """
    if open_proposal is None:
        return "propose"
    if is_over(open_proposal.proposed_at, now):
        return "replace"
    is_same = open_proposal.statement_digest == statement_digest
    if is_same_person(open_proposal.proposed_by, operator):
        if is_same:
            raise SameOperator("the second approval must come from another operator")
        return "replace"
    if not is_same:
        raise PromotionConflict(f"promotion {open_proposal.proposal_id} is open and states something else")
    return "approve"


def proposal_record(proposal: Proposal) -> bytes:
    """The RFC 8785 text that is signed when an operator proposes; no record of a promotion has its fields."""
    return canonical_json(
        {
            "purpose": "proposal",
            "proposal_id": proposal.proposal_id,
            "statement_digest": proposal.statement_digest,
            "proposed_by": proposal.proposed_by,
            "proposed_at": format_instant(proposal.proposed_at, "microseconds"),
        }
    )


def is_genuine(proposal: Proposal, keys: SignatureVerifier) -> bool:
    """Whether an operator proposed this by the API: who can write a row is not a first person."""
    if proposal.key_id is None or proposal.signature is None:
        return False
    record = proposal_record(proposal).decode()
    return is_signed(record, proposal.signature, label=KEY_LABEL, key_id=proposal.key_id, keys=keys)


def signed_record(record: str, key_id: str, signature: str, *, keys: SignatureVerifier) -> Mapping[str, Any] | None:
    """What two operators signed; None where the signature does not hold, or the record is not of two."""
    if not is_signed(record, signature, label=KEY_LABEL, key_id=key_id, keys=keys):
        return None
    content = json.loads(record)
    if not isinstance(content, dict) or not all(content.get(name) for name in ("proposed_by", "approved_by")):
        return None
    return None if is_same_person(content["proposed_by"], content["approved_by"]) else content


def approvals_of(record: Mapping[str, Any], proposed_at: datetime) -> list[tuple[str, datetime]]:
    """Both operators of a signed record."""
    approved_at = datetime.fromisoformat(record["approved_at"])
    return [(record["proposed_by"], proposed_at), (record["approved_by"], approved_at)]


def approval_record(proposal: Proposal, content: Content, *, approved_by: str, approved_at: datetime) -> bytes:
    """The RFC 8785 text that is signed when a request is carried out.

    Content stands in a member of its own: whatever it holds, the record is never taken for a promotion's, whose
    names stand at the top and have no purpose.
    """
    return canonical_json(
        {
            "purpose": "approval",
            "approval_id": proposal.proposal_id,
            "content": json.loads(content.text),
            "content_sha256": content.digest,
            "proposed_by": proposal.proposed_by,
            "proposed_at": format_instant(proposal.proposed_at, "microseconds"),
            "approved_by": approved_by,
            "approved_at": format_instant(approved_at, "microseconds"),
        }
    )


class ApprovalRequest(NamedTuple):
    """A row of `approvals` as it is kept; nobody's word before it is verified."""

    approval_id: str
    content: Content
    content_sha256: str
    state: State
    proposal: Proposal
    expires_at: datetime
    approval: Approval | None
    result: dict[str, Any] | None
    closed_by: str | None
    closed_at: datetime | None
    close_reason: str | None
    failed_at: datetime | None
    failure: str | None

    @property
    def is_consistent(self) -> bool:
        """Whether the digest that the proposer signed is that of the content."""
        return self.content.digest == self.content_sha256 == self.proposal.statement_digest


class Executed(NamedTuple):
    """An approval whose signatures hold, out of the signed record."""

    approval_id: str
    kind: str
    subject: str
    fields: Mapping[str, Any]
    proposed_by: str
    approved_by: str
    approved_at: datetime


def executed_of(request: ApprovalRequest, keys: SignatureVerifier) -> Executed | None:
    """The approval of a row that two operators signed as it stands; None for any other row."""
    if request.state is not State.EXECUTED or request.approval is None or not request.is_consistent:
        return None
    approval = request.approval
    record = signed_record(approval.record, approval.key_id, approval.signature, keys=keys)
    if record is None or record.get("purpose") != "approval" or record.get("approval_id") != request.approval_id:
        return None
    if record["content_sha256"] != request.content_sha256 or record["approved_by"] != approval.by:
        return None
    return Executed(
        approval_id=request.approval_id,
        kind=request.content.kind,
        subject=request.content.subject,
        fields=request.content.fields,
        proposed_by=record["proposed_by"],
        approved_by=record["approved_by"],
        approved_at=datetime.fromisoformat(record["approved_at"]),
    )
