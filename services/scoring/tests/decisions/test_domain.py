"""A decision counts only when two different people signed exactly what it says; the engine alone may only freeze."""

import hashlib
from typing import Any

import pytest
from altscore_libs.canonical_json import canonical_json
from altscore_libs.testing import SoftwareSigner
from altscore_scoring.decisions.domain import SignedDecision, verified, verify_decision
from altscore_scoring.errors import DecisionRefused

FREEZE = {
    "decision_id": "dec_1",
    "kind": "freeze",
    "model_name": "altscore-xgb",
    "reason": "model_error",
    "proposed_by": "op_asha",
    "approved_by": "op_ravi",
    "approved_at": "2026-05-19T10:00:00.000000Z",
}


async def decision(signer: SoftwareSigner, record: Any = None, /, **changes: Any) -> SignedDecision:
    """A decision of this record; `changes` are made to the row after signing."""
    record = FREEZE if record is None else record
    raw = canonical_json(record)
    signature = await signer.sign(hashlib.sha256(raw).digest())
    names = ("decision_id", "kind", "model_name")
    return SignedDecision(
        **{name: str(record.get(name)) for name in names},
        record=raw.decode(),
        signature_key_id=signer.key_id,
        signature=signature.hex(),
    )._replace(**changes)


@pytest.fixture
def signer() -> SoftwareSigner:
    """The key of promotions."""
    return SoftwareSigner("promotion")


async def test_what_two_people_signed_is_a_decision(signer: SoftwareSigner) -> None:
    checked = verify_decision(await decision(signer), signer.public_keys())
    assert (checked.decision_id, checked.kind, checked.fields) == ("dec_1", "freeze", {"reason": "model_error"})
    assert not checked.is_automatic


@pytest.mark.parametrize("name", ["decision_id", "kind", "model_name"])
async def test_a_row_that_says_anything_else_than_its_record_is_refused(signer: SoftwareSigner, name: str) -> None:
    changed = await decision(signer, **{name: "unfreeze"})
    with pytest.raises(DecisionRefused, match="differs"):
        verify_decision(changed, signer.public_keys())


@pytest.mark.parametrize("change", [{"proposed_by": "op_ravi"}, {"proposed_by": None}, {"approved_by": ""}])
async def test_two_different_people_are_needed(signer: SoftwareSigner, change: dict[str, Any]) -> None:
    with pytest.raises(DecisionRefused, match="two different people"):
        verify_decision(await decision(signer, FREEZE | change), signer.public_keys())


@pytest.mark.parametrize("at", [None, "", "yesterday", "2026-05-19T10:00:00"])
async def test_a_decision_names_its_instant(signer: SoftwareSigner, at: Any) -> None:
    with pytest.raises(DecisionRefused, match="instant"):
        verify_decision(await decision(signer, FREEZE | {"approved_at": at}), signer.public_keys())


@pytest.mark.parametrize("kind", ["unfreeze", "challenger", "promotion"])
async def test_the_engines_own_key_decides_nothing_but_a_freeze(kind: str) -> None:
    engine = SoftwareSigner("score-seal")
    alone = {name: value for name, value in FREEZE.items() if not name.endswith("_by")}
    assert verify_decision(await decision(engine, alone), engine.public_keys()).is_automatic
    with pytest.raises(DecisionRefused, match="nobody may decide"):
        verify_decision(await decision(engine, FREEZE | {"kind": kind, "freeze_id": "dec_1"}), engine.public_keys())


async def test_foreign_keys_other_purposes_and_changed_records_are_refused(signer: SoftwareSigner) -> None:
    good = await decision(signer)
    keys = signer.public_keys()
    with pytest.raises(DecisionRefused, match="signature"):
        verify_decision(good._replace(record=good.record.replace("model_error", "fairness")), keys)
    with pytest.raises(DecisionRefused, match="signature"):
        verify_decision(good, SoftwareSigner("promotion").public_keys())
    other = SoftwareSigner("erasure-signing")
    with pytest.raises(DecisionRefused, match="another purpose"):
        verify_decision(await decision(other), other.public_keys())


@pytest.mark.parametrize("change", [{"signature": "zz"}, {"record": "{"}, {"record": "[]"}, {"signature": "ab"}])
async def test_a_decision_that_cannot_be_read_is_refused(signer: SoftwareSigner, change: dict[str, str]) -> None:
    with pytest.raises(DecisionRefused):
        verify_decision((await decision(signer))._replace(**change), signer.public_keys())


@pytest.mark.parametrize("record", [FREEZE | {"reason": None}, FREEZE | {"kind": "unfreeze"}])
async def test_a_record_without_what_its_kind_needs_is_refused(signer: SoftwareSigner, record: dict[str, Any]) -> None:
    with pytest.raises(DecisionRefused, match="whole"):
        verify_decision(await decision(signer, record), signer.public_keys())


async def test_rows_that_do_not_count_are_passed_over(signer: SoftwareSigner) -> None:
    good = await decision(signer)
    rows = [good._replace(signature="00" * 64), good]
    assert [item.decision_id for item in verified(rows, signer.public_keys())] == ["dec_1"]
