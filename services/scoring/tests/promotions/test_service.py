"""A rollback takes one signed act and loads nothing; no row of a table alone makes a model the active one."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from altscore_libs.db import transaction
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.promotions.domain import SIGNED_FIELDS

from .. import synthetic
from ..worker_world import AS_OF, World, make_world

Trained = tuple[Bundle, Path]
ACTIVE = "SELECT model_sha256 FROM models WHERE state = 'active'"


def gold(rows: int = 120) -> pa.Table:
    """A Gold run."""
    return synthetic.gold_table(rows, seed=11, as_of_on=AS_OF)


async def promoted(world: World, model: Trained) -> None:
    """A minute later, two persons promote the model (or roll back to it: the act is the same)."""
    world.clock.advance(seconds=60)
    await world.promote(model[1], model[0].model_sha256)
    await world.work()


async def models_of(world: World, run_id: str) -> set[str]:
    """Models with a score of this run."""
    rows = await world.pool.fetch("SELECT DISTINCT model_sha256 FROM scores WHERE run_id = $1", run_id)
    return {row["model_sha256"] for row in rows}


async def test_the_run_after_a_rollback_is_scored_by_the_earlier_model_and_the_history_keeps_all(
    world: World, trained: Trained, rival: Trained
) -> None:
    await promoted(world, trained)
    await world.announce(gold())
    await promoted(world, rival)
    await world.announce(gold(), run_id="run_02")
    await world.work()
    await promoted(world, trained)
    await world.announce(gold(), run_id="run_03")
    await world.work()
    both = {rival[0].model_sha256, trained[0].model_sha256}
    assert await models_of(world, "run_02") == both, "the newest run is scored again by the model that came back"
    assert await models_of(world, "run_03") == {trained[0].model_sha256}
    records = await world.pool.fetch("SELECT record FROM model_decisions WHERE kind = 'promotion' ORDER BY seq")
    order = [sha for row in records for sha in (trained[0].model_sha256, rival[0].model_sha256) if sha in row["record"]]
    assert order == [trained[0].model_sha256, rival[0].model_sha256, trained[0].model_sha256]


async def test_a_rollback_reads_no_artifact(world: World, trained: Trained, rival: Trained, tmp_path: Path) -> None:
    first = (trained[0], Path(shutil.copytree(trained[1], tmp_path / "first")))
    await promoted(world, first)
    await promoted(world, rival)
    shutil.rmtree(first[1])  # the store is out of reach: what is in memory is enough
    await promoted(world, first)
    assert await world.pool.fetchval(ACTIVE) == trained[0].model_sha256
    assert len(await world.audits("model_loaded")) == 3


async def test_what_the_model_of_before_has_not_scored_yet_it_never_will(
    world: World, trained: Trained, rival: Trained
) -> None:
    await promoted(world, trained)
    await promoted(world, rival)
    await world.announce(gold(120))
    assert await world.worker.step()  # the first 50 rows
    by_rival = await world.pool.fetchval("SELECT count(*) FROM scores")
    await promoted(world, trained)
    query = "SELECT count(*) FROM scores WHERE model_sha256 = $1"
    assert await world.pool.fetchval(query, rival[0].model_sha256) == by_rival > 0
    assert await world.pool.fetchval(query, trained[0].model_sha256) > 80


@pytest.mark.parametrize("state", ["retired", "refused", "pending"])
@pytest.mark.parametrize("is_new_process", [False, True])
async def test_a_state_that_somebody_set_brings_no_earlier_model_back(
    world: World, trained: Trained, rival: Trained, taxonomy: Taxonomy, *, state: str, is_new_process: bool
) -> None:
    await promoted(world, trained)
    await promoted(world, rival)
    await world.pool.execute("UPDATE models SET state = $1 WHERE state = 'active'", state)
    await world.pool.execute(
        "UPDATE models SET state = 'active', promoted_at = '2100-01-01' WHERE model_sha256 = $1",
        trained[0].model_sha256,
    )
    await world.announce(gold())
    worker = make_world(world.pool, world.folder, taxonomy, clock=world.clock, signer=world.signer)
    await (worker if is_new_process else world).work()
    assert await models_of(world, "run_01") == {rival[0].model_sha256}


@pytest.mark.parametrize("record", ["{}", "{", "[]"])
async def test_a_row_that_nobody_signed_is_no_model(
    world: World, trained: Trained, rival: Trained, record: str
) -> None:
    await promoted(world, trained)
    await world.pool.execute(
        "INSERT INTO models SELECT $1, model_name, '9', $2, 'prm_9', $3, now(), 'pending', now(), signature_key_id,"
        " signature FROM models",
        rival[0].model_sha256,
        str(rival[1]),
        record,
    )
    await world.work()
    assert await world.pool.fetchval(ACTIVE) == trained[0].model_sha256
    assert await world.outbox("score.blocked") == [], "it changes nothing for lenders"


async def test_a_changed_place_in_the_active_row_is_never_looked_at(
    world: World, trained: Trained, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    await promoted(world, trained)
    await world.pool.execute("UPDATE models SET artifact_uri = $1", str(tmp_path / "elsewhere"))  # nothing is there
    heir = make_world(world.pool, world.folder, taxonomy, clock=world.clock, signer=world.signer)
    await world.announce(gold())
    await heir.work()
    assert len(await world.outbox("score.computed")) > 80
    assert await world.audits("model_load_failed") == []


async def test_a_model_that_cannot_be_loaded_is_refused_by_a_signed_row_and_the_one_before_goes_on(
    world: World, trained: Trained, rival: Trained, tmp_path: Path
) -> None:
    await promoted(world, trained)
    await promoted(world, (rival[0], tmp_path / "nowhere"))
    assert await world.pool.fetchval(ACTIVE) == trained[0].model_sha256
    rows = await world.pool.fetch("SELECT record, signature_key_id FROM model_decisions WHERE kind = 'model_refused'")
    assert [json.loads(row["record"])["model_sha256"] for row in rows] == [rival[0].model_sha256]
    assert rows[0]["signature_key_id"] == world.signer.key_id
    assert len(await world.audits("model_load_failed")) == 1


async def test_a_refusal_that_nobody_signed_takes_no_model_out_of_use(
    world: World, trained: Trained, rival: Trained
) -> None:
    await promoted(world, trained)
    await promoted(world, rival)
    newest = await world.pool.fetchval("SELECT promotion_id FROM models WHERE state = 'active'")
    await world.pool.execute(
        "INSERT INTO model_decisions (decision_id, kind, model_name, record, signature_key_id, signature, decided_at,"
        " received_at) VALUES ($1, 'model_refused', 'altscore-xgb', $2, 'score-seal-x', '00', now(), now())",
        f"rfs_{newest}",
        json.dumps({"promotion_id": newest, "model_sha256": rival[0].model_sha256}),
    )
    await world.announce(gold())
    await world.work()
    assert await models_of(world, "run_01") == {rival[0].model_sha256}


async def test_a_promotion_that_arrives_again_changes_nothing(world: World, trained: Trained, rival: Trained) -> None:
    await promoted(world, trained)
    async with transaction(world.pool) as connection:
        first = await world.caches[1].active(connection)
    assert first is not None
    await promoted(world, rival)
    record = json.loads(first.promotion_record)
    again = {name: record[name] for name in SIGNED_FIELDS} | {
        name: getattr(first, name) for name in ("promotion_record", "signature_key_id", "signature", "promoted_at")
    }
    await world.deliver("model.promoted", "altscore-xgb", **again)
    await world.work()
    assert await world.pool.fetchval(ACTIVE) == rival[0].model_sha256
