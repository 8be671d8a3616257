"""The lender's answer: exactly the fields of API §03 plus score_id, guardrails and expires_at."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from altscore_libs.errors import Forbidden

from altscore_score.scores.domain import FRESH_DAYS, Allow, Language, Visible, freshness_days
from altscore_score.scores.records import ReasonCode, ScoreRecord, Taxonomy


class Renderer:
    """Turns a visible score into the bytes of the response.

    Args:
        taxonomy: labels of the reason codes.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy

    def render(
        self,
        allow: Allow,
        score: Visible,
        *,
        now: datetime,
        language: Language,
        request_id: str,
        requested_limit_inr: Decimal | None,
    ) -> bytes:
        """The body of a 200.

        Args:
            allow: the consent that opens this very retailer to this lender.
            score: what the store shows.
            now: instant of serving; freshness and confidence are facts of serving, not of scoring.
            language: which label leads.
            request_id: echoed.
            requested_limit_inr: the lender's own proposal, checked against the recommendation.

        Raises:
            Forbidden: the consent is for another retailer or over; a fault of ours that must not disclose.
        """
        record = score.record
        if allow.ask.retailer_id != record.retailer_id or allow.expires_at <= now:
            raise Forbidden()
        days = freshness_days(record.data_as_of_on, now.date())
        body = {
            "retailer_id": record.retailer_id,
            "score_id": record.score_id,
            "altscore": record.altscore,
            "risk_band": record.risk_band,
            "probability_of_default": float(record.probability_of_default),
            "recommended_limit_inr": record.recommended_limit_inr,
            "reason_codes": [self._reason(one, language) for one in record.reason_codes],
            "guardrails": _guardrails(record, requested_limit_inr),
            "data_freshness_days": days,
            "low_confidence": record.is_low_confidence_data or days > FRESH_DAYS or score.is_outdated_by_run,
            "score_version": record.score_version,
            "scored_at": _instant(record.scored_at),
            "expires_at": _instant(record.expires_at),
            "request_id": request_id,
        }
        return orjson.dumps(body)

    def _reason(self, reason: ReasonCode, language: Language) -> dict[str, Any]:
        label = self._taxonomy.label(reason.code)
        words = {"label_en": label.en, "label_hi": label.hi}
        if language == "hi":
            words = dict(reversed(words.items()))
        return {"code": reason.code, "direction": reason.direction, "rank": reason.rank, **words}


def _guardrails(record: ScoreRecord, requested_limit_inr: Decimal | None) -> list[dict[str, str]]:
    shown = [{"id": one.id, "action": one.action, "reason": one.reason} for one in record.guardrails]
    if requested_limit_inr is not None and requested_limit_inr > record.recommended_limit_inr:
        shown.append({"id": "GR-4", "action": "flagged", "reason": "requested_limit_above_recommended"})
    return shown


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
