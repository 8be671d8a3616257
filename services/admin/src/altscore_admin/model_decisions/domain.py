"""Decisions about models beside promotions: a challenger, a freeze of scoring and its end. No I/O, no clock."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from altscore_libs.canonical_json import canonical_digest, canonical_json
from altscore_libs.instants import format_instant
from altscore_libs.signer import SignatureVerifier

from altscore_admin.approvals.domain import Proposal, approvals_of, signed_record

Kind = Literal["challenger", "challenger_withdrawn", "freeze", "unfreeze"]
# The later of a family undoes the earlier: the same statement is a repetition only while nothing else was decided.
FAMILIES: Mapping[Kind, tuple[Kind, ...]] = {
    "challenger": ("challenger", "challenger_withdrawn"),
    "challenger_withdrawn": ("challenger", "challenger_withdrawn"),
    "freeze": ("freeze", "unfreeze"),
    "unfreeze": ("freeze", "unfreeze"),
}


@dataclass(frozen=True)
class DecisionStatement:
    """What both operators state, letter for letter; `fields` is the RFC 8785 text of what the kind needs."""

    kind: Kind
    model_name: str
    fields: str

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical statement, hex."""
        return canonical_digest([self.kind, self.model_name, self.fields]).hex()

    def audit_details(self) -> dict[str, str]:
        """What the audit log holds of it: identifiers and names of the contract, no text of the operator's own."""
        texts = {name: value for name, value in json.loads(self.fields).items() if isinstance(value, str)}
        texts.pop("artifact_uri", None)
        return {"kind": self.kind, "model_name": self.model_name, **texts}


class SignedDecision(NamedTuple):
    """A decided row as it is kept; nothing of it counts before `newest_decision`."""

    decision_id: str
    kind: str
    model_name: str
    fields: str
    proposed_at: datetime
    record: str
    key_id: str
    signature: str


class Decided(NamedTuple):
    """A decision whose signature holds."""

    decision_id: str
    statement_digest: str
    approvals: list[tuple[str, datetime]]

    @property
    def decided_at(self) -> datetime:
        """When the second operator approved."""
        return self.approvals[-1][1]


class DecisionOutcome(NamedTuple):
    """The state of a decision, and the operators who made the statement."""

    decision_id: str
    status: str
    statement: DecisionStatement
    approvals: list[tuple[str, datetime]]


def statement_of(kind: Kind, model_name: str, fields: Mapping[str, Any]) -> DecisionStatement:
    """The statement of these fields."""
    return DecisionStatement(kind, model_name, canonical_json(fields).decode())


def decision_record(
    proposal: Proposal, statement: DecisionStatement, *, approved_by: str, approved_at: datetime
) -> bytes:
    """The RFC 8785 text that is signed: the decision and both operators."""
    return canonical_json(
        {
            **json.loads(statement.fields),
            "decision_id": proposal.proposal_id,
            "kind": statement.kind,
            "model_name": statement.model_name,
            "proposed_by": proposal.proposed_by,
            "approved_by": approved_by,
            "approved_at": format_instant(approved_at, "microseconds"),
        }
    )


def newest_decision(rows: Sequence[SignedDecision], keys: SignatureVerifier) -> Decided | None:
    """The newest of these rows, by the signed instant, that two operators signed as it stands."""
    decided = [decision for row in rows if (decision := _decided(row, keys)) is not None]
    return max(decided, key=lambda decision: decision.decided_at, default=None)


def _decided(row: SignedDecision, keys: SignatureVerifier) -> Decided | None:
    record = signed_record(row.record, row.key_id, row.signature, keys=keys)
    if record is None or record.get("decision_id") != row.decision_id:
        return None
    fields = {**json.loads(row.fields), "kind": row.kind, "model_name": row.model_name}
    if any(record.get(name) != value for name, value in fields.items()):
        return None
    digest = canonical_digest([row.kind, row.model_name, row.fields]).hex()
    return Decided(row.decision_id, digest, approvals_of(record, row.proposed_at))
