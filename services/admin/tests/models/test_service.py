"""Two persons, one statement, a signature; the database itself refuses less."""

import asyncio
import hashlib
import json
from typing import Any

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.testing import SoftwareSigner

from ..conftest import Operations

PROMOTE, ROLLBACK = "/v1/admin/models/promote", "/v1/admin/models/rollback"
MODEL = {"model_name": "altscore-pd"}


async def promoted(operations: Operations, statement: dict[str, Any]) -> dict[str, Any]:
    await operations.post("ml-1", PROMOTE, statement)
    promotion: dict[str, Any] = (await operations.post("ml-2", PROMOTE, statement)).json()
    assert promotion["status"] == "promoted"
    return promotion


async def test_one_operator_proposes_and_nothing_is_announced(
    operations: Operations, statement: dict[str, Any]
) -> None:
    answer = await operations.post("ml-1", PROMOTE, statement)
    assert (answer.status_code, answer.json()["status"]) == (200, "proposed")
    assert answer.json()["approvals"] == [{"operator_id": "ml-1", "at": "2026-05-20T08:00:00Z"}]
    assert await operations.events("model.promoted") == []


async def test_the_same_operator_twice_is_a_409(operations: Operations, statement: dict[str, Any]) -> None:
    await operations.post("ml-1", PROMOTE, statement)
    answer = await operations.post("ml-1", PROMOTE, statement)
    assert (answer.status_code, answer.json()["code"]) == (409, "SECOND_OPERATOR_REQUIRED")
    assert (await operations.audited())[-1] == ("model_promotion_proposed", "ml-1", "refused")
    assert await operations.events("model.promoted") == []


async def test_a_second_operator_who_states_the_same_promotes_and_the_record_is_signed(
    operations: Operations, statement: dict[str, Any], signer: SoftwareSigner
) -> None:
    answer = await promoted(operations, statement)
    assert [approval["operator_id"] for approval in answer["approvals"]] == ["ml-1", "ml-2"]
    (event,) = await operations.events("model.promoted")
    record = json.loads(event["promotion_record"])
    assert (record["proposed_by"], record["approved_by"], record["approved_at"]) == (
        "ml-1",
        "ml-2",
        "2026-05-20T08:00:00.000000Z",
    )
    assert record["evaluation"]["folds"] == [{"brier": 0.06}]
    assert record["model_sha256"] == event["model_sha256"] == statement["model_sha256"]
    digest = hashlib.sha256(event["promotion_record"].encode()).digest()
    assert signer.public_keys().verify(event["signature_key_id"], digest, bytes.fromhex(event["signature"]))
    assert (await operations.audited())[-1] == ("model_promoted", "ml-2", "ok")


@pytest.mark.parametrize("field", ["model_sha256", "taxonomy_digest", "guardrail_digest", "artifact_uri"])
async def test_a_second_operator_who_states_something_else_is_a_409(
    operations: Operations, statement: dict[str, Any], field: str
) -> None:
    await operations.post("ml-1", PROMOTE, statement)
    other = "s3://altscore-models/other" if field == "artifact_uri" else "0" * 64
    answer = await operations.post("ml-2", PROMOTE, statement | {field: other})
    assert (answer.status_code, answer.json()["code"]) == (409, "PROMOTION_CONFLICT")


async def test_a_figure_that_differs_is_another_statement(operations: Operations, statement: dict[str, Any]) -> None:
    await operations.post("ml-1", PROMOTE, statement)
    other = statement | {"evaluation": statement["evaluation"] | {"ks": 0.42}}
    assert (await operations.post("ml-2", PROMOTE, other)).status_code == 409


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("auroc", 0.7199),
        ("ks", 0.34),
        ("air_min", 0.79),
        ("air_min", None),
        ("auroc", True),
        ("ks", "0.9"),
        ("is_calibrated", False),
    ],
)
async def test_a_model_below_a_bar_is_refused_and_the_bar_is_named(
    operations: Operations, statement: dict[str, Any], figure: str, value: Any
) -> None:
    weak = statement | {"evaluation": statement["evaluation"] | {figure: value}}
    answer = await operations.post("ml-1", PROMOTE, weak)
    assert (answer.status_code, answer.json()["code"]) == (409, "MODEL_GATE_MISSED")
    assert [item["field"] for item in answer.json()["errors"]] == [f"evaluation.{figure}"]
    assert await operations.audited() == [("model_promotion_proposed", "ml-1", "refused")]


@pytest.mark.parametrize("path", [PROMOTE, "/v1/admin/models/challenger"])
@pytest.mark.parametrize("number", [2**53 + 1, -(10**18), 33122475725054770.0])
async def test_a_number_beyond_what_a_signature_can_be_verified_over_is_refused(
    operations: Operations, statement: dict[str, Any], path: str, number: float
) -> None:
    beyond = statement | {"evaluation": statement["evaluation"] | {"folds": [{"rows": number}]}}
    answer = await operations.post("ml-1", path, beyond)
    assert answer.status_code == 400
    assert str(number) not in answer.text


async def test_a_model_exactly_on_the_bars_passes(operations: Operations, statement: dict[str, Any]) -> None:
    on_the_bars = statement | {"evaluation": {"auroc": 0.72, "ks": 0.35, "air_min": 0.8}}
    assert (await operations.post("ml-1", PROMOTE, on_the_bars)).status_code == 200


