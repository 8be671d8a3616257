"""`python -m bench.scoring.engine`: a scoring worker's parts in a process, without Kafka and object store.

Database, key store and consent service are real and named by scoring's environment; the run and the model are files.
The first process keeps the model and the run, scores retailers one at a time and explains some; prints one JSON line.
"""

import argparse
import asyncio
import hashlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

import asyncpg
from altscore_libs import db
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.signer import open_signer
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner
from altscore_scoring.clients import ConsentClient, FileReader
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.gold.reader import GoldCache
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy, load_taxonomy
from altscore_scoring.promotions import store as promotions
from altscore_scoring.promotions.domain import Promotion
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.runs import store as runs
from altscore_scoring.runs.domain import GoldRun
from altscore_scoring.runs.service import RunService
from altscore_scoring.scores.domain import Outcome, monitors_of
from altscore_scoring.scores.service import JobContext, ScoringService
from altscore_scoring.settings import WorkerSettings
from cryptography.hazmat.primitives.asymmetric import ec

from bench.scoring.portfolio import RUN_ID

ON_DEMAND = 300
EXPLAINED_BY_XGBOOST = 2_000
CONSENT_TIMEOUT_S = 30.0
PROMOTION_KEY = ec.derive_private_key(1, ec.SECP256R1())  # the same in every process
PROMOTED_AT = datetime(2026, 5, 19, tzinfo=UTC)  # so that what the second process signs replaces nothing


class Parts(NamedTuple):
    """A worker's parts."""

    pool: asyncpg.Pool
    runs: RunService
    scoring: ScoringService
    context: JobContext
    frame: GoldFrame


class NoProgress:
    """Rows that belong to no job."""

    async def claim(self, connection: asyncpg.Connection) -> bool:
        """Nothing to lock."""
        return connection is not None

    async def save(self, connection: asyncpg.Connection, outcomes: Sequence[Outcome]) -> None:
        """Nothing to keep."""


def main() -> int:
    """Scores one retailer after another."""
    plan, settings = plan_and_settings("bench.scoring.engine", __doc__ or "")
    print(json.dumps(asyncio.run(measure(plan, settings))))
    return 0


def plan_and_settings(program: str, description: str) -> tuple[dict[str, Any], WorkerSettings]:
    """What the benchmark tells its processes: the plan's file by an argument, the rest by the environment."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("plan", type=Path, help="JSON: bundle, model_sha256, manifest, manifest_sha256, retailers")
    plan: dict[str, Any] = json.loads(parser.parse_args().plan.read_text(encoding="utf-8"))
    settings_of_environment = cast(Callable[[], WorkerSettings], WorkerSettings)
    return plan, settings_of_environment()


async def measure(plan: Mapping[str, Any], settings: WorkerSettings) -> dict[str, Any]:
    """Figures of one process; CPU is its own, PostgreSQL's and consent's are not in it."""
    started = time.perf_counter()
    async with opened(plan, settings) as parts:
        figures: dict[str, Any] = {"open_s": round(time.perf_counter() - started, 1)}
        figures["on_demand_ms"] = await _on_demand(parts)
        figures["explanation_us"] = _explanations(parts.context.bundle, parts.frame)
    return figures


@asynccontextmanager
async def opened(plan: Mapping[str, Any], settings: WorkerSettings) -> AsyncIterator[Parts]:
    """A worker's parts with the model and the run in memory; the database holds both afterwards."""
    pool = await db.create_pool(settings.database_url, statement_timeout_s=settings.statement_timeout_s)
    client = ServiceClient(
        settings.consent_url, tls=settings.client_tls(), neighbour="consent", timeout_s=CONSENT_TIMEOUT_S
    )
    async with pool, client:
        yield await _open(plan, settings, pool, consents=ConsentClient(client))


