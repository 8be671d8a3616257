"""A promotion: two different people signed a model for production; anything less is refused (decisions 51, 71)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from altscore_libs.instants import format_instant
from altscore_libs.signer import SignatureVerifier

from altscore_scoring.errors import ModelRefused
from altscore_scoring.guardrails import constants as c

KEY_LABEL = "promotion"
SIGNED_FIELDS = (
    "promotion_id",
    "model_name",
    "model_version",
    "model_sha256",
    "artifact_uri",
    "taxonomy_digest",
    "guardrail_digest",
)


class Promotion(NamedTuple):
    """What the two people signed, as far as scoring needs it."""

    promotion_id: str
    model_name: str
    model_version: str
    model_sha256: str
    artifact_uri: str
    promotion_record: str
    promoted_at: datetime
    signature_key_id: str
    signature: str


def verify_promotion(data: Mapping[str, Any], keys: SignatureVerifier) -> Promotion:
    """The promotion behind a `model.promoted` event.

    Raises:
        ModelRefused: the signature is invalid, the event differs from the signed record, one person both proposed and
            approved, or the signed evaluation misses the fairness bar.
    """
    record_text, key_id = data["promotion_record"], data["signature_key_id"]
    if not key_id.startswith(f"{KEY_LABEL}-"):
        raise ModelRefused("the promotion is signed with a key of another purpose")
    try:
        signature = bytes.fromhex(data["signature"])
        record = json.loads(record_text)
    except ValueError as error:
        raise ModelRefused("the promotion cannot be read") from error
    if not keys.verify(key_id, hashlib.sha256(record_text.encode()).digest(), signature):
        raise ModelRefused("the promotion's signature does not hold")
    if any(str(record.get(name)) != data[name] for name in SIGNED_FIELDS):
        raise ModelRefused("the event differs from the signed promotion")
    people = (record.get("proposed_by"), record.get("approved_by"))
    if not all(people) or people[0] == people[1]:
        raise ModelRefused("a promotion needs two different people")
    air = (record.get("evaluation") or {}).get("air_min")
    if air is None or not float(air) >= c.AIR_MIN:
        raise ModelRefused("the signed evaluation misses the fairness bar")
    return Promotion(**{name: data[name] for name in Promotion._fields})


def promotion_of(record: str, *, key_id: str, signature: str, keys: SignatureVerifier) -> Promotion:
    """The promotion of a kept record: everything in it comes out of what was signed.

    Raises:
        ModelRefused: as `verify_promotion`, or the record names no instant.
    """
    content = _content_of(record)
    data = {name: str(content.get(name)) for name in SIGNED_FIELDS} | {
        "promotion_record": record,
        "promoted_at": None,
        "signature_key_id": key_id,
        "signature": signature,
    }
    promotion = verify_promotion(data, keys)
    return promotion._replace(promoted_at=approved_at(promotion))


def _content_of(record: str) -> dict[str, Any]:
    try:
        content = json.loads(record)
    except ValueError as error:
        raise ModelRefused("the promotion cannot be read") from error
    if not isinstance(content, dict):
        raise ModelRefused("the promotion cannot be read")
    return content


def refusal_record(promotion: Promotion, *, refusal_id: str, at: datetime) -> Mapping[str, str]:
    """What the engine signs when it refuses a promoted model for good."""
    return {
        "decision_id": refusal_id,
        "kind": "model_refused",
        "model_name": promotion.model_name,
        "promotion_id": promotion.promotion_id,
        "model_sha256": promotion.model_sha256,
        "approved_at": format_instant(at, "microseconds"),
    }


def verify_kept(model: Promotion, keys: SignatureVerifier) -> None:
    """Holds a kept promotion against its signature again, as at every load: a row of a table alone promotes nothing.

    Raises:
        ModelRefused: as `verify_promotion`; the digests of taxonomy and guardrails are those of the signed record.
    """
    record = _content_of(model.promotion_record)
    digests = {name: str(record.get(name)) for name in ("taxonomy_digest", "guardrail_digest")}
    verify_promotion({**model._asdict(), **digests}, keys)


def approved_at(model: Promotion) -> datetime:
    """When the second person signed, out of the signed record.

    Raises:
        ModelRefused: the record names no instant.
    """
    try:
        at = datetime.fromisoformat(json.loads(model.promotion_record)["approved_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelRefused("the signed promotion names no instant") from error
    if at.tzinfo is None:
        raise ModelRefused("the signed promotion names no instant")
    return at


def score_version(model_version: str) -> str:
    """The version string that lenders see."""
    return f"altscore-xgb-v{model_version}-prod"
