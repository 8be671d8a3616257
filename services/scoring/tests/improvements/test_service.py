"""What would raise a score: only what holds when the changed features are scored by the model that signed it."""

import json
from typing import Any

import pytest
from altscore_libs.db import transaction
from altscore_libs.testing import SCHEMAS, SoftwareSigner
from altscore_scoring.clients import FileReader
from altscore_scoring.errors import EvidenceMissing, NotReplayable
from altscore_scoring.gold.frame import frame_of_row
from altscore_scoring.guardrails import checks
from altscore_scoring.improvements.domain import improved, load_improvements
from altscore_scoring.improvements.service import ImprovementService
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.replay.service import ReplayService

from ..runs.test_worker import Trained, scored
from ..worker_world import World

IMPROVEMENTS = load_improvements(SCHEMAS)


async def improvements(
    world: World, taxonomy: Taxonomy, outcome_id: str, *, signer: SoftwareSigner | None = None
) -> dict[str, Any]:
    """The answer for a score."""
    replay = ReplayService(FileReader(), (signer or world.signer).public_keys(), taxonomy)
    async with transaction(world.pool) as connection:
        return await ImprovementService(replay, IMPROVEMENTS).improve(connection, outcome_id)


async def features_of(world: World, score_id: str) -> tuple[dict[str, Any], str]:
    """A score's features and its route."""
    query = "SELECT body FROM evidence JOIN scores ON evidence_digest = digest WHERE score_id = $1"
    body = json.loads(await world.pool.fetchval(query, score_id))
    features = await world.pool.fetchval("SELECT body FROM evidence WHERE digest = $1", body["features"])
    return json.loads(features), body["route"]


def altscore(bundle: Bundle, route: Any, features: dict[str, Any]) -> int:
    """The score of these features."""
    booster = bundle.boosters[route]
    margins = booster.margins(booster.inputs(frame_of_row(features)))
    return checks.altscore(checks.rounded_pd(float(bundle.calibrations[route].probabilities(margins)[0])))


async def test_each_action_raises_the_score_by_the_model_that_signed_it(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    await scored(world, trained)
    rows = await world.pool.fetch("SELECT score_id, sealed_record FROM scores ORDER BY retailer_id LIMIT 25")
    seen = 0
    for row in rows:
        answer, record = await improvements(world, taxonomy, row["score_id"]), json.loads(row["sealed_record"])
        features, route = await features_of(world, row["score_id"])
        ranks = {reason["code"]: reason["rank"] for reason in record["reason_codes"]}
        negative = {reason["code"] for reason in record["reason_codes"] if reason["direction"] == "negative"}
        assert answer["altscore"] == record["altscore"] == altscore(trained[0], route, features)
        codes = [action["code"] for action in answer["improvements"]]
        assert codes == sorted(codes, key=lambda code: int(ranks[code]))
        assert len(codes) <= 3
        for action in answer["improvements"]:
            seen += 1
            assert action["code"] in negative
            numbers = improved(features["numbers"], IMPROVEMENTS[action["code"]])
            assert action["altscore"] == altscore(trained[0], route, features | {"numbers": numbers})
            assert action["altscore"] > record["altscore"]
            assert action["features"] == sorted(n for n in numbers if numbers[n] != features["numbers"][n])
    assert seen > 10


async def test_a_score_that_does_not_replay_gets_no_advice(world: World, trained: Trained, taxonomy: Taxonomy) -> None:
    await scored(world, trained)
    score_id = await world.pool.fetchval("SELECT score_id FROM scores LIMIT 1")
    with pytest.raises(NotReplayable, match="SIGNATURE_INVALID"):
        await improvements(world, taxonomy, score_id, signer=SoftwareSigner("score-seal"))


async def test_a_block_or_an_unknown_id_gets_none(world: World, trained: Trained, taxonomy: Taxonomy) -> None:
    await scored(world, trained)
    block_id = await world.pool.fetchval("SELECT block_id FROM blocks LIMIT 1")
    for unknown in (block_id, "scr_nobody"):
        with pytest.raises(EvidenceMissing):
            await improvements(world, taxonomy, unknown)
