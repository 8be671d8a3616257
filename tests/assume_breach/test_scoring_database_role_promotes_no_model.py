"""Who holds scoring's database role and may write to the store of models brings no model into use, and none back."""

import shutil
from pathlib import Path

import pytest
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy

from services.scoring.tests import synthetic
from services.scoring.tests.conftest import database, pool, rival, taxonomy, template, trained, training_set, world
from services.scoring.tests.worker_world import AS_OF, World, make_world

__all__ = ["database", "pool", "rival", "taxonomy", "template", "trained", "training_set", "world"]
Trained = tuple[Bundle, Path]


async def promoted(world: World, model: Trained) -> None:
    world.clock.advance(seconds=60)
    await world.promote(model[1], model[0].model_sha256)
    await world.work()


async def models_in_use(world: World) -> set[str]:
    """Digests of the models that score the next run."""
    await world.announce(synthetic.gold_table(120, seed=11, as_of_on=AS_OF))
    await world.work()
    return {row["model_sha256"] for row in await world.pool.fetch("SELECT DISTINCT model_sha256 FROM scores")}


@pytest.mark.parametrize("state", ["pending", "active"])
async def test_a_row_with_an_invented_promotion_is_never_used(
    world: World, trained: Trained, rival: Trained, tmp_path: Path, *, state: str
) -> None:
    await promoted(world, trained)
    shifted = Path(shutil.copytree(rival[1], tmp_path / "shifted"))
    await world.pool.execute("UPDATE models SET state = 'retired'")
    await world.pool.execute(
        "INSERT INTO models SELECT $1, model_name, '9', $2, 'prm_9', '{}', '2100-01-01', $3, now(), signature_key_id,"
        " signature FROM models",
        rival[0].model_sha256,
        str(shifted),
        state,
    )
    assert await models_in_use(world) == {trained[0].model_sha256}
    assert [block for block in await world.outbox("score.blocked") if block["scope"] == "run"] == []


async def test_a_copied_signature_covers_no_other_model(world: World, trained: Trained, rival: Trained) -> None:
    await promoted(world, trained)
    await world.pool.execute(
        "INSERT INTO model_decisions (decision_id, kind, model_name, record, signature_key_id, signature, decided_at,"
        " received_at) SELECT 'prm_9', kind, model_name, replace(record, $1, $2), signature_key_id, signature,"
        " '2100-01-01', now() FROM model_decisions",
        trained[0].model_sha256,
        rival[0].model_sha256,
    )
    assert await models_in_use(world) == {trained[0].model_sha256}


@pytest.mark.parametrize("state", ["refused", "retired", "pending"])
@pytest.mark.parametrize("is_new_process", [False, True])
async def test_no_state_brings_back_a_model_that_two_persons_replaced(
    world: World, trained: Trained, rival: Trained, taxonomy: Taxonomy, *, state: str, is_new_process: bool
) -> None:
    await promoted(world, trained)
    await promoted(world, rival)
    await world.pool.execute("UPDATE models SET state = $1 WHERE state = 'active'", state)
    await world.pool.execute("UPDATE models SET state = 'active' WHERE model_sha256 = $1", trained[0].model_sha256)
    if is_new_process:
        world = make_world(world.pool, world.folder, taxonomy, clock=world.clock, signer=world.signer)
    assert await models_in_use(world) == {rival[0].model_sha256}


async def test_a_signed_promotion_under_a_new_date_is_no_newer(world: World, trained: Trained, rival: Trained) -> None:
    await promoted(world, trained)
    await promoted(world, rival)
    await world.pool.execute(
        "INSERT INTO model_decisions (decision_id, kind, model_name, record, signature_key_id, signature, decided_at,"
        " received_at) SELECT 'prm_9', kind, model_name, record, signature_key_id, signature, '2100-01-01', now()"
        " FROM model_decisions WHERE record LIKE '%' || $1 || '%'",
        trained[0].model_sha256,
    )
    assert await models_in_use(world) == {rival[0].model_sha256}
