"""A promotion is accepted only when two different people signed exactly what the event says."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from altscore_libs.canonical_json import canonical_json
from altscore_libs.testing import SoftwareSigner
from altscore_scoring.errors import ModelRefused
from altscore_scoring.promotions.domain import SIGNED_FIELDS, Promotion, score_version, verify_promotion

AT = datetime(2026, 5, 19, 10, tzinfo=UTC)
RECORD = {
    "promotion_id": "prm_1",
    "model_name": "altscore-xgb",
    "model_version": "7",
    "model_sha256": "a" * 64,
    "artifact_uri": "s3://models/7",
    "taxonomy_digest": "b" * 64,
    "guardrail_digest": "c" * 64,
    "evaluation": {"auroc": 0.8, "air_min": 0.8},
    "proposed_by": "op_asha",
    "approved_by": "op_ravi",
}


@pytest.fixture
def signer() -> SoftwareSigner:
    """The key of promotions."""
    return SoftwareSigner("promotion")


async def event(signer: SoftwareSigner, record: Any = None, **changes: Any) -> dict[str, Any]:
    """A `model.promoted` event of this record; `changes` are made to the event after signing."""
    record = RECORD if record is None else record
    raw = canonical_json(record)
    signature = await signer.sign(hashlib.sha256(raw).digest())
    fields = {name: RECORD[name] for name in SIGNED_FIELDS}
    if isinstance(record, dict):
        fields |= {name: record[name] for name in SIGNED_FIELDS if name in record}
    signed = {
        "promotion_record": raw.decode(),
        "signature_key_id": signer.key_id,
        "signature": signature.hex(),
        "promoted_at": AT,
    }
    return fields | signed | changes


async def test_what_two_people_signed_is_a_promotion(signer: SoftwareSigner) -> None:
    data = await event(signer)
    assert verify_promotion(data, signer.public_keys()) == Promotion(
        promotion_id="prm_1",
        model_name="altscore-xgb",
        model_version="7",
        model_sha256="a" * 64,
        artifact_uri="s3://models/7",
        promotion_record=data["promotion_record"],
        promoted_at=AT,
        signature_key_id=data["signature_key_id"],
        signature=data["signature"],
    )


@pytest.mark.parametrize("name", SIGNED_FIELDS)
async def test_an_event_that_says_anything_else_than_the_record_is_refused(signer: SoftwareSigner, name: str) -> None:
    with pytest.raises(ModelRefused, match="differs"):
        verify_promotion(await event(signer, **{name: "other"}), signer.public_keys())


@pytest.mark.parametrize("name", SIGNED_FIELDS)
async def test_a_record_without_a_signed_field_is_refused(signer: SoftwareSigner, name: str) -> None:
    record = {key: value for key, value in RECORD.items() if key != name}
    with pytest.raises(ModelRefused, match="differs"):
        verify_promotion(await event(signer, record), signer.public_keys())


@pytest.mark.parametrize("change", [{"proposed_by": "op_ravi"}, {"proposed_by": None}, {"approved_by": ""}])
async def test_two_different_people_are_needed(signer: SoftwareSigner, change: dict[str, Any]) -> None:
    with pytest.raises(ModelRefused, match="two different people"):
        verify_promotion(await event(signer, RECORD | change), signer.public_keys())


@pytest.mark.parametrize("evaluation", [None, {}, {"air_min": None}, {"air_min": 0.7999}, {"air_min": "nan"}])
async def test_the_signed_evaluation_must_reach_the_fairness_bar(signer: SoftwareSigner, evaluation: Any) -> None:
    with pytest.raises(ModelRefused, match="fairness"):
        verify_promotion(await event(signer, RECORD | {"evaluation": evaluation}), signer.public_keys())


async def test_a_changed_record_a_foreign_key_and_a_key_of_another_purpose_are_refused(signer: SoftwareSigner) -> None:
    data = await event(signer)
    longer = data["promotion_record"].replace('"7"', '"8"')
    assert longer != data["promotion_record"]
    with pytest.raises(ModelRefused, match="signature"):
        verify_promotion(data | {"promotion_record": longer}, signer.public_keys())
    with pytest.raises(ModelRefused, match="signature"):
        verify_promotion(data, SoftwareSigner("promotion").public_keys())
    other = SoftwareSigner("score-seal")
    with pytest.raises(ModelRefused, match="another purpose"):
        verify_promotion(await event(other), other.public_keys())


@pytest.mark.parametrize("change", [{"signature": "zz"}, {"promotion_record": "{"}, {"signature": "ab"}])
async def test_a_promotion_that_cannot_be_read_is_refused(signer: SoftwareSigner, change: dict[str, str]) -> None:
    with pytest.raises(ModelRefused):
        verify_promotion(await event(signer, **change), signer.public_keys())


async def test_the_record_is_signed_as_bytes_not_as_meaning(signer: SoftwareSigner) -> None:
    data = await event(signer)
    spaced = json.dumps(json.loads(data["promotion_record"]), indent=1)
    with pytest.raises(ModelRefused, match="signature"):
        verify_promotion(data | {"promotion_record": spaced}, signer.public_keys())


def test_lenders_see_the_version_of_the_model() -> None:
    assert score_version("7") == "altscore-xgb-v7-prod"