async def _open(
    plan: Mapping[str, Any], settings: WorkerSettings, pool: asyncpg.Pool, *, consents: ConsentClient
) -> Parts:
    catalog, clock, objects = SchemaCatalog.load(settings.schemas_dir), SystemClock(), FileReader()
    outbox = Outbox(catalog, "scoring", clock, mac_key=OUTBOX_KEY)
    taxonomy, promoter = load_taxonomy(settings.schemas_dir), SoftwareSigner("promotion", PROMOTION_KEY)
    models, gold = ModelCache(objects, taxonomy, promoter.public_keys()), GoldCache(objects)
    scoring = ScoringService(
        pool, outbox, consents=consents, signer=await open_signer(settings, settings.signer_key_label), clock=clock
    )
    promotion, run = await _promotion(plan, promoter, taxonomy), _gold_run(plan)
    async with db.transaction(pool) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(1)")  # processes that open at the same time
        await promotions.add_promotion(connection, promotion, approved_at=clock.now(), at=clock.now())
        await promotions.add_pending_model(connection, promotion, clock.now())
        await promotions.activate_model(connection, promotion.model_sha256, clock.now())
        await runs.add_gold_run(connection, run, clock.now())
    bundle, frame = await models.bundle(promotion), await gold.frame(run)
    context = JobContext(
        run=run,
        bundle=bundle,
        record=models.record_context(promotion),
        monitors=monitors_of(frame, bundle),
        taxonomy=models.taxonomy,
    )
    service = RunService(
        pool,
        outbox,
        gold=gold,
        consents=consents,
        models=models,
        scoring=scoring,
        clock=clock,
        chunk_rows=settings.chunk_rows,
    )
    return Parts(pool=pool, runs=service, scoring=scoring, context=context, frame=frame)


async def _promotion(plan: Mapping[str, Any], promoter: SoftwareSigner, taxonomy: Taxonomy) -> Promotion:
    fields = {
        "promotion_id": "prm_bench",
        "model_name": "altscore-xgb",
        "model_version": "1",
        "model_sha256": plan["model_sha256"],
        "artifact_uri": plan["bundle"],
    }
    record = canonical_json(
        {
            **fields,
            "taxonomy_digest": taxonomy.digest,
            "guardrail_digest": guardrail_digest(),
            "evaluation": {"air_min": 1.0},
            "proposed_by": "bench-1",
            "approved_by": "bench-2",
        }
    )
    signature = await promoter.sign(hashlib.sha256(record).digest())
    return Promotion(
        **fields,
        promotion_record=record.decode(),
        promoted_at=PROMOTED_AT,
        signature_key_id=promoter.key_id,
        signature=signature.hex(),
    )


def _gold_run(plan: Mapping[str, Any]) -> GoldRun:
    return GoldRun(
        run_id=RUN_ID,
        run_key="k" * 64,
        manifest_uri=plan["manifest"],
        manifest_sha256=plan["manifest_sha256"],
        as_of_on=date.fromisoformat(plan["as_of_on"]),
        retailers=plan["retailers"],
        consent_version=1,
    )


async def _on_demand(parts: Parts) -> dict[str, float]:
    times_ms, cpu_started = [], time.process_time()
    for index in range(ON_DEMAND):
        started = time.perf_counter()
        if not await parts.scoring.score(parts.frame.take([index]), parts.context, NoProgress()):
            raise RuntimeError("a retailer was not scored")
        times_ms.append(1_000 * (time.perf_counter() - started))
    cpu_ms = 1_000 * (time.process_time() - cpu_started) / ON_DEMAND
    ordered = sorted(times_ms)
    return {
        "p50": round(ordered[len(ordered) // 2], 2),
        "p99": round(ordered[int(0.99 * (len(ordered) - 1))], 2),
        "cpu": round(cpu_ms, 2),
    }


def _explanations(bundle: Bundle, frame: GoldFrame) -> dict[str, float]:
    """Processor time of the contributions of a row, by tables and by XGBoost, interleaved, medians of three."""
    booster = bundle.boosters["primary"]
    rows = booster.inputs(frame.take(list(range(min(EXPLAINED_BY_XGBOOST, len(frame))))))
    if booster.tables is None:
        raise RuntimeError("the tables were refused")
    plain = replace(booster, tables=None)
    spent: dict[str, list[float]] = {"tables": [], "xgboost": []}
    for _ in range(3):
        for name, contribute in (("tables", booster.tables.contributions), ("xgboost", plain.contributions)):
            started = time.process_time()
            contribute(rows)
            spent[name].append(1e6 * (time.process_time() - started) / len(rows))
    return {name: round(sorted(values)[1], 1) for name, values in spent.items()}


if __name__ == "__main__":
    sys.exit(main())
