"""Rules of promotion: what two operators state, the thresholds, and the record that is signed. No I/O, no clock."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from altscore_libs.canonical_json import canonical_digest, canonical_json
from altscore_libs.errors import FieldError
from altscore_libs.instants import format_instant
from altscore_libs.signer import SignatureVerifier

from altscore_admin.approvals.domain import Proposal, approvals_of, signed_record
from altscore_admin.errors import EvaluationBelowThreshold

AUROC_MIN = Decimal("0.72")
KS_MIN = Decimal("0.35")
AIR_MIN = Decimal("0.80")
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


class SignedStatement(NamedTuple):
    """A row of the history: a statement, and the record that was signed when it was promoted."""

    promotion_id: str
    proposed_at: datetime
    statement: Statement
    record: str
    key_id: str
    signature: str


class Promotion(NamedTuple):
    """A promotion whose signature holds, out of the signed record."""

    promotion_id: str
    statement: Statement
    approvals: list[tuple[str, datetime]]

    @property
    def promoted_at(self) -> datetime:
        """When the second operator approved."""
        return self.approvals[-1][1]


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


def authentic(history: Sequence[SignedStatement], keys: SignatureVerifier) -> list[Promotion]:
    """Promotions that were signed as they stand, newest first by the signed instant: a row alone was no promotion."""
    promotions = [promotion for entry in history if (promotion := _authentic(entry, keys)) is not None]
    return sorted(promotions, key=lambda promotion: promotion.promoted_at, reverse=True)


def _authentic(entry: SignedStatement, keys: SignatureVerifier) -> Promotion | None:
    record = signed_record(entry.record, entry.key_id, entry.signature, keys=keys)
    if record is None or record.get("promotion_id") != entry.promotion_id:
        return None
    if any(record.get(name) != value for name, value in entry.statement.identification.items()):
        return None
    if canonical_json(record["evaluation"]).decode() != entry.statement.evaluation:
        return None
    return Promotion(entry.promotion_id, entry.statement, approvals_of(record, entry.proposed_at))


def rollback_target(history: Sequence[Promotion]) -> Statement | None:
    """The champion before the present one: newest in `history` (newest first) with another version or digest."""
    if not history:
        return None
    present = history[0].statement.model
    return next((promotion.statement for promotion in history if promotion.statement.model != present), None)


def promotion_record(proposal: Proposal, statement: Statement, *, approved_by: str, approved_at: datetime) -> bytes:
    """The RFC 8785 text that is signed: the model, its evaluation and both operators."""
    return canonical_json(
        {
            "promotion_id": proposal.proposal_id,
            **statement.identification,
            "evaluation": json.loads(statement.evaluation),
            "proposed_by": proposal.proposed_by,
            "approved_by": approved_by,
            "approved_at": format_instant(approved_at, "microseconds"),
        }
    )
