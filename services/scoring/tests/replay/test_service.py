"""Replay: a score is recomputed from its evidence, or the cause why it cannot be is named."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from altscore_libs.db import transaction
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import Database, SoftwareSigner
from altscore_libs.testing_erasures import erased_fields
from altscore_scoring.clients import FileReader
from altscore_scoring.errors import EvidenceMissing
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy, parse_taxonomy
from altscore_scoring.replay.service import Replayed, ReplayService
from altscore_scoring.scores.evidence import evidence_item
from altscore_scoring.scores.signing import sign_record

from ..runs.test_worker import Trained, gold, scored
from ..worker_world import VAULT, World


async def replayed(world: World, taxonomy: Taxonomy, outcome_id: str, *, keys: PublicKeys | None = None) -> Replayed:
    """The answer of a replay."""
    replayer = ReplayService(FileReader(), keys or world.signer.public_keys(), taxonomy)
    async with transaction(world.pool) as connection:
        return await replayer.replay(connection, outcome_id)


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
    other = parse_taxonomy(b"SOME_CODE: {group: delay, direction: positive, fact: [on_time_ratio >= 0.7]}")
    assert (await replayed(world, other, await some_score(world))).answer == "TAXONOMY_CHANGED"


async def test_evidence_names_consent_version_code_and_exact_contributions(world: World, trained: Trained) -> None:
    await scored(world, trained)
    row = await world.pool.fetchrow("SELECT evidence_digest, retailer_id FROM scores LIMIT 1")
    proof = json.loads(await world.pool.fetchval("SELECT body FROM evidence WHERE digest = $1", row["evidence_digest"]))
    consent_id = f"cns_{row['retailer_id'].removeprefix('ret_')}"
    assert proof["consent"] == {"is_granted": True, "version": 7, "consent_id": consent_id}
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


async def sign_again(
    world: World, database: Database, score_id: str, *, drops: Sequence[str] = (), **change: str
) -> None:
    """The record as another release would have signed it: with other fields, or without some."""
    stored = json.loads(await world.pool.fetchval("SELECT sealed_record FROM scores WHERE score_id = $1", score_id))
    record = {name: value for name, value in (stored | change).items() if name not in drops}
    signed = await sign_record(record, world.signer)
    statement = "UPDATE scores SET sealed_record = %s, seal_key_id = %s, seal = %s WHERE score_id = %s"
    tamper(database, statement, *signed, score_id)


async def replace_evidence(world: World, database: Database, score_id: str, kind: str, change: dict[str, Any]) -> str:
    """Other evidence with digests that are right; returns its digest."""
    digest, body = await stored_evidence(world, score_id)
    insert = "INSERT INTO evidence (digest, kind, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
    if kind != "score":
        referred = json.loads(await world.pool.fetchval("SELECT body FROM evidence WHERE digest = $1", body[kind]))
        new = evidence_item(kind, referred | change)
        tamper(database, insert, *new)
        change = {kind: new.digest}
    linked = evidence_item("score", body | change)
    tamper(database, insert, *linked)
    tamper(database, "UPDATE scores SET evidence_digest = %s WHERE score_id = %s", linked.digest, score_id)
    assert linked.digest != digest
    return linked.digest


async def sign_evidence(world: World, database: Database, score_id: str, kind: str, change: dict[str, Any]) -> None:
    """The score as the engine would have signed it over other evidence."""
    digest = await replace_evidence(world, database, score_id, kind, change)
    await sign_again(world, database, score_id, evidence_digest=digest)


async def test_evidence_of_other_features_gives_other_values(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await sign_evidence(world, database, score_id, "features", {"gmv_6m_inr": "12.00"})
    assert await replayed(world, taxonomy, score_id) == Replayed("VALUES_DIFFER", "guardrails, recommended_limit_inr")


async def test_features_that_would_be_blocked_do_not_make_a_score(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await sign_evidence(world, database, score_id, "features", {"gmv_6m_inr": None})
    assert await replayed(world, taxonomy, score_id) == Replayed("VALUES_DIFFER", "blocked by GR-4")


async def test_the_same_bytes_from_other_code_match_and_say_so(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await sign_evidence(world, database, score_id, "run", {"code_version": "0" * 64})
    assert await replayed(world, taxonomy, score_id) == Replayed("MATCH", "by newer code")


async def test_other_values_from_other_code_blame_the_code(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    monitors = {"psi": 0.9, "air_district": 1.0, "air_size_band": 1.0}
    await sign_evidence(world, database, score_id, "run", {"code_version": "0" * 64, "monitors": monitors})
    assert await replayed(world, taxonomy, score_id) == Replayed("CODE_CHANGED", "guardrails")


async def test_other_guardrails_are_named(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await sign_evidence(world, database, score_id, "run", {"guardrail_digest": "0" * 64})
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
    answer = await replayed(world, taxonomy, await some_score(world), keys=SoftwareSigner("score-seal").public_keys())
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


@pytest.mark.parametrize("label", ["promotion", "score-seal-old", "score"])
async def test_a_known_key_of_another_purpose_signs_no_score(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database, label: str
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    stored = json.loads(await world.pool.fetchval("SELECT sealed_record FROM scores WHERE score_id = $1", score_id))
    known = SoftwareSigner(label)
    signed = await sign_record(stored | {"altscore": 900}, known)
    statement = "UPDATE scores SET sealed_record = %s, seal_key_id = %s, seal = %s WHERE score_id = %s"
    tamper(database, statement, *signed, score_id)
    answer = await replayed(world, taxonomy, score_id, keys=known.public_keys())
    assert answer == Replayed("SIGNATURE_INVALID", known.key_id)


PROVENANCE = ("run_id", "manifest_sha256", "consent_id", "consent_version", "evidence_digest")


async def test_a_score_signed_before_evidence_was_still_matches_and_says_so(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await sign_again(world, database, score_id, drops=PROVENANCE)
    answer = await replayed(world, taxonomy, score_id)
    assert answer == Replayed("MATCH", "its signature is older than those over evidence")
    await replace_evidence(world, database, score_id, "score", {"margin": 1.5, "route": "croston"})
    assert await replayed(world, taxonomy, score_id) == Replayed("VALUES_DIFFER", "margin, route")
    await replace_evidence(world, database, score_id, "run", {"run_id": "run_other"})
    assert "run_id" in (await replayed(world, taxonomy, score_id)).detail


async def test_evidence_that_cannot_be_read_is_named(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    score_id = await some_score(world)
    await sign_again(world, database, score_id, drops=PROVENANCE)
    await replace_evidence(world, database, score_id, "run", {"monitors": "none"})
    assert await replayed(world, taxonomy, score_id) == Replayed("EVIDENCE_UNREADABLE", "TypeError")


async def test_a_block_of_an_earlier_release_is_replayed_and_told_from_a_signed_one(
    world: World, trained: Trained, taxonomy: Taxonomy, database: Database
) -> None:
    await scored(world, trained)
    tamper(database, "UPDATE blocks SET sealed_record = NULL, seal_key_id = NULL, seal = NULL")
    block_id = await world.pool.fetchval("SELECT block_id FROM blocks WHERE reason = 'GR-3' LIMIT 1")
    answer = await replayed(world, taxonomy, block_id)
    assert answer == Replayed("NOT_SIGNED", "the values are those of its evidence")


async def test_a_block_of_a_whole_run_has_no_evidence_and_says_so(
    world: World, trained: Trained, taxonomy: Taxonomy
) -> None:
    await world.promote(trained[1], trained[0].model_sha256)
    folder = await world.announce(gold())
    (folder / "retailer_features" / "part-0.parquet").write_bytes(b"other")
    await world.work()
    block_id = await world.pool.fetchval("SELECT block_id FROM blocks WHERE scope = 'run'")
    assert await replayed(world, taxonomy, block_id) == Replayed("NO_EVIDENCE", "the audit entry says why")


async def test_what_was_erased_is_no_longer_known(world: World, trained: Trained, taxonomy: Taxonomy) -> None:
    await scored(world, trained)
    row = await world.pool.fetchrow("SELECT score_id, retailer_id FROM scores ORDER BY retailer_id LIMIT 1")
    data = await erased_fields([row["retailer_id"]], erased_at=world.clock.now(), signer=VAULT)
    await world.deliver("retailer.erased", row["retailer_id"], **data)
    with pytest.raises(EvidenceMissing, match="no score or block"):
        await replayed(world, taxonomy, row["score_id"])
