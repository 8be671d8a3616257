"""A challenger scores every run beside the champion; nobody sees it, and nothing it does reaches the champion."""

import asyncio
import json
import shutil
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from altscore_libs.retention import RowRetention
from altscore_libs.state_gauges import StateGauges
from altscore_libs.testing import Database, SoftwareSigner
from altscore_libs.testing_erasures import erased_fields
from altscore_scoring.challengers.service import compare_newest
from altscore_scoring.challengers.store import MEASURES
from altscore_scoring.errors import NoComparison
from altscore_scoring.main import SHADOW_KEPT, _compare
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.settings import WorkerSettings
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from .. import synthetic
from ..worker_world import AS_OF, VAULT, World

Trained = tuple[Bundle, Path]
PASSES = "SELECT run_id, state, failure FROM shadow_jobs ORDER BY queued_at, run_id"


def gold(rows: int = 120) -> pa.Table:
    """A Gold run."""
    return synthetic.gold_table(rows, seed=11, as_of_on=AS_OF)


async def champion_of(world: World, trained: Trained) -> None:
    """A model in use and a scored run."""
    await world.promote(trained[1], trained[0].model_sha256)
    await world.announce(gold())
    await world.work()


async def shadows(world: World) -> set[str]:
    """Retailers of whom a challenger has said something."""
    return {row["retailer_id"] for row in await world.pool.fetch("SELECT retailer_id FROM shadow_scores")}


async def told(world: World) -> list[tuple[str, str]]:
    """Every event but those of the audit, by name and key."""
    rows = await world.pool.fetch("SELECT name, key FROM outbox WHERE name <> 'audit_event' ORDER BY id")
    return [(row["name"], row["key"]) for row in rows]


async def test_the_challenger_scores_the_same_retailers_and_serves_nobody(
    world: World, trained: Trained, rival: Trained
) -> None:
    await champion_of(world, trained)
    before = await told(world)
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.work()
    assert await shadows(world) == {synthetic.retailer_id(i) for i in range(120)}
    assert await told(world) == before
    assert await world.pool.fetchval("SELECT count(DISTINCT model_sha256) FROM scores") == 1
    (entry,) = await world.audits("shadow_run")
    assert (entry["outcome"], entry["subject"]) == ("ok", rival[0].model_sha256)
    await world.announce(gold(), run_id="run_02")
    await world.work()
    assert [(row["run_id"], row["state"]) for row in await world.pool.fetch(PASSES)] == [
        ("run_01", "done"),
        ("run_02", "done"),
    ]


async def test_a_run_is_scored_whole_before_the_challenger_begins(
    world: World, trained: Trained, rival: Trained
) -> None:
    await world.promote(trained[1], trained[0].model_sha256)
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.announce(gold())
    while await world.pool.fetchval("SELECT count(*) FROM jobs WHERE state = 'done'") == 0:
        assert await shadows(world) == set()
        assert await world.worker.step()
    await world.work()
    assert len(await shadows(world)) == 120


