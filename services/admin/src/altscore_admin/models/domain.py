"""Rules of promotion: what two operators state, the thresholds, and the record that is signed. No I/O, no clock."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Protocol

from altscore_libs.canonical_json import canonical_digest, canonical_json
from altscore_libs.errors import FieldError
from altscore_libs.instants import format_instant

from altscore_admin.errors import EvaluationBelowThreshold, PromotionConflict, SameOperator

AUROC_MIN = Decimal("0.72")
KS_MIN = Decimal("0.35")
AIR_MIN = Decimal("0.80")
PROPOSAL_LIFE = timedelta(hours=24)
KEY_LABEL = "promotion"
_FIGURES = ("auroc", "ks", "air_min")

Kind = Literal["promote", "rollback"]


@dataclass(frozen=True)
class Statement:
    """What both operators state about a model, letter for letter."""

    kind: Kind
    model_name: str
    model_version: str
    model_sha256: str
    artifact_uri: str
    taxonomy_digest: str
    guardrail_digest: str
    evaluation: str  # RFC 8785 text

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical statement, hex."""
        return canonical_digest(asdict(self)).hex()

    @property
    def model(self) -> tuple[str, str]:
        """Version and digest of the model itself."""
        return self.model_version, self.model_sha256

    @property
    def identification(self) -> dict[str, str]:
        """The model and everything it was built with, without the evaluation."""
        return {name: value for name, value in asdict(self).items() if name not in ("kind", "evaluation")}

    def audit_details(self) -> dict[str, str]:
        """What the audit log holds of it: identifiers and figures, no text of the operator's own."""
        evaluation = json.loads(self.evaluation)
        return {
            "kind": self.kind,
            "model_name": self.model_name,
            "model_version": self.model_version,
            "model_sha256": self.model_sha256,
            **{name: _figure_text(evaluation.get(name)) for name in _FIGURES},
        }


class Stated(Protocol):
    """Whatever two operators state alike."""

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical statement, hex."""
        ...


class SignatureVerifier(Protocol):
    """Verifies ECDSA signatures by key id."""

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether the signature over a SHA-256 digest is valid; False for an unknown key."""
        ...


class SignedStatement(NamedTuple):
    """A row of the history: a statement, and the record that was signed when it was promoted."""

    statement: Statement
    record: str
    key_id: str
    signature: str


class Proposal(NamedTuple):
    """An open proposal."""

    promotion_id: str
    statement_digest: str
    proposed_by: str
    proposed_at: datetime


class Outcome(NamedTuple):
    """The state of a promotion, and the operators who made the statement."""

    promotion_id: str
    status: str
    statement: Statement
    approvals: list[tuple[str, datetime]]


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _figure_text(value: Any) -> str:
    return str(value) if _is_figure(value) else "missing"


def plain_json(value: Any) -> Any:
    """JSON values as RFC 8785 takes them: fractions as doubles (figures of an evaluation; no money is among them)."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    return value


def check_thresholds(evaluation: Mapping[str, Any]) -> None:
    """Refuses a model below a threshold of quality or fairness; a missing figure counts as below.

    Args:
        evaluation: auroc, ks, air_min (ratios, 0 to 1); `is_calibrated` where the report has it.

    Raises:
        EvaluationBelowThreshold: names every threshold that is missed.

    Source: decisions 52 and 71 (GR-1).
    """
    missed = [
        FieldError(f"evaluation.{name}", f"at least {least} is needed")
        for name, least in zip(_FIGURES, (AUROC_MIN, KS_MIN, AIR_MIN), strict=True)
        if not _is_figure(evaluation.get(name)) or evaluation[name] < least
    ]
    if evaluation.get("is_calibrated", True) is not True:
        missed.append(FieldError("evaluation.is_calibrated", "must hold"))
    if missed:
        raise EvaluationBelowThreshold("the evaluation misses a threshold", errors=missed)


def next_step(
    open_proposal: Proposal | None, statement: Stated, operator: str, now: datetime
) -> Literal["propose", "replace", "approve"]:
    """What a promotion request amounts to.

    Returns:
        `propose`: nothing is open. `replace`: the proposers correct their own, or the open one is older than 24 hours.
        `approve`: another operator states the same.

    Raises:
        SameOperator: the proposer again.
        PromotionConflict: another operator states something else.
    """
    if open_proposal is None:
        return "propose"
    if now - open_proposal.proposed_at >= PROPOSAL_LIFE:
        return "replace"
    is_same = open_proposal.statement_digest == statement.digest
    if open_proposal.proposed_by == operator:
        if is_same:
            raise SameOperator("the second approval must come from another operator")
        return "replace"
    if not is_same:
        raise PromotionConflict(f"promotion {open_proposal.promotion_id} is open and states something else")
    return "approve"


def authentic(history: Sequence[SignedStatement], keys: SignatureVerifier) -> list[Statement]:
    """The statements of a history that were signed as they stand, in its order: a row alone was no promotion."""
    return [entry.statement for entry in history if _is_authentic(entry, keys)]


def _is_authentic(entry: SignedStatement, keys: SignatureVerifier) -> bool:
    try:
        signature, record = bytes.fromhex(entry.signature), json.loads(entry.record)
        evaluation = canonical_json(record["evaluation"]).decode()
    except (ValueError, KeyError, TypeError):
        return False
    if any(record.get(name) != value for name, value in entry.statement.identification.items()):
        return False
    if evaluation != entry.statement.evaluation or record.get("proposed_by") == record.get("approved_by"):
        return False
    digest = hashlib.sha256(entry.record.encode()).digest()
    return entry.key_id.startswith(f"{KEY_LABEL}-") and keys.verify(entry.key_id, digest, signature)


def rollback_target(history: Sequence[Statement]) -> Statement | None:
    """The champion before the present one: newest in `history` (newest first) with another version or digest."""
    if not history:
        return None
    return next((statement for statement in history if statement.model != history[0].model), None)


def promotion_record(proposal: Proposal, statement: Statement, *, approved_by: str, approved_at: datetime) -> bytes:
    """The RFC 8785 text that is signed: the model, its evaluation and both operators."""
    return canonical_json(
        {
            "promotion_id": proposal.promotion_id,
            **statement.identification,
            "evaluation": json.loads(statement.evaluation),
            "proposed_by": proposal.proposed_by,
            "approved_by": approved_by,
            "approved_at": format_instant(approved_at, "microseconds"),
        }
    )