async def test_asking_again_after_the_promotion_changes_nothing(
    operations: Operations, statement: dict[str, Any]
) -> None:
    first = await promoted(operations, statement)
    assert (await operations.post("ml-1", PROMOTE, statement)).json() == first
    assert len(await operations.events("model.promoted")) == 1


async def test_the_proposer_may_correct_their_own(operations: Operations, statement: dict[str, Any]) -> None:
    await operations.post("ml-1", PROMOTE, statement)
    corrected = statement | {"version": "4"}
    assert (await operations.post("ml-1", PROMOTE, corrected)).json()["status"] == "proposed"
    assert (await operations.post("ml-2", PROMOTE, corrected)).json()["status"] == "promoted"


async def test_a_proposal_lives_for_a_day(operations: Operations, statement: dict[str, Any], clock: FixedClock) -> None:
    await operations.post("ml-1", PROMOTE, statement)
    clock.advance(seconds=24 * 3_600)
    assert (await operations.post("ml-2", PROMOTE, statement)).json()["status"] == "proposed"


async def test_two_second_approvals_at_once_make_one_promotion(
    operations: Operations, statement: dict[str, Any]
) -> None:
    await operations.post("ml-1", PROMOTE, statement)
    both = (operations.post(operator, PROMOTE, statement) for operator in ("ml-2", "super-1"))
    answers = await asyncio.gather(*both)
    assert {answer.json()["status"] for answer in answers} == {"promoted"}
    assert len(await operations.events("model.promoted")) == 1


async def test_the_database_refuses_an_approval_by_the_proposer(
    operations: Operations, statement: dict[str, Any], pool: asyncpg.Pool
) -> None:
    await operations.post("ml-1", PROMOTE, statement)
    with pytest.raises(asyncpg.CheckViolationError, match="promotions_two_persons"):
        await pool.execute(
            "UPDATE promotions SET status = 'promoted', approved_by = 'ml-1', approved_at = now(),"
            " promotion_record = '{}', signature_key_id = 'k', signature = repeat('0', 128)"
        )
    with pytest.raises(asyncpg.CheckViolationError, match="promotions_whole"):
        await pool.execute("UPDATE promotions SET status = 'promoted'")


async def test_a_decided_promotion_cannot_be_changed(
    operations: Operations, statement: dict[str, Any], pool: asyncpg.Pool
) -> None:
    await promoted(operations, statement)
    for change in ("approved_by = 'super-1'", "status = 'withdrawn'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(f"UPDATE promotions SET {change}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE promotions SET model_sha256 = repeat('0', 64)")


async def test_a_rollback_by_two_operators_brings_the_earlier_champion_back(
    operations: Operations, statement: dict[str, Any]
) -> None:
    await promoted(operations, statement)
    await promoted(operations, statement | {"version": "4", "model_sha256": "4" * 64})
    proposed = await operations.post("ml-2", ROLLBACK, MODEL)
    assert (proposed.json()["status"], proposed.json()["version"]) == ("proposed", "3")
    assert (await operations.post("ml-2", ROLLBACK, MODEL)).status_code == 409
    done = await operations.post("super-1", ROLLBACK, MODEL)
    assert (done.json()["status"], done.json()["kind"]) == ("promoted", "rollback")
    events = await operations.events("model.promoted")
    assert [event["model_version"] for event in events] == ["3", "4", "3"]


async def test_without_an_earlier_champion_there_is_no_rollback(
    operations: Operations, statement: dict[str, Any]
) -> None:
    await promoted(operations, statement)
    answer = await operations.post("ml-1", ROLLBACK, MODEL)
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_EARLIER_MODEL")


async def test_a_text_in_place_of_a_figure_is_refused_and_not_audited(
    operations: Operations, statement: dict[str, Any]
) -> None:
    statement["evaluation"]["auroc"] = "ask Ramesh, 9800000001"
    assert (await operations.post("ml-1", PROMOTE, statement)).status_code == 409
    (event,) = await operations.events()
    assert (event["outcome"], event["details"]["auroc"], event["details"]["ks"]) == ("refused", "missing", "0.41")
    assert "9800000001" not in await operations.whole_database()


async def test_a_rollback_passes_over_a_row_that_nobody_signed(
    operations: Operations, statement: dict[str, Any], pool: asyncpg.Pool
) -> None:
    await promoted(operations, statement)
    await pool.execute(
        "INSERT INTO promotions (promotion_id, kind, model_name, model_version, model_sha256, artifact_uri,"
        " taxonomy_digest, guardrail_digest, evaluation, statement_digest, status, proposed_by, proposed_at,"
        " approved_by, approved_at, promotion_record, signature_key_id, signature)"
        " SELECT 'prm_' || repeat('0', 32), kind, model_name, '0', repeat('0', 64), artifact_uri, taxonomy_digest,"
        " guardrail_digest, evaluation, statement_digest, status, proposed_by, proposed_at, approved_by, approved_at,"
        " promotion_record, signature_key_id, signature FROM promotions"
    )
    await promoted(operations, statement | {"version": "4", "model_sha256": "4" * 64})
    proposed = await operations.post("ml-1", ROLLBACK, MODEL)
    assert (proposed.json()["status"], proposed.json()["version"]) == ("proposed", "3")
