"""The record of a score: RFC 8785 bytes, signed by the engine's key after the guardrails (decision 72)."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import format_instant
from altscore_libs.signer import Signer

from altscore_scoring.guardrails import constants as c
from altscore_scoring.scores.domain import Scored


class RecordContext(NamedTuple):
    """What the records of all scores of a job share; the fields are names of the signed record."""

    score_version: str
    model_sha256: str
    taxonomy_digest: str
    guardrail_digest: str


class SignedRecord(NamedTuple):
    """A record's canonical text and the signature over its SHA-256."""

    record: str
    key_id: str
    signature: str


def record_of(
    scored: Scored, context: RecordContext, *, score_id: str, data_as_of_on: str, scored_at: datetime
) -> dict[str, Any]:
    """The record that is signed; money and score as integers, PD and completeness as decimal texts."""
    return {
        "score_id": score_id,
        "retailer_id": scored.retailer_id,
        "altscore": scored.altscore,
        "risk_band": scored.risk_band,
        "probability_of_default": str(scored.probability_of_default),
        "recommended_limit_inr": scored.recommended_limit_inr,
        "reason_codes": [reason._asdict() for reason in scored.reason_codes],
        "guardrails": [guardrail._asdict() for guardrail in scored.guardrails],
        "completeness": str(scored.completeness),
        "is_low_confidence_data": scored.is_low_confidence_data,
        "data_as_of_on": data_as_of_on,
        **context._asdict(),
        # Microseconds: a block in the same second must not hide a newer score.
        "scored_at": format_instant(scored_at, "microseconds"),
        "expires_at": format_instant(scored_at + timedelta(days=c.SCORE_VALID_DAYS), "microseconds"),
    }


async def sign_record(record: dict[str, Any], signer: Signer) -> SignedRecord:
    """Signs the record's canonical bytes."""
    raw = canonical_json(record)
    signature = await signer.sign(hashlib.sha256(raw).digest())
    return SignedRecord(record=raw.decode(), key_id=signer.key_id, signature=signature.hex())
