"""The records of scores and blocks: RFC 8785 bytes, signed by the engine's key after the guardrails (decisions 72, 97).

A record names the digest of its evidence, so that the signature covers whatever the outcome was computed from.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from altscore_libs.canonical_json import canonical_json
from altscore_libs.instants import format_instant
from altscore_libs.signer import Signer

from altscore_scoring.guardrails import constants as c
from altscore_scoring.scores.domain import Scored

KEY_LABEL = "score-seal"  # of the only keys that sign scores and blocks; the folder holds keys of other services too


class RecordContext(NamedTuple):
    """What the records of all scores of a job share; the fields are names of the signed record."""

    score_version: str
    model_sha256: str
    taxonomy_digest: str
    guardrail_digest: str


class Provenance(NamedTuple):
    """What an outcome came from; the fields are names of the signed record."""

    run_id: str | None
    manifest_sha256: str | None
    consent_id: str | None
    consent_version: int | None
    evidence_digest: str | None


class SignedRecord(NamedTuple):
    """A record's canonical text and the signature over its SHA-256."""

    record: str
    key_id: str
    signature: str


UNSIGNED = SignedRecord(record="", key_id="", signature="")
"""Of a row that waits for its signature; no such row is ever written."""


def record_of(
    scored: Scored,
    context: RecordContext,
    *,
    score_id: str,
    data_as_of_on: str,
    scored_at: datetime,
    provenance: Provenance | None,
) -> dict[str, Any]:
    """The record of a score; money and score as integers, PD and completeness as decimal texts.

    `provenance` is None for the records signed before evidence was under the signature, which are still replayed.
    """
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
        **({} if provenance is None else provenance._asdict()),
        # Microseconds: a block in the same second must not hide a newer score.
        "scored_at": instant_text(scored_at),
        "expires_at": instant_text(scored_at + timedelta(days=c.SCORE_VALID_DAYS)),
    }


def block_record_of(block: Mapping[str, Any], context: RecordContext | None, provenance: Provenance) -> dict[str, Any]:
    """The record of a block: its row, and where it came from; a block outside a run has no model and no rules.

    Args:
        block: column → value of the row, without the signature.
        context: what the job's records share.
        provenance: of the block.
    """
    shared = dict.fromkeys(RecordContext._fields) if context is None else context._asdict()
    row = {name: instant_text(value) if isinstance(value, datetime) else value for name, value in block.items()}
    return {**shared, **provenance._asdict(), **row}


def instant_text(at: datetime) -> str:
    """An instant as records hold it."""
    return format_instant(at, "microseconds")


async def sign_record(record: dict[str, Any], signer: Signer) -> SignedRecord:
    """Signs the record's canonical bytes."""
    return (await sign_texts([canonical_json(record)], signer))[0]


async def sign_texts(records: Sequence[bytes], signer: Signer) -> list[SignedRecord]:
    """Signs records in their canonical bytes, in order, in one visit to the key store."""
    signatures = await signer.sign_many([hashlib.sha256(raw).digest() for raw in records])
    return [
        SignedRecord(record=raw.decode(), key_id=signer.key_id, signature=signature.hex())
        for raw, signature in zip(records, signatures, strict=True)
    ]
