"""What the sandbox answers: the live rules over personas; no database, no Redis and no other service behind it."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate

import orjson
from altscore_libs.errors import AltScoreError, RateLimited, Unavailable
from altscore_libs.instants import INDIA

from altscore_score.calls.domain import Language
from altscore_score.errors import (
    ConsentNotGranted,
    DataInsufficient,
    ManualReviewRequired,
    RetailerNotScored,
    ScopeMismatch,
)
from altscore_score.history.domain import MonthValue
from altscore_score.history.schemas import HistoryRequest
from altscore_score.limits.domain import DISCLOSURES, limit_headers
from altscore_score.sandbox.personas import ErrorCode, Persona, PersonaMonth, PersonaScore
from altscore_score.scores.domain import (
    Allow,
    ConsentAnswer,
    ConsentKey,
    Label,
    ReasonCode,
    ScoreRecord,
    Visible,
    decide,
    score_body,
)
from altscore_score.scores.schemas import ScoreRequest

SCORE_VERSION = "altscore-sandbox-v1"
DISCLOSE_AFTER_S = 3600
_NO_LENDER = "test_lender"
_SCORED_AT = time(22, 14, 7, tzinfo=UTC)
_LIFE = timedelta(days=30)
_NO_DIGEST = "0" * 64


def _disclosures_spent(now: datetime) -> AltScoreError:
    detail = "three disclosures of a retailer are allowed in 24 hours"
    headers = limit_headers(DISCLOSURES.limit, 0, int(now.timestamp()) + DISCLOSE_AFTER_S)
    return RateLimited(detail, limit=DISCLOSURES.name, headers={**headers, "Retry-After": str(DISCLOSE_AFTER_S)})


_ERRORS: Mapping[ErrorCode, type[AltScoreError]] = {
    "CONSENT_NOT_GRANTED": ConsentNotGranted,
    "DATA_INSUFFICIENT": DataInsufficient,
    "MANUAL_REVIEW_REQUIRED": ManualReviewRequired,
    "RETAILER_NOT_SCORED": RetailerNotScored,
    "SERVICE_UNAVAILABLE": Unavailable,
}
_OF_CONSENT: frozenset[ErrorCode] = frozenset({"CONSENT_NOT_GRANTED", "SERVICE_UNAVAILABLE"})


class Sandbox:
    """Answers test credentials; a live retailer is to them what a persona is to live ones: nobody.

    Args:
        personas: of the data file.
        labels: of the reason codes.
    """

    def __init__(self, personas: Mapping[str, Persona], labels: Mapping[str, Label]) -> None:
        self._by_retailer = {persona.retailer_id: persona for persona in personas.values()}
        self._by_gstin = {persona.gstin: persona for persona in personas.values()}
        self._labels = labels

    def score(self, request: ScoreRequest, *, language: Language, request_id: str, now: datetime) -> bytes:
        """The body of a 200 of POST /v1/score.

        Raises:
            AltScoreError: the refusal that the persona stands for.
        """
        persona = self._consented(request.retailer_id, request.purpose)
        if persona.error is not None:
            raise _disclosures_spent(now) if persona.error == "RATE_LIMIT_EXCEEDED" else _error(persona.error)
        score = _scored(persona)
        body = score_body(
            _allow(request, now),
            Visible(_record(persona.retailer_id, score, now), score.is_outdated_by_run),
            labels=self._labels,
            now=now,
            language=language,
            request_id=request_id,
            requested_limit_inr=request.requested_limit_inr,
        )
        return orjson.dumps(body)

    def history(self, request: HistoryRequest, *, now: datetime) -> list[MonthValue]:
        """The months of a 200 of GET /v1/score/{retailer_id}/history.

        Raises:
            AltScoreError: the refusal that the persona stands for.
        """
        persona = self._consented(request.retailer_id, request.purpose)
        score = _scored(persona)
        newest_on = _record(persona.retailer_id, score, now).scored_at.astimezone(INDIA).date()
        values = score.history or [PersonaMonth(score.altscore, score.risk_band)]
        ends = accumulate(values[1:], lambda on, _: on.replace(day=1) - timedelta(days=1), initial=newest_on)
        shown = [
            MonthValue(
                month=on.strftime("%Y-%m"),
                altscore=value.altscore,
                risk_band=value.risk_band,
                score_version=SCORE_VERSION,
            )
            for on, value in zip(ends, values, strict=True)
        ]
        return shown[: request.months]

    def lookup(self, gstin: str) -> str:
        """The retailer id of a lookup.

        Raises:
            AltScoreError: the refusal that the persona stands for.
        """
        return _open(self._by_gstin.get(gstin)).retailer_id

    def _consented(self, retailer_id: str, purpose: str | None) -> Persona:
        persona = _open(self._by_retailer.get(retailer_id))
        if purpose is not None and purpose not in persona.purposes:
            raise ScopeMismatch()
        return persona


def _open(persona: Persona | None) -> Persona:
    """The persona, where it answers at all."""
    if persona is None:
        raise ConsentNotGranted()
    if persona.error is not None and persona.error in _OF_CONSENT:
        raise _error(persona.error)
    return persona


def _error(code: ErrorCode) -> AltScoreError:
    return _ERRORS.get(code, RateLimited)()


def _scored(persona: Persona) -> PersonaScore:
    if persona.score is None:
        raise _error(persona.error or "RETAILER_NOT_SCORED")
    return persona.score


def _allow(request: ScoreRequest, now: datetime) -> Allow:
    """The persona's consent, which is for the sandbox alone."""
    key = ConsentKey(request.retailer_id, _NO_LENDER, request.purpose)
    answer = ConsentAnswer(is_consented=True, consent_id="cns_sandbox", expires_at=now + _LIFE, version=1, reason=None)
    decision = decide(key, answer, checked_at=now, now=now)
    if not isinstance(decision, Allow):
        raise ConsentNotGranted()
    return decision


def _record(retailer_id: str, score: PersonaScore, now: datetime) -> ScoreRecord:
    """The persona's record as of today; the same until midnight UTC, so that a day's calls agree."""
    today = now.astimezone(UTC).date()
    scored_at = datetime.combine(today - timedelta(days=score.scored_days_ago), _SCORED_AT)
    return ScoreRecord(
        score_id=f"scr_{retailer_id[4:]:0>32}",
        retailer_id=retailer_id,
        altscore=score.altscore,
        risk_band=score.risk_band,
        probability_of_default=Decimal(score.probability_of_default),
        recommended_limit_inr=score.recommended_limit_inr,
        reason_codes=_reasons(score),
        guardrails=score.guardrails,
        completeness=Decimal(score.completeness),
        is_low_confidence_data=score.is_low_confidence_data,
        data_as_of_on=today - timedelta(days=score.data_age_days),
        score_version=SCORE_VERSION,
        model_sha256=_NO_DIGEST,
        taxonomy_digest=_NO_DIGEST,
        guardrail_digest=_NO_DIGEST,
        scored_at=scored_at,
        expires_at=scored_at + _LIFE,
    )


def _reasons(score: PersonaScore) -> list[ReasonCode]:
    reasons = [ReasonCode(code, "positive", rank) for rank, code in enumerate(score.positive, 1)]
    after = len(reasons) + 1
    return reasons + [ReasonCode(code, "negative", rank) for rank, code in enumerate(score.negative, after)]
