"""Bytes that must not change by accident: record, evidence and their digests of one fixed score and one fixed block.

They are stored, signed and replayed for years; a change here is a change of every later score's meaning.
"""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from altscore_libs.testing import SoftwareSigner
from altscore_scoring.clients import Consent
from altscore_scoring.guardrails.checks import Guardrail, Reason
from altscore_scoring.guardrails.reasons import BackedReason
from altscore_scoring.model.features import Feature
from altscore_scoring.runs.domain import GoldRun
from altscore_scoring.scores import evidence
from altscore_scoring.scores.domain import AnomalyScore, Blocked, Monitors, Scored, model_sections, reason_section
from altscore_scoring.scores.signing import Provenance, RecordContext, block_record_of, record_of, sign_record
from altscore_scoring.scores.store import BlockRow

GOLDEN = json.loads((Path(__file__).parent / "data" / "golden.json").read_text(encoding="utf-8"))
AT = datetime(2026, 5, 19, 22, 14, 7, 120, tzinfo=UTC)
CONTEXT = RecordContext(
    score_version="altscore-xgb-v1-prod", model_sha256="a" * 64, taxonomy_digest="b" * 64, guardrail_digest="c" * 64
)
ANOMALY = AnomalyScore(score=0.4375, cut=0.6123, out_of_range_share=0.0625)
FEATURES = (
    Feature(name="delay_mean_days", family="payment", group="delay", direction=1, is_croston=False),
    Feature(name="tenure_days", family="relationship", group="tenure", direction=-1, is_croston=True, cap=365.0),
)
REASONS = (Reason("LOW_PAYMENT_DELAY", "positive", 1), Reason("ORDER_GAP_DETECTED", "negative", 2))
BASES = (BackedReason(REASONS[0], "sign", 14.25), BackedReason(REASONS[1], "distance", 3.5))
SECTIONS = model_sections(FEATURES, route="primary", margin=-2.4156, contributions=(-0.1, 0.2, -1.8070631))
SCORED = Scored(
    retailer_id="ret_0000000000000001",
    probability_of_default=Decimal("0.0820"),
    altscore=724,
    risk_band="B",
    recommended_limit_inr=140_000,
    reason_codes=REASONS,
    guardrails=(Guardrail("GR-4", "capped", "affordability_ceiling"),),
    completeness=Decimal("72.5"),
    is_low_confidence_data=False,
    anomaly=ANOMALY,
    sections=SECTIONS | reason_section(BASES),
)
RUN = GoldRun(
    run_id="run_01",
    run_key="k" * 64,
    manifest_uri="s3://lake/gold/run=run_01/manifest.json",
    manifest_sha256="d" * 64,
    as_of_on=date(2026, 5, 19),
    retailers=2,
    consent_version=5,
)


CONSENT = Consent(is_granted=True, version=7, consent_id="cns_1")
PROVENANCE = Provenance(
    run_id="run_01", manifest_sha256="d" * 64, consent_id="cns_1", consent_version=7, evidence_digest="9" * 64
)


@pytest.mark.parametrize(("name", "provenance"), [("record", PROVENANCE), ("record_before_evidence", None)])
async def test_the_signed_record_of_a_score(name: str, provenance: Provenance | None) -> None:
    signer = SoftwareSigner("score-seal")
    record = record_of(
        SCORED, CONTEXT, score_id="scr_1", data_as_of_on="2026-05-18", scored_at=AT, provenance=provenance
    )
    signed = await sign_record(record, signer)
    assert signed.record == GOLDEN[name]
    assert signed.key_id == signer.key_id
    digest = hashlib.sha256(GOLDEN[name].encode()).digest()
    assert digest.hex() == GOLDEN[f"{name}_sha256"]
    assert signer.public_keys().verify(signed.key_id, digest, bytes.fromhex(signed.signature))


@pytest.mark.parametrize(("name", "context"), [("block_record", CONTEXT), ("block_record_outside_a_run", None)])
async def test_the_signed_record_of_a_block(name: str, context: RecordContext | None) -> None:
    row = BlockRow(
        block_id="blk_1",
        retailer_id="ret_0000000000000002",
        scope="retailer",
        reason="GR-2",
        code="MANUAL_REVIEW_REQUIRED",
        run_id="run_01",
        model_sha256="a" * 64,
        blocked_at=AT,
        evidence_digest="9" * 64,
    )
    signed = await sign_record(block_record_of(row.signed_fields(), context, PROVENANCE), SoftwareSigner("score-seal"))
    assert signed.record == GOLDEN[name]


def test_the_evidence_of_a_run() -> None:
    item = evidence.run_evidence(
        RUN, CONTEXT, Monitors(psi=0.04, air_district=None, air_size_band=0.9), code_version="e" * 64
    )
    assert item._asdict() == GOLDEN["run"]


def test_the_evidence_of_a_score() -> None:
    item = evidence.outcome_evidence(SCORED, CONSENT, features_digest="1" * 64, run_digest="2" * 64)
    assert item._asdict() == GOLDEN["score"]


@pytest.mark.parametrize(("name", "anomaly"), [("block", ANOMALY), ("block_without_anomaly", None)])
def test_the_evidence_of_a_block(name: str, anomaly: AnomalyScore | None) -> None:
    blocked = Blocked("ret_0000000000000002", "GR-2", "MANUAL_REVIEW_REQUIRED", anomaly=anomaly)
    consent = Consent(is_granted=False, version=None)
    item = evidence.outcome_evidence(blocked, consent, features_digest="1" * 64, run_digest="2" * 64)
    assert item._asdict() == GOLDEN[name]


def test_the_evidence_of_a_block_holds_the_models_work_until_then() -> None:
    blocked = Blocked("ret_0000000000000002", "GR-3", "MANUAL_REVIEW_REQUIRED", sections=SECTIONS)
    item = evidence.outcome_evidence(blocked, CONSENT, features_digest="1" * 64, run_digest="2" * 64)
    assert item._asdict() == GOLDEN["block_with_contributions"]


def test_contributions_and_features_must_agree_in_number() -> None:
    with pytest.raises(ValueError, match="zip"):
        model_sections(FEATURES[:1], route="primary", margin=0.0, contributions=(-0.1, 0.2, -1.8070631))
