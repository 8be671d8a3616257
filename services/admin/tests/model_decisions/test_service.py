"""Challengers and freezes need two persons and one statement, and are signed; a decision that was made stands."""

import hashlib
import json
from typing import Any

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.testing import SoftwareSigner

from ..conftest import Operations

MODELS = "/v1/admin/models"
CHALLENGER, WITHDRAW = f"{MODELS}/challenger", f"{MODELS}/challenger/withdraw"
FREEZE, UNFREEZE = f"{MODELS}/freeze", f"{MODELS}/unfreeze"
WHY = {"model_name": "altscore-pd", "reason": "model_error", "ticket": "RISK-17"}


async def decided(operations: Operations, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A decision that two operators make."""
    await operations.post("ml-1", path, body)
    decision: dict[str, Any] = (await operations.post("ml-2", path, body)).json()
    assert decision["status"] == "decided", decision
    return decision


async def test_one_operator_freezes_nothing(operations: Operations) -> None:
    first = await operations.post("ml-1", FREEZE, WHY)
    assert (first.status_code, first.json()["status"]) == (200, "proposed")
    again = await operations.post("ml-1", FREEZE, WHY)
    assert (again.status_code, again.json()["code"]) == (409, "SECOND_OPERATOR_REQUIRED")
    assert await operations.events("model.decided") == []


async def test_two_operators_freeze_and_the_record_is_signed(operations: Operations, signer: SoftwareSigner) -> None:
    decision = await decided(operations, FREEZE, WHY)
    (event,) = await operations.events("model.decided")
    record = json.loads(event["decision_record"])
    assert record == {
        "decision_id": decision["decision_id"],
        "kind": "freeze",
        **WHY,
        "proposed_by": "ml-1",
        "approved_by": "ml-2",
        "approved_at": "2026-05-20T08:00:00.000000Z",
    }
    digest = hashlib.sha256(event["decision_record"].encode()).digest()
    assert signer.public_keys().verify(event["signature_key_id"], digest, bytes.fromhex(event["signature"]))
    assert (await operations.audited())[-1] == ("model_decided", "ml-2", "ok")


async def test_a_second_operator_with_another_reason_is_a_409(operations: Operations) -> None:
    await operations.post("ml-1", FREEZE, WHY)
    answer = await operations.post("ml-2", FREEZE, WHY | {"reason": "fraud"})
    assert (answer.status_code, answer.json()["code"]) == (409, "PROMOTION_CONFLICT")


async def test_an_unfreeze_names_its_freeze_and_needs_two_operators_too(operations: Operations) -> None:
    freeze_id = (await decided(operations, FREEZE, WHY))["decision_id"]
    body = {"model_name": "altscore-pd", "freeze_id": freeze_id, "ticket": "RISK-17"}
    assert (await operations.post("ml-2", UNFREEZE, body)).json()["status"] == "proposed"
    assert (await operations.post("super-1", UNFREEZE, body)).json()["status"] == "decided"
    assert [event["kind"] for event in await operations.events("model.decided")] == ["freeze", "unfreeze"]


async def test_the_same_freeze_after_its_end_is_a_new_one(operations: Operations) -> None:
    first = (await decided(operations, FREEZE, WHY))["decision_id"]
    assert (await operations.post("ml-1", FREEZE, WHY)).json()["decision_id"] == first
    await decided(operations, UNFREEZE, {"model_name": "altscore-pd", "freeze_id": first, "ticket": "RISK-17"})
    assert (await decided(operations, FREEZE, WHY))["decision_id"] != first


async def test_a_challenger_is_held_against_the_thresholds_of_a_promotion(
    operations: Operations, statement: dict[str, Any]
) -> None:
    weak = statement | {"evaluation": statement["evaluation"] | {"air_min": 0.79}}
    answer = await operations.post("ml-1", CHALLENGER, weak)
    assert (answer.status_code, answer.json()["code"]) == (409, "MODEL_GATE_MISSED")
    await decided(operations, CHALLENGER, statement)
    (event,) = await operations.events("model.decided")
    record = json.loads(event["decision_record"])
    assert (record["model_sha256"], record["artifact_uri"]) == (statement["model_sha256"], statement["artifact_uri"])
    assert "promotion_id" not in record, "or it could be taken for a promotion"
    assert await operations.events("model.promoted") == []


async def test_a_challenger_is_withdrawn_by_two_operators(operations: Operations, statement: dict[str, Any]) -> None:
    await decided(operations, CHALLENGER, statement)
    await decided(operations, WITHDRAW, {"model_name": statement["model_name"], "ticket": "ML-4"})
    kinds = [event["kind"] for event in await operations.events("model.decided")]
    assert kinds == ["challenger", "challenger_withdrawn"]


async def test_a_proposal_lives_for_a_day(operations: Operations, clock: FixedClock) -> None:
    await operations.post("ml-1", FREEZE, WHY)
    clock.advance(seconds=24 * 3_600)
    assert (await operations.post("ml-2", FREEZE, WHY)).json()["status"] == "proposed"


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (FREEZE, {"reason": "because Ramesh said so"}),
        (FREEZE, {"ticket": "9800000001"}),
        (UNFREEZE, {"freeze_id": "all of them"}),
        (WITHDRAW, {"model_name": "x y"}),
    ],
)
async def test_free_text_is_refused_and_enters_nothing(
    operations: Operations, path: str, change: dict[str, str]
) -> None:
    body = {FREEZE: WHY, UNFREEZE: {"model_name": "m", "freeze_id": "dec_1", "ticket": "A-1"}}.get(
        path, {"model_name": "m", "ticket": "ML-4"}
    )
    answer = await operations.post("ml-1", path, body | change)
    assert answer.status_code == 400
    assert "Ramesh" not in answer.text + str(await operations.whole_database())


async def test_who_may_not_promote_may_not_freeze(operations: Operations) -> None:
    assert (await operations.post("legal-1", FREEZE, WHY)).status_code == 403


async def test_a_decision_cannot_be_changed(operations: Operations, pool: asyncpg.Pool) -> None:
    await operations.post("ml-1", FREEZE, WHY)
    with pytest.raises(asyncpg.CheckViolationError, match="model_decisions_two_persons"):
        await pool.execute(
            "UPDATE model_decisions SET status = 'decided', approved_by = 'ml-1', approved_at = now(), decided_seq = 9,"
            " decision_record = '{}', signature_key_id = 'k', signature = repeat('0', 128)"
        )
    await operations.post("ml-2", FREEZE, WHY)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE model_decisions SET approved_by = 'super-1'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM model_decisions")
