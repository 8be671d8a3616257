"""While a freeze stands nobody is scored and nothing is lost; only two persons end it, whoever began it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from altscore_libs.testing import SoftwareSigner
from altscore_scoring.decisions.domain import SignedDecision, verify_decision
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from prometheus_client import REGISTRY

from .. import synthetic
from ..worker_world import AS_OF, World, make_world

Trained = tuple[Bundle, Path]
FORGE = """
INSERT INTO model_decisions (decision_id, kind, model_name, record, signature_key_id, signature, freeze_id, decided_at,
                             received_at)
VALUES ($1, $2, 'altscore-xgb', $3, $4, $5, $6, now() + interval '1 day', now())
"""


def gold(rows: int = 120, *, shifted: bool = False) -> pa.Table:
    """A Gold run; a shifted one is of late payers alone."""
    table = synthetic.gold_table(rows, seed=11, as_of_on=AS_OF)
    if not shifted:
        return table
    for name, days in (("delay_mean_days", 60.0), ("delay_p90_days", 90.0)):
        table = table.set_column(table.schema.get_field_index(name), name, pa.array([days] * rows))
    return table


async def promoted(world: World, trained: Trained) -> None:
    """A model in use."""
    await world.promote(trained[1], trained[0].model_sha256)
    await world.work()


async def scored_runs(world: World) -> set[str]:
    """Runs of which there is a score."""
    return {event["run_id"] for event in await world.outbox("score.computed")}


async def run_blocks(world: World) -> list[tuple[str, str, str]]:
    """Run, reason and code of the blocks of whole runs."""
    events = await world.outbox("score.blocked")
    return [(event["run_id"], event["reason"], event["code"]) for event in events if event["scope"] == "run"]


async def freeze(world: World) -> str:
    """A freeze by two persons."""
    return await world.decide("freeze", reason="model_error", ticket="RISK-17")


async def test_a_frozen_engine_keeps_the_run_scores_nobody_and_says_why(world: World, trained: Trained) -> None:
    await promoted(world, trained)
    freeze_id = await freeze(world)
    await world.announce(gold())
    assert await world.work() == 0
    assert await world.outbox("score.computed") == []
    assert await world.pool.fetchval("SELECT count(*) FROM gold_runs") == 1
    assert await run_blocks(world) == [("run_01", "GR-6", "MODEL_UNAVAILABLE")]
    (entry,) = await world.audits("scoring_run")
    assert (entry["outcome"], entry["reason"], entry["subject"]) == ("blocked", "GR-6", "run_01")
    assert entry["details"] == {"why": "scoring is frozen", "freeze_id": freeze_id}
    assert REGISTRY.get_sample_value("altscore_scoring_frozen") == 1


async def test_after_the_end_of_the_freeze_the_kept_run_is_scored(world: World, trained: Trained) -> None:
    await promoted(world, trained)
    freeze_id = await freeze(world)
    await world.announce(gold())
    await world.work()
    await world.decide("unfreeze", freeze_id=freeze_id, ticket="RISK-17")
    await world.work()
    assert await scored_runs(world) == {"run_01"}
    assert [entry["subject"] for entry in await world.audits("scoring_frozen")] == [freeze_id]
    assert [entry["details"]["freeze_id"] for entry in await world.audits("scoring_unfrozen")] == [freeze_id]
    assert REGISTRY.get_sample_value("altscore_scoring_frozen") == 0


async def test_each_run_that_is_held_back_is_announced_once(world: World, trained: Trained) -> None:
    await promoted(world, trained)
    await freeze(world)
    for run_id in ("run_01", "run_02"):
        await world.announce(gold(), run_id=run_id)
        for _ in range(3):
            await world.work()
    assert [run_id for run_id, _, _ in await run_blocks(world)] == ["run_01", "run_02"]


async def test_a_freeze_stops_a_run_between_two_chunks_and_its_end_goes_on_there(
    world: World, trained: Trained
) -> None:
    await promoted(world, trained)
    await world.announce(gold(120))
    assert await world.worker.step()  # the first 50 rows
    written = len(await world.outbox("score.computed"))
    freeze_id = await freeze(world)
    await world.work()
    assert len(await world.outbox("score.computed")) == written > 0
    await world.decide("unfreeze", freeze_id=freeze_id, ticket="RISK-17")
    await world.work()
    outcomes = await world.outbox("score.computed") + await world.outbox("score.blocked")
    of_retailers = [event["retailer_id"] for event in outcomes if event["retailer_id"] is not None]
    assert sorted(of_retailers) == [synthetic.retailer_id(i) for i in range(120)]


async def test_a_request_waits_and_a_withdrawal_does_not(world: World, trained: Trained) -> None:
    await promoted(world, trained)
    await world.announce(gold())
    await world.work()
    await freeze(world)
    revoked = (await world.outbox("score.computed"))[0]["retailer_id"]
    world.consents.refused.add(revoked)
    await world.deliver("consent.revoked", revoked, retailer_id=revoked, consent_id="cns_1")
    await world.deliver("score.requested", "-", retailer_id=synthetic.retailer_id(5), lender_id="lender_a")
    await world.work()
    blocked = {event["retailer_id"]: event["reason"] for event in await world.outbox("score.blocked")}
    assert blocked[revoked] == "CONSENT"
    assert await world.pool.fetchval("SELECT settled_at FROM score_requests") is None


async def test_a_run_that_was_scored_before_is_not_called_blocked_but_its_scores_lose_confidence(
    world: World, trained: Trained
) -> None:
    await promoted(world, trained)
    await world.announce(gold())
    await world.work()
    await freeze(world)
    await world.work()
    assert await run_blocks(world) == [("run_01", "GR-6", "MODEL_UNAVAILABLE")]
    assert [entry["outcome"] for entry in await world.audits("scoring_run")] == ["ok"]


async def test_a_freeze_outlives_the_process(world: World, trained: Trained, taxonomy: Taxonomy) -> None:
    await promoted(world, trained)
    await freeze(world)
    await world.announce(gold())
    heir = make_world(world.pool, world.folder, taxonomy, clock=world.clock, signer=world.signer)
    await heir.work()
    assert await world.outbox("score.computed") == []


@pytest.mark.parametrize("change", [{"approved_by": "op_asha"}, {"approved_by": None}, {"reason": ""}])
async def test_a_freeze_by_one_person_or_without_a_reason_changes_nothing(
    world: World, trained: Trained, change: dict[str, Any]
) -> None:
    await promoted(world, trained)
    await world.decide("freeze", **({"reason": "model_error"} | change))
    await world.announce(gold())
    await world.work()
    assert await scored_runs(world) == {"run_01"}
    assert len(await world.audits("model_decision_refused")) == 1
    assert await run_blocks(world) == []


async def test_only_an_unfreeze_that_names_the_freeze_ends_it(world: World, trained: Trained) -> None:
    await promoted(world, trained)
    first = await freeze(world)
    await world.decide("unfreeze", freeze_id=first, ticket="RISK-17")
    world.clock.advance(seconds=60)
    await freeze(world)
    await world.announce(gold())
    await world.work()
    assert await scored_runs(world) == set()


async def test_rows_that_nobody_signed_neither_freeze_nor_unfreeze(world: World, trained: Trained) -> None:
    await promoted(world, trained)
    record = json.dumps({"decision_id": "dec_f", "kind": "freeze", "model_name": "altscore-xgb"})
    await world.pool.execute(FORGE, "dec_f", "freeze", record, world.promoter.key_id, "0" * 128, None)
    await world.announce(gold())
    await world.work()
    assert await scored_runs(world) == {"run_01"}
    freeze_id = await freeze(world)
    await world.pool.execute(FORGE, "dec_u", "unfreeze", record, world.promoter.key_id, "0" * 128, freeze_id)
    await world.announce(gold(), run_id="run_02")
    await world.work()
    assert await scored_runs(world) == {"run_01"}


async def test_the_service_can_neither_change_nor_delete_a_decision(world: World) -> None:
    await freeze(world)
    for statement in ("UPDATE model_decisions SET kind = 'challenger'", "DELETE FROM model_decisions"):
        with pytest.raises(Exception, match="permission denied"):
            await world.pool.execute(statement)


async def test_a_shifted_run_is_flagged_and_freezes_what_follows(world: World, trained: Trained) -> None:
    await promoted(world, trained)
    await world.announce(gold(shifted=True))
    await world.work()
    records = [json.loads(event["sealed_record"]) for event in await world.outbox("score.computed")]
    assert records
    assert all("population_shift" in {item["reason"] for item in record["guardrails"]} for record in records)
    await world.announce(gold(), run_id="run_02")
    await world.work()
    assert await scored_runs(world) == {"run_01"}
    (entry,) = await world.audits("scoring_frozen")
    assert (entry["actor"], entry["reason"], entry["details"]["run_id"]) == ("scoring", "GR-6", "run_01")
    assert float(entry["details"]["psi"]) > 0.2


async def test_an_automatic_freeze_is_signed_by_the_engine_and_ended_by_two_persons(
    world: World, trained: Trained
) -> None:
    await promoted(world, trained)
    await world.announce(gold(shifted=True))
    await world.work()
    row = await world.pool.fetchrow(
        "SELECT decision_id, kind, model_name, record, signature_key_id, signature FROM model_decisions"
        " WHERE kind = 'freeze'"
    )
    decision = verify_decision(SignedDecision(*row), world.signer.public_keys())
    assert decision.is_automatic
    await world.announce(gold(), run_id="run_02")
    await world.work()
    world.clock.advance(seconds=60)
    await world.decide("unfreeze", freeze_id=decision.decision_id, ticket="RISK-17")
    await world.work()
    assert await scored_runs(world) == {"run_01", "run_02"}
    assert len(await world.audits("scoring_frozen")) == 1


async def test_a_run_too_small_to_measure_freezes_nothing(world: World, trained: Trained) -> None:
    await promoted(world, trained)
    for run_id in ("run_01", "run_02"):
        await world.announce(gold(40, shifted=True), run_id=run_id)
        await world.work()
    assert await scored_runs(world) == {"run_01", "run_02"}


async def test_two_workers_freeze_once(world: World, trained: Trained, taxonomy: Taxonomy) -> None:
    await promoted(world, trained)
    await world.announce(gold(shifted=True))
    await world.work()
    other = make_world(world.pool, world.folder, taxonomy, clock=world.clock, signer=SoftwareSigner("score-seal"))
    await other.work()
    assert await world.pool.fetchval("SELECT count(*) FROM model_decisions WHERE kind = 'freeze'") == 1
