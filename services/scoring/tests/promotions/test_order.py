"""Promotions and rollbacks that cross each other: the newest that two persons signed is in use and scores the run."""

from pathlib import Path

import pyarrow as pa
from altscore_libs.consumer import Received
from altscore_libs.db import transaction
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.promotions import store
from altscore_scoring.promotions.domain import Promotion, verify_promotion
from altscore_scoring.runs.store import MEASURES
from asyncpg import Connection

from .. import synthetic
from ..worker_world import AS_OF, World

Trained = tuple[Bundle, Path]
GAUGE = next(measure.query for measure in MEASURES if measure.name == "altscore_scoring_active_models")
# What the release before the history writes of a promotion, and how it activates one.
RELEASE_BEFORE = """
INSERT INTO models (promotion_id, model_name, model_version, model_sha256, artifact_uri, promotion_record, promoted_at,
                    state, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $7)
"""


def gold() -> pa.Table:
    """A Gold run."""
    return synthetic.gold_table(120, seed=11, as_of_on=AS_OF)


async def announced(world: World, model: Trained) -> None:
    """A minute later two persons promote the model, or roll back to it; the worker has not looked yet."""
    world.clock.advance(seconds=60)
    await world.promote(model[1], model[0].model_sha256)


async def active(world: World) -> str | None:
    """Digest of the model in use."""
    async with transaction(world.pool) as connection:
        model = await world.caches[1].active(connection)
    return None if model is None else model.model_sha256


async def test_a_rollback_before_the_promoted_model_is_loaded_keeps_the_model_in_use(
    world: World, trained: Trained, rival: Trained
) -> None:
    await announced(world, trained)
    await world.work()
    await announced(world, rival)
    await announced(world, trained)
    await world.work()
    assert await active(world) == trained[0].model_sha256


async def test_a_promotion_that_arrives_while_an_older_one_is_loaded_comes_next(
    world: World, trained: Trained, rival: Trained
) -> None:
    await announced(world, trained)
    models = world.worker._promotions._models
    load = models.bundle

    async def load_slowly(model: Promotion) -> Bundle:
        bundle = await load(model)
        models.bundle = load  # type: ignore[method-assign]
        await announced(world, rival)
        return bundle

    models.bundle = load_slowly  # type: ignore[method-assign]
    await world.work()
    assert await active(world) == rival[0].model_sha256


async def test_after_a_rollback_in_the_middle_of_a_run_the_earlier_model_ends_it(
    world: World, trained: Trained, rival: Trained
) -> None:
    await announced(world, trained)
    await world.work()
    await world.announce(gold())
    assert await world.worker.step(), "a part of the run by the first model"
    await announced(world, rival)
    assert await world.worker.step(), "the second one is taken into use"
    assert await world.worker.step(), "and begins the run"
    await announced(world, trained)
    await world.work()
    query = "SELECT state FROM jobs WHERE model_sha256 = $1"
    assert await world.pool.fetchval(query, trained[0].model_sha256) == "done"


async def test_an_open_job_of_a_retired_model_is_not_worked_on(world: World, trained: Trained, rival: Trained) -> None:
    await announced(world, trained)
    await world.work()
    await announced(world, rival)
    await world.work()
    await world.announce(gold())
    job = "INSERT INTO jobs (run_id, model_sha256, state, queued_at) VALUES ('run_01', $1, 'queued', '2020-01-01')"
    await world.pool.execute(job, trained[0].model_sha256)
    await world.work()
    rows = await world.pool.fetch("SELECT DISTINCT model_sha256 FROM scores")
    assert [row["model_sha256"] for row in rows] == [rival[0].model_sha256]


async def test_a_promotion_that_the_release_before_took_is_read_again_and_comes_into_use(
    world: World, trained: Trained
) -> None:
    taken: list[Received] = []

    async def take(connection: Connection, event: Received) -> None:
        taken.append(event)
        promotion = verify_promotion(event.data, world.worker._promotions._models._keys)
        await connection.execute(RELEASE_BEFORE, *promotion[:7])

    handlers = world.consumer._handlers
    world.consumer._handlers = {**handlers, "model.promoted": take}
    await announced(world, trained)
    await world.pool.execute("UPDATE models SET state = 'active'")
    world.consumer._handlers = handlers
    assert await active(world) is None
    assert await world.pool.fetchval(GAUGE) == 0, "the alarm sees what the engine sees"
    assert not await world.consumer.apply(taken[0]), "its claim stands in the inbox"
    async with transaction(world.pool) as connection:
        await store.forget_claims(connection, "altscore.ml")
    assert await world.consumer.apply(taken[0])
    await world.work()
    assert await active(world) == trained[0].model_sha256
    assert await world.pool.fetchval(GAUGE) == 1


async def test_a_row_that_nobody_signed_keeps_no_automatic_freeze_away(world: World, trained: Trained) -> None:
    await announced(world, trained)
    await world.work()
    await world.announce(gold())
    await world.work()
    freeze_id = f"frz_run_01_{trained[0].model_sha256[:16]}"
    await world.pool.execute(
        "INSERT INTO model_decisions (decision_id, kind, model_name, record, signature_key_id, signature, decided_at,"
        " received_at) VALUES ($1, 'freeze', 'altscore-xgb', '{}', 'score-seal-x', '00', now(), now())",
        freeze_id,
    )
    await world.pool.execute("UPDATE jobs SET monitors = jsonb_set(monitors, '{psi}', '0.9')")
    assert await world.worker._freezes.hold()
