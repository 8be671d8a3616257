"""Replay: a score is recomputed from its evidence, or the cause why it cannot be is named."""

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from altscore_libs.db import transaction
from altscore_libs.testing import Database, SoftwareSigner
from altscore_scoring.clients import FileReader
from altscore_scoring.errors import EvidenceMissing
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy, parse_taxonomy
from altscore_scoring.replay.service import Replayed, ReplayService
from altscore_scoring.scores.evidence import evidence_item

from ..runs.test_worker import Trained, gold, scored
from ..worker_world import World


async def replayed(world: World, taxonomy: Taxonomy, score_id: str) -> Replayed:
    """The answer of a replay."""
    replayer = ReplayService(FileReader(), world.signer.public_keys(), taxonomy)
    async with transaction(world.pool) as connection:
        return await replayer.replay(connection, score_id)


async def some_score(world: World) -> str:
    """Any score of the run."""
    return str(await world.pool.fetchval("SELECT score_id FROM scores ORDER BY retailer_id LIMIT 1"))


def tamper(database: Database, statement: str, *values: str) -> None:
    """What only the database's owner can do."""
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        connection.execute(statement.encode(), values)


async def test_every_score_of_a_run_replays_to_the_same_bytes(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    await scored(world, trained, gold(60, months_history=[4.0] * 10))
    scores = await world.pool.fetch("SELECT score_id FROM scores")
    assert len(scores) > 30
    for row in scores:
        assert (await replayed(world, taxonomy, row["score_id"])).answer == "MATCH"


async def test_a_changed_evidence_row_is_named(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    tamper(database, "UPDATE evidence SET body = replace(body, ':', ': ') WHERE kind = 'features'")
    assert (await replayed(world, taxonomy, score_id)).answer == "EVIDENCE_DAMAGED"


async def test_a_changed_score_breaks_its_signature(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    tamper(database, "UPDATE scores SET sealed_record = replace(sealed_record, 'altscore\":', 'altscore\":1')")
    assert (await replayed(world, taxonomy, score_id)).answer == "SIGNATURE_INVALID"


async def test_a_damaged_model_is_named(world: World, trained: Trained, taxonomy: Taxonomy, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(trained[1], tmp_path / "copy"))
    bundle: Bundle = trained[0]
    await scored(world, (bundle, copied))
    (copied / "croston.ubj").unlink()
    assert await replayed(world, taxonomy, await some_score(world)) == Replayed("MODEL_DAMAGED", "no such file")


async def test_another_taxonomy_is_named(world: World, trained: Trained) -> None:
    await scored(world, trained)
    other = parse_taxonomy(b"SOME_CODE: {group: delay, direction: positive}")
    assert (await replayed(world, other, await some_score(world))).answer == "TAXONOMY_CHANGED"


async def test_evidence_names_consent_version_code_and_exact_contributions(world: World, trained: Trained) -> None:
    await scored(world, trained)
    row = await world.pool.fetchrow("SELECT evidence_digest FROM scores LIMIT 1")
    proof = json.loads(await world.pool.fetchval("SELECT body FROM evidence WHERE digest = $1", row["evidence_digest"]))
    assert proof["consent"] == {"is_granted": True, "version": 7}
    assert sum(proof["contributions"].values()) == pytest.approx(proof["margin"], abs=1e-4)
    shared = json.loads(await world.pool.fetchval("SELECT body FROM evidence WHERE digest = $1", proof["run"]))
    assert {"code_version", "consent_version", "manifest_sha256", "monitors", "guardrail_digest"} <= set(shared)


async def test_an_unknown_score_is_an_error_not_a_match(world: World, taxonomy: Taxonomy) -> None:
    with pytest.raises(EvidenceMissing):
        await replayed(world, taxonomy, "scr_nobody")


async def stored_evidence(world: World, score_id: str) -> tuple[str, dict[str, str]]:
    """Digest and body of a score's evidence, the body as JSON values."""
    row = await world.pool.fetchrow(
        "SELECT digest, body FROM evidence JOIN scores ON evidence_digest = digest WHERE score_id = $1", score_id
    )
    return row["digest"], json.loads(row["body"])


async def replace_evidence(world: World, database: Database, score_id: str, kind: str, change: dict[str, Any]) -> None:
    """What somebody who can write the whole database can do: other evidence with a digest that is right."""
    digest, body = await stored_evidence(world, score_id)
    referred = json.loads(await world.pool.fetchval("SELECT body FROM evidence WHERE digest = $1", body[kind]))
    new = evidence_item(kind if kind == "run" else "features", referred | change)
    linked = evidence_item("score", body | {kind: new.digest})
    insert = "INSERT INTO evidence (digest, kind, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
    tamper(database, insert, *new)
    tamper(database, insert, *linked)
    tamper(database, "UPDATE scores SET evidence_digest = %s WHERE score_id = %s", linked.digest, score_id)
    assert linked.digest != digest


async def test_evidence_of_other_features_gives_other_values(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await replace_evidence(world, database, score_id, "features", {"gmv_6m_inr": "12.00"})
    assert await replayed(world, taxonomy, score_id) == Replayed("VALUES_DIFFER", "recommended_limit_inr")


async def test_features_that_would_be_blocked_do_not_make_a_score(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await replace_evidence(world, database, score_id, "features", {"gmv_6m_inr": None})
    assert await replayed(world, taxonomy, score_id) == Replayed("VALUES_DIFFER", "blocked by GR-4")


async def test_the_same_bytes_from_other_code_match_and_say_so(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await replace_evidence(world, database, score_id, "run", {"code_version": "0" * 64})
    assert await replayed(world, taxonomy, score_id) == Replayed("MATCH", "by newer code")


async def test_other_values_from_other_code_blame_the_code(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    monitors = {"psi": 0.9, "air_district": 1.0, "air_size_band": 1.0}
    await replace_evidence(world, database, score_id, "run", {"code_version": "0" * 64, "monitors": monitors})
    assert await replayed(world, taxonomy, score_id) == Replayed("CODE_CHANGED", "guardrails")


async def test_other_guardrails_are_named(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await replace_evidence(world, database, score_id, "run", {"guardrail_digest": "0" * 64})
    assert await replayed(world, taxonomy, score_id) == Replayed("GUARDRAILS_CHANGED", "0" * 64)


async def test_evidence_that_is_gone_is_named(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    _, body = await stored_evidence(world, score_id)
    tamper(database, "DELETE FROM evidence WHERE digest = %s", body["features"])
    assert await replayed(world, taxonomy, score_id) == Replayed("EVIDENCE_MISSING", body["features"])


async def test_a_score_signed_by_a_key_that_nobody_trusts_is_no_score(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    await scored(world, trained)
    service = ReplayService(FileReader(), SoftwareSigner("score-seal").public_keys(), taxonomy)
    async with transaction(world.pool) as connection:
        answer = await service.replay(connection, await some_score(world))
    assert answer.answer == "SIGNATURE_INVALID"
    assert answer.detail.startswith("score-seal-")


async def test_a_model_with_one_changed_byte_is_named(
    world: World, trained: Trained, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(trained[1], tmp_path / "copy"))
    await scored(world, (trained[0], copied))
    raw = bytearray((copied / "explainer.json").read_bytes())
    raw[10] ^= 1
    (copied / "explainer.json").write_bytes(raw)
    replay = await replayed(world, taxonomy, await some_score(world))
    assert replay == Replayed("MODEL_DAMAGED", "explainer.json differs from its digest")
