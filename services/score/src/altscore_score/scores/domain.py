"""Rules of serving: who is allowed, what is visible, what a lender is shown. No I/O, no clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple, final

from altscore_libs.errors import AltScoreError, Forbidden
from altscore_libs.instants import format_instant

from altscore_score.calls.domain import Language
from altscore_score.errors import (
    ConsentNotGranted,
    DataInsufficient,
    ManualReviewRequired,
    RetailerNotScored,
    ScopeMismatch,
)

FRESH_DAYS = 14
CONSENT_FRESH_S = 2.0
CONSENT_STALE_S = 60.0
MIN_POSITIVE, MIN_NEGATIVE = 3, 2
LOWEST, HIGHEST = 300, 900
MAX_VERSION_STEP = 100
"""A retailer's versions grow one by one with each answer; some are of answers that the projection need not know."""
Direction = Literal["positive", "negative"]

_RETAILER_ID = re.compile(r"ret_[0-9a-f]{16}")
_MAKING = object()


@dataclass(frozen=True, slots=True)
class ConsentKey:
    """Whose score, for whom, for what: the key of a consent."""

    retailer_id: str
    lender_id: str
    purpose: str


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What the consent service answered."""

    is_consented: bool
    consent_id: str | None
    expires_at: datetime | None
    version: int
    reason: str | None


@final
class Allow:
    """Proof that consent was checked: only decide() makes one, and no score is rendered without one."""

    __slots__ = ("checked_at", "consent_id", "expires_at", "is_stale", "key", "version")

    def __init__(
        self, making: object, *, key: ConsentKey, answer: ConsentAnswer, checked_at: datetime, is_stale: bool
    ) -> None:
        if making is not _MAKING or answer.consent_id is None or answer.expires_at is None:
            raise TypeError("an Allow is made by decide() alone")
        self.key = key
        self.consent_id: str = answer.consent_id
        self.expires_at: datetime = answer.expires_at
        self.version = answer.version
        self.checked_at = checked_at
        self.is_stale = is_stale


@final
@dataclass(frozen=True, slots=True)
class Deny:
    """No score for this lender; `is_other_purpose` only where the retailer named the lender for something else."""

    is_other_purpose: bool = False

    def error(self) -> AltScoreError:
        """The refusal, one and the same for unknown, foreign and unconsented retailers."""
        return ScopeMismatch() if self.is_other_purpose else ConsentNotGranted()


Decision = Allow | Deny


def decide(
    key: ConsentKey, answer: ConsentAnswer, *, checked_at: datetime, now: datetime, is_stale: bool = False
) -> Decision:
    """Turns the consent service's answer into a decision; anything short of a whole, unexpired consent denies."""
    is_whole = answer.is_consented and answer.consent_id is not None and answer.expires_at is not None
    if not is_whole:
        return Deny(is_other_purpose=answer.reason == "purpose")
    if answer.expires_at is None or answer.expires_at <= now:
        return Deny()
    return Allow(_MAKING, key=key, answer=answer, checked_at=checked_at, is_stale=is_stale)


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One reason, by the taxonomy's code."""

    code: str
    direction: Direction
    rank: int


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A guardrail that intervened."""

    id: str
    action: Literal["capped", "flagged", "blocked"]
    reason: str


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """What the scoring engine signed; fields of the contract between `scoring` and `score`.

    The engine signs more than serving reads. `run_id` is missing in records signed before evidence was under the
    signature; they are served until they expire.
    """

    score_id: str
    retailer_id: str
    altscore: int
    risk_band: Literal["A", "B", "C", "D"]
    probability_of_default: Decimal
    recommended_limit_inr: int
    reason_codes: list[ReasonCode]
    guardrails: list[Guardrail]
    completeness: Decimal
    is_low_confidence_data: bool
    data_as_of_on: date
    score_version: str
    model_sha256: str
    taxonomy_digest: str
    guardrail_digest: str
    scored_at: datetime
    expires_at: datetime
    run_id: str | None = None


class SignedRecord(NamedTuple):
    """A record as it came, with the signature over its bytes."""

    record: str
    key_id: str
    signature: str


class SignatureInvalid(Exception):
    """The record is not what the scoring engine signed, or says less than the contract requires."""


def is_in_contract(record: ScoreRecord) -> bool:
    """Whether the values of a record are in the ranges of the contract."""
    return (
        _RETAILER_ID.fullmatch(record.retailer_id) is not None
        and LOWEST <= record.altscore <= HIGHEST
        and record.recommended_limit_inr >= 0
        and record.scored_at.tzinfo is not None
        and record.expires_at.tzinfo is not None
    )


class Label(NamedTuple):
    """The text of a reason code in two languages."""

    en: str
    hi: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The reason codes with their labels and directions."""

    labels: Mapping[str, Label]
    directions: Mapping[str, Direction]

    def explains(self, record: ScoreRecord) -> bool:
        """GR-3 in serving: known codes with their own direction, three for and two against at least."""
        if any(self.directions.get(reason.code) != reason.direction for reason in record.reason_codes):
            return False
        positive = sum(reason.direction == "positive" for reason in record.reason_codes)
        return positive >= MIN_POSITIVE and len(record.reason_codes) - positive >= MIN_NEGATIVE


