"""Who holds admin's database role and one operator's token is still not two persons, and none of its rows is signed."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from services.admin.tests.conftest import (
    NOW,
    Operations,
    clock,
    database,
    erasure_notice,
    operations,
    pool,
    signer,
    statement,
    template,
    upstreams,
)

__all__ = ["clock", "database", "erasure_notice", "operations", "pool", "signer", "statement", "template", "upstreams"]
MODELS = "/v1/admin/models"
PROMOTE, ROLLBACK, FREEZE, UNFREEZE = (f"{MODELS}/{name}" for name in ("promote", "rollback", "freeze", "unfreeze"))
WHY = {"model_name": "altscore-pd", "reason": "model_error", "ticket": "RISK-17"}
SIGNATURE = "0" * 128


async def by_two(operations: Operations, path: str, body: dict[str, Any], *, state: str = "promoted") -> dict[str, Any]:
    await operations.post("ml-1", path, body)
    answer: dict[str, Any] = (await operations.post("ml-2", path, body)).json()
    assert answer["status"] == state
    return answer


async def plant(pool: asyncpg.Pool, table: str, row: dict[str, Any]) -> None:
    """A row as the application's role may insert it."""
    names = ", ".join(row)
    values = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await pool.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", *row.values())


async def proposal_of(pool: asyncpg.Pool, table: str, key: str, **changes: Any) -> dict[str, Any]:
    """What a real proposal looks like, which the attacker can read, with another id."""
    row = dict(await pool.fetchrow(f"SELECT * FROM {table} WHERE status = 'proposed'"))
    return (
        {name: value for name, value in row.items() if name != "seq" and value is not None}
        | changes
        | {key: row[key][:-8] + "0" * 8}
    )


@pytest.mark.parametrize("has_signature_of_another", [False, True])
async def test_a_proposal_in_anothers_name_is_approved_by_nobody(
    operations: Operations, statement: dict[str, Any], pool: asyncpg.Pool, *, has_signature_of_another: bool
) -> None:
    await operations.post("ml-2", PROMOTE, statement)
    planted = await proposal_of(pool, "promotions", "promotion_id", proposed_by="ml-1")
    if not has_signature_of_another:
        planted = {name: value for name, value in planted.items() if not name.startswith("proposal_")}
    await pool.execute("UPDATE promotions SET status = 'withdrawn'")
    await plant(pool, "promotions", planted)

    answer = await operations.post("ml-2", PROMOTE, statement)

    assert answer.json()["status"] == "proposed"
    assert await operations.events("model.promoted") == []
    refused = [event for event in await operations.events() if event.get("reason") == "PROPOSAL_NOT_SIGNED"]
    assert [event["subject"] for event in refused] == [planted["promotion_id"]]


async def test_a_proposal_whose_statement_was_changed_is_approved_by_nobody(
    operations: Operations, statement: dict[str, Any], pool: asyncpg.Pool
) -> None:
    other = statement | {"model_sha256": "4" * 64, "version": "4"}
    await operations.post("super-1", PROMOTE, other)
    other_row = await pool.fetchrow("SELECT * FROM promotions")
    await pool.execute("UPDATE promotions SET status = 'withdrawn'")
    await operations.post("ml-1", PROMOTE, statement)  # what ml-1 did propose
    signed = await proposal_of(pool, "promotions", "promotion_id")
    await pool.execute("UPDATE promotions SET status = 'withdrawn' WHERE status = 'proposed'")
    changed = ("model_version", "model_sha256", "statement_digest")
    await plant(pool, "promotions", signed | {name: other_row[name] for name in changed})

    assert (await operations.post("ml-2", PROMOTE, other)).json()["status"] == "proposed"
    assert await operations.events("model.promoted") == []


