"""A rollback takes one signed act and loads nothing; no row of a table alone makes a model the active one."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from altscore_libs.db import transaction
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.promotions import store
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


async def test_a_state_that_somebody_set_activates_nothing(world: World, trained: Trained, rival: Trained) -> None:
    await promoted(world, trained)
    await promoted(world, rival)
    await world.pool.execute("UPDATE models SET state = 'retired' WHERE state = 'active'")
    await world.pool.execute("UPDATE models SET state = 'active' WHERE model_sha256 = $1", trained[0].model_sha256)
    await world.announce(gold())
    await world.work()
    assert await world.outbox("score.computed") == []


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
    state = await world.pool.fetchval("SELECT state FROM models WHERE promotion_id = 'prm_9'")
    assert state == "refused"


async def test_an_active_row_with_a_changed_place_scores_nobody(
    world: World, trained: Trained, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    await promoted(world, trained)
    elsewhere = shutil.copytree(trained[1], tmp_path / "elsewhere")  # the same bytes: the signature alone is against it
    await world.pool.execute("UPDATE models SET artifact_uri = $1", str(elsewhere))
    heir = make_world(world.pool, world.folder, taxonomy, clock=world.clock)
    await world.announce(gold())
    await heir.work()
    assert await world.outbox("score.computed") == []
    assert len(await world.audits("model_load_failed")) == 1


async def test_a_model_of_before_signatures_were_kept_waits_for_its_topic_to_be_read_again(
    world: World, trained: Trained
) -> None:
    await promoted(world, trained)
    async with transaction(world.pool) as connection:
        model = await store.model_in_state(connection, "active")
    assert model is not None
    await world.pool.execute("UPDATE models SET signature = NULL, signature_key_id = NULL")
    await world.announce(gold())
    assert await world.work() == 0
    assert await world.outbox("score.blocked") == [], "a model that waits is no fault"
    async with transaction(world.pool) as connection:
        assert await store.complete_signature(connection, model)
    await world.work()
    assert len(await world.outbox("score.computed")) > 80


async def test_a_promotion_that_arrives_again_changes_nothing(world: World, trained: Trained, rival: Trained) -> None:
    await promoted(world, trained)
    async with transaction(world.pool) as connection:
        first = await store.model_in_state(connection, "active")
    assert first is not None
    await promoted(world, rival)
    record = json.loads(first.promotion_record)
    again = {name: record[name] for name in SIGNED_FIELDS} | {
        name: getattr(first, name) for name in ("promotion_record", "signature_key_id", "signature", "promoted_at")
    }
    await world.deliver("model.promoted", "altscore-xgb", **again)
    await world.work()
    assert await world.pool.fetchval(ACTIVE) == rival[0].model_sha256