@dataclass(frozen=True, slots=True)
class StoredScore:
    """One read of the serving store, made under the lender's row-level security."""

    is_granted: bool
    grant_version: int
    record: ScoreRecord | None
    block_code: str | None
    blocked_at: datetime | None
    run_blocked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Visible:
    """A score that may be shown, and whether a later run could not renew it."""

    record: ScoreRecord
    is_outdated_by_run: bool


def require_granted(stored: StoredScore, allow: Allow) -> None:
    """Passes when the local projection holds the grant that opens this score.

    Raises:
        ConsentNotGranted: the projection already knows that this consent ended.
        RetailerNotScored: the grant's event is still on its way.
    """
    if stored.is_granted:
        return
    if stored.grant_version >= allow.version or allow.is_stale:
        raise ConsentNotGranted()
    raise RetailerNotScored()


def newest(stored: StoredScore, allow: Allow) -> ScoreRecord:
    """The newest score that no rule hides from an allowed lender, however old it is.

    Raises:
        ConsentNotGranted, RetailerNotScored: as require_granted().
        DataInsufficient, ManualReviewRequired: a block of the retailer hides every older score (decision 72).
        RetailerNotScored: there is none.
    """
    require_granted(stored, allow)
    record = stored.record
    if stored.blocked_at is not None and (record is None or stored.blocked_at >= record.scored_at):
        if stored.block_code == DataInsufficient.code:
            raise DataInsufficient()
        if stored.block_code == ManualReviewRequired.code:
            raise ManualReviewRequired()
        raise RetailerNotScored()  # blocked for want of a consent that was given again
    if record is None:
        raise RetailerNotScored()
    return record


def visible(stored: StoredScore, allow: Allow, *, now: datetime, run_blocked_at: datetime | None) -> Visible:
    """The score that an allowed lender sees.

    Args:
        stored: what the store shows.
        allow: the consent that opens it.
        now: instant of serving.
        run_blocked_at: when a scoring run was last blocked, where that is known to be later than what was read.

    Raises:
        ConsentNotGranted, DataInsufficient, ManualReviewRequired, RetailerNotScored: as newest().
        RetailerNotScored: its life is over.
    """
    record = newest(stored, allow)
    if record.expires_at <= now:
        raise RetailerNotScored()
    blocks = (stored.run_blocked_at, run_blocked_at)
    return Visible(record, any(blocked_at is not None and blocked_at > record.scored_at for blocked_at in blocks))


def freshness_days(data_as_of_on: date, today: date) -> int:
    """Whole days since the last ERP sync, never negative."""
    return max(0, (today - data_as_of_on).days)


def score_body(
    allow: Allow,
    score: Visible,
    *,
    labels: Mapping[str, Label],
    now: datetime,
    language: Language,
    request_id: str,
    requested_limit_inr: Decimal | None,
) -> dict[str, Any]:
    """The body of a 200: exactly the fields of API §03 plus score_id, guardrails and expires_at.

    Args:
        allow: the consent that opens this very retailer to this lender.
        score: what the store shows.
        labels: of the reason codes.
        now: instant of serving; freshness and confidence are facts of serving, not of scoring.
        language: which label leads.
        request_id: echoed.
        requested_limit_inr: the lender's own proposal, checked against the recommendation.

    Raises:
        Forbidden: the consent is for another retailer or over; a fault of ours that must not disclose.
    """
    record = score.record
    if allow.key.retailer_id != record.retailer_id or allow.expires_at <= now:
        raise Forbidden()
    days = freshness_days(record.data_as_of_on, now.date())
    return {
        "retailer_id": record.retailer_id,
        "score_id": record.score_id,
        "altscore": record.altscore,
        "risk_band": record.risk_band,
        "probability_of_default": float(record.probability_of_default),
        "recommended_limit_inr": record.recommended_limit_inr,
        "reason_codes": [_reason(reason, labels[reason.code], language) for reason in record.reason_codes],
        "guardrails": _guardrails(record, requested_limit_inr),
        "data_freshness_days": days,
        "low_confidence": record.is_low_confidence_data or days > FRESH_DAYS or score.is_outdated_by_run,
        "score_version": record.score_version,
        "scored_at": format_instant(record.scored_at, "seconds"),
        "expires_at": format_instant(record.expires_at, "seconds"),
        "request_id": request_id,
    }


def _reason(reason: ReasonCode, label: Label, language: Language) -> dict[str, Any]:
    texts = {"label_en": label.en, "label_hi": label.hi}
    if language == "hi":
        texts = {"label_hi": label.hi, "label_en": label.en}
    return {"code": reason.code, "direction": reason.direction, "rank": reason.rank, **texts}


def _guardrails(record: ScoreRecord, requested_limit_inr: Decimal | None) -> list[dict[str, str]]:
    shown = [
        {"id": guardrail.id, "action": guardrail.action, "reason": guardrail.reason} for guardrail in record.guardrails
    ]
    if requested_limit_inr is not None and requested_limit_inr > record.recommended_limit_inr:
        shown.append({"id": "GR-4", "action": "flagged", "reason": "requested_limit_above_recommended"})
    return shown
