"""Rules of promotion and of invitations. No I/O, no clock."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from altscore_libs.errors import FieldError
from altscore_libs.signer import canonical

from altscore_admin.errors import GateMissed, PromotionConflict, SameOperator

AUROC_MIN = Decimal("0.72")
KS_MIN = Decimal("0.35")
AIR_MIN = Decimal("0.80")
PROPOSAL_LIFE = timedelta(hours=24)
MAX_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=10)

Kind = Literal["promote", "rollback"]
Language = Literal["hi", "en"]


@dataclass(frozen=True)
class Statement:
    """What both operators state about a model, word for word."""

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
        return hashlib.sha256(canonical(asdict(self))).hexdigest()

    @property
    def model(self) -> tuple[str, str]:
        """Version and digest of the model itself."""
        return self.model_version, self.model_sha256


class Proposal(NamedTuple):
    """An open proposal."""

    promotion_id: str
    statement_digest: str
    proposed_by: str
    proposed_at: datetime


def plain_json(value: Any) -> Any:
    """JSON values as RFC 8785 takes them: fractions as doubles (figures of an evaluation; no money is among them)."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(one) for one in value]
    return value


def check_gate(evaluation: Mapping[str, Any]) -> None:
    """Refuses a model below the quality bar or the fairness bar; a figure that is missing counts as missed.

    Args:
        evaluation: auroc, ks, air_min (ratios, 0 to 1); `is_calibrated` where the report has it.

    Raises:
        GateMissed: names every bar that is missed.

    Source: decisions 52 and 71 (GR-1).
    """
    bars = (("auroc", AUROC_MIN), ("ks", KS_MIN), ("air_min", AIR_MIN))
    missed = [
        FieldError(f"evaluation.{name}", f"at least {least} is needed")
        for name, least in bars
        if not isinstance(evaluation.get(name), int | Decimal)
        or isinstance(evaluation[name], bool)
        or evaluation[name] < least
    ]
    if evaluation.get("is_calibrated", True) is not True:
        missed.append(FieldError("evaluation.is_calibrated", "must hold"))
    if missed:
        raise GateMissed("the evaluation misses a bar", errors=missed)


def next_step(
    open_proposal: Proposal | None, statement: Statement, operator: str, now: datetime
) -> Literal["propose", "replace", "approve"]:
    """What a promotion request amounts to.

    Returns:
        `propose`: nothing is open. `replace`: the proposer corrects his own, or the open one is older than 24 hours.
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


def rollback_target(history: Sequence[Statement]) -> Statement | None:
    """The champion before the present one: newest in `history` (newest first) with another version or digest."""
    if not history:
        return None
    return next((one for one in history if one.model != history[0].model), None)


def instant(at: datetime) -> str:
    """UTC with microseconds, one form only."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def language_of(retailer_id: str, hindi_share: Decimal) -> Language:
    """The language a retailer is written to: the same one every time, Hindi for `hindi_share` (0 to 1) of them."""
    place = int.from_bytes(hashlib.sha256(retailer_id.encode()).digest()[:4], "big")
    return "hi" if Decimal(place) < hindi_share * Decimal(2**32) else "en"