async def test_a_rollback_never_offers_a_model_that_nobody_promoted(
    operations: Operations, statement: dict[str, Any], pool: asyncpg.Pool
) -> None:
    await by_two(operations, PROMOTE, statement)
    await by_two(operations, PROMOTE, statement | {"version": "4", "model_sha256": "4" * 64})
    row = dict(await pool.fetchrow("SELECT * FROM promotions WHERE model_version = '4'"))
    planted = {name: value for name, value in row.items() if name != "seq"} | {
        "promotion_id": "prm_" + "0" * 32,
        "model_version": "9",
        "model_sha256": "9" * 64,
        "signature": SIGNATURE,
    }
    await plant(pool, "promotions", planted)

    proposed = await operations.post("ml-1", ROLLBACK, {"model_name": "altscore-pd"})

    assert (proposed.json()["status"], proposed.json()["version"]) == ("proposed", "3")


async def test_a_copy_of_a_signed_promotion_changes_no_order(
    operations: Operations, statement: dict[str, Any], pool: asyncpg.Pool
) -> None:
    for version in ("3", "4", "5"):
        await by_two(operations, PROMOTE, statement | {"version": version, "model_sha256": version * 64})
        operations.services.models.clock.advance(seconds=1)  # type: ignore[attr-defined]  # a clock of the test
    row = dict(await pool.fetchrow("SELECT * FROM promotions WHERE model_version = '3'"))
    copied = {name: value for name, value in row.items() if name != "seq"} | {"promotion_id": "prm_" + "0" * 32}
    await plant(pool, "promotions", copied)

    proposed = await operations.post("ml-1", ROLLBACK, {"model_name": "altscore-pd"})

    assert proposed.json()["version"] == "4"


async def test_a_row_alone_tells_no_operator_that_a_model_is_promoted(
    operations: Operations, statement: dict[str, Any], pool: asyncpg.Pool
) -> None:
    await operations.post("ml-1", PROMOTE, statement)
    planted = await proposal_of(pool, "promotions", "promotion_id")
    approval = {"approved_by": "ml-2", "approved_at": NOW, "signature_key_id": "promotion-x", "signature": SIGNATURE}
    await plant(pool, "promotions", planted | approval | {"status": "promoted", "promotion_record": "{}"})

    assert (await operations.post("ml-2", PROMOTE, statement)).json()["status"] == "promoted"
    assert len(await operations.events("model.promoted")) == 1, "by two persons, and announced"


async def test_a_freeze_is_ended_by_no_row(operations: Operations, pool: asyncpg.Pool) -> None:
    freeze_id = (await by_two(operations, FREEZE, WHY, state="decided"))["decision_id"]
    body = {"model_name": "altscore-pd", "freeze_id": freeze_id, "ticket": "RISK-17"}
    await operations.post("ml-2", UNFREEZE, body)
    planted = await proposal_of(pool, "model_decisions", "decision_id", proposed_by="ml-1")
    await pool.execute("UPDATE model_decisions SET status = 'withdrawn' WHERE status = 'proposed'")
    await plant(pool, "model_decisions", planted)

    assert (await operations.post("ml-2", UNFREEZE, body)).json()["status"] == "proposed"
    assert [event["kind"] for event in await operations.events("model.decided")] == ["freeze"]


async def test_a_row_alone_tells_no_operator_that_scoring_is_frozen(operations: Operations, pool: asyncpg.Pool) -> None:
    await operations.post("ml-1", FREEZE, WHY)
    planted = await proposal_of(pool, "model_decisions", "decision_id")
    record = {"decision_id": planted["decision_id"], "kind": "freeze", **WHY, "proposed_by": "a", "approved_by": "b"}
    approval = {
        "approved_by": "ml-2",
        "approved_at": NOW + timedelta(seconds=1),
        "decided_seq": 99,
        "decision_record": json.dumps(record),
        "signature_key_id": "promotion-x",
        "signature": SIGNATURE,
    }
    await plant(pool, "model_decisions", planted | approval | {"status": "decided"})

    assert (await operations.post("ml-2", FREEZE, WHY)).json()["status"] == "decided"
    assert len(await operations.events("model.decided")) == 1, "by two persons, and announced"