async def test_a_challenger_that_does_not_load_disturbs_nothing(
    world: World, trained: Trained, rival: Trained, tmp_path: Path
) -> None:
    broken = Path(shutil.copytree(rival[1], tmp_path / "broken"))
    raw = bytearray((broken / "primary.ubj").read_bytes())
    raw[100] ^= 0xFF
    (broken / "primary.ubj").write_bytes(raw)
    await champion_of(world, trained)
    before = await told(world)
    await world.challenge(broken, rival[0].model_sha256)
    await world.work()
    assert [(row["state"], row["failure"]) for row in await world.pool.fetch(PASSES)] == [
        ("failed", "primary.ubj differs from its digest")
    ]
    assert await told(world) == before, "a challenger's failure is nothing to lenders"
    assert [entry["outcome"] for entry in await world.audits("shadow_run")] == ["failed"]
    gauges, registry = StateGauges(world.pool, MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    assert registry.get_sample_value("altscore_scoring_newest_shadow_failed") == 1
    await world.announce(gold(), run_id="run_02")
    await world.work()
    assert {event["run_id"] for event in await world.outbox("score.computed")} == {"run_01", "run_02"}


async def test_a_challenger_that_throws_disturbs_nothing(world: World, trained: Trained, rival: Trained) -> None:
    class Throwing(ModelCache):
        """Artifacts that load and then fail in a way nobody has foreseen."""

        async def artifacts(self, model_sha256: str, artifact_uri: str) -> Bundle:
            raise ZeroDivisionError(f"{model_sha256} at {artifact_uri}")

    await champion_of(world, trained)
    keys = world.worker._shadows._keys
    world.worker._shadows._models = Throwing(None, None, keys)  # type: ignore[arg-type]  # the rest is not used
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.work()
    assert [(row["state"], row["failure"]) for row in await world.pool.fetch(PASSES)] == [
        ("failed", "ZeroDivisionError")
    ]
    await world.announce(gold(), run_id="run_02")
    await world.work()
    assert {event["run_id"] for event in await world.outbox("score.computed")} == {"run_01", "run_02"}


async def test_a_challenger_that_ends_the_process_is_given_up(world: World, trained: Trained, rival: Trained) -> None:
    await world.promote(trained[1], trained[0].model_sha256)
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.announce(gold())
    while await world.pool.fetchval("SELECT count(*) FROM shadow_jobs") == 0:
        assert await world.worker.step()
    await world.pool.execute("UPDATE shadow_jobs SET attempts = 5")  # begun, and never come back
    await world.work()
    (row,) = await world.pool.fetch(PASSES)
    assert (row["state"], row["failure"]) == ("failed", "the process ended while it was computed")


async def test_a_challenger_that_nobody_signed_computes_nothing(world: World, trained: Trained, rival: Trained) -> None:
    await champion_of(world, trained)
    world.promoter = SoftwareSigner("promotion")
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.work()
    assert await world.pool.fetch(PASSES) == []
    assert len(await world.audits("model_decision_refused")) == 1


async def test_nobody_without_a_consent_is_scored_not_even_for_nobody(
    world: World, trained: Trained, rival: Trained
) -> None:
    unwilling = synthetic.retailer_id(3)
    await champion_of(world, trained)
    world.consents.refused.add(unwilling)
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.work()
    assert len(await shadows(world)) == 119
    assert unwilling not in await shadows(world)


async def test_an_erasure_takes_what_a_challenger_said(world: World, trained: Trained, rival: Trained) -> None:
    forgotten = synthetic.retailer_id(3)
    await champion_of(world, trained)
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.work()
    data = await erased_fields((forgotten,), erased_at=world.clock.now(), signer=VAULT)
    await world.deliver("retailer.erased", forgotten, **data)
    assert forgotten not in await shadows(world)
    await world.announce(gold(), run_id="run_02")
    await world.work()
    assert forgotten not in await shadows(world)


async def test_a_withdrawn_challenger_and_the_champion_itself_compute_nothing(
    world: World, trained: Trained, rival: Trained
) -> None:
    await world.challenge(rival[1], rival[0].model_sha256)
    world.clock.advance(seconds=60)
    await world.decide("challenger_withdrawn", ticket="ML-4")
    await champion_of(world, trained)
    assert await world.pool.fetch(PASSES) == []
    world.clock.advance(seconds=60)
    await world.challenge(trained[1], trained[0].model_sha256)
    await world.work()
    assert await world.pool.fetch(PASSES) == []


async def test_the_comparison_covers_every_retailer_of_both(world: World, trained: Trained, rival: Trained) -> None:
    with pytest.raises(NoComparison):
        await compare_newest(world.pool, None)
    await champion_of(world, trained)
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.work()
    figures, comparison = await compare_newest(world.pool, "run_01")
    assert (figures["run_id"], figures["retailers"]) == ("run_01", 120)
    assert figures["champion_sha256"] == trained[0].model_sha256
    assert figures["challenger_sha256"] == rival[0].model_sha256
    assert figures["scored_by_both"] == len(comparison.scores[0]) > 80
    assert figures["pd_correlation"] > 0.8, "both learned from the same rows"
    assert set(figures["monitors"]["champion"]) == set(figures["monitors"]["challenger"])
    assert figures["monitors"]["challenger"]["psi"] is not None
    with pytest.raises(NoComparison):
        await compare_newest(world.pool, "run_99")


async def test_the_command_writes_the_figures_and_the_page(
    world: World, trained: Trained, rival: Trained, database: Database, tmp_path: Path
) -> None:
    await champion_of(world, trained)
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.work()
    settings = WorkerSettings.model_construct(database_url=SecretStr(database.app_dsn), statement_timeout_s=30.0)
    options = Namespace(out=tmp_path / "out", run=None)
    printed, is_good = await asyncio.to_thread(_compare, settings, options)
    assert is_good
    figures = json.loads((tmp_path / "out/comparison.json").read_text())
    assert printed.items() <= figures.items()
    assert sum(sum(row.values()) for row in figures["band_migration"].values()) == figures["retailers"] == 120
    assert "<svg" in (tmp_path / "out/comparison.html").read_text()


async def test_what_a_challenger_said_goes_after_ninety_days(world: World, trained: Trained, rival: Trained) -> None:
    await champion_of(world, trained)
    await world.challenge(rival[1], rival[0].model_sha256)
    await world.work()
    retention = RowRetention(world.pool, "shadow_scores", "scored_at", kept=SHADOW_KEPT, clock=world.clock)
    world.clock.advance(seconds=timedelta(days=90).total_seconds())
    await retention.step()
    assert len(await shadows(world)) == 120
    world.clock.advance(seconds=1)
    await retention.step()
    assert await shadows(world) == set()
