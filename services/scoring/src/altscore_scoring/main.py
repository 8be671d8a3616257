"""The commands of the scoring engine; the only place that reads the environment and opens pools."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.consumer import Consumer
from altscore_libs.decoding import certified
from altscore_libs.errors import AltScoreError
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, parked_commands
from altscore_libs.parked_listener import parked_listener
from altscore_libs.parked_orders import order_workers
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.registry import Registry
from altscore_libs.relay import open_relay
from altscore_libs.retention import RowRetention, inbox_retention
from altscore_libs.rotation_commands import rotation_commands
from altscore_libs.service import Readiness, serve
from altscore_libs.signer import PublicKeys, open_newest_signer
from altscore_libs.state_gauges import INBOX_MEASURES, OUTBOX_MEASURES, StateGauges
from altscore_libs.topic_replay import INTERVAL_S, TopicReplay

from altscore_scoring import arguments
from altscore_scoring.challengers import store as challengers
from altscore_scoring.challengers.report import render_comparison
from altscore_scoring.challengers.service import ShadowService, compare_newest
from altscore_scoring.clients import ConsentClient, S3Reader
from altscore_scoring.decisions.events import DecisionEvents
from altscore_scoring.erasures.events import TOPIC as ERASURES
from altscore_scoring.erasures.events import ErasureEvents
from altscore_scoring.freezes.service import FreezeService
from altscore_scoring.gold.reader import GoldCache
from altscore_scoring.improvements.domain import load_improvements
from altscore_scoring.improvements.service import ImprovementService
from altscore_scoring.model.taxonomy import load_taxonomy
from altscore_scoring.promotions import store as promotions
from altscore_scoring.promotions.events import PromotionEvents
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.promotions.service import PromotionService
from altscore_scoring.replay.service import ReplayService
from altscore_scoring.requests.events import RequestEvents
from altscore_scoring.requests.service import RequestService
from altscore_scoring.revocations.events import ONLY_TAKING_AWAY, RevocationEvents
from altscore_scoring.revocations.service import RevocationService
from altscore_scoring.runs.domain import gold_run_of
from altscore_scoring.runs.events import RunEvents
from altscore_scoring.runs.service import RunService, queue_run
from altscore_scoring.runs.store import MEASURES
from altscore_scoring.runs.worker import RunWorker
from altscore_scoring.scores.service import ScoringService
from altscore_scoring.settings import MigrateSettings, RegisterSettings, WorkerSettings

SERVICE = "scoring"
MODELS = "altscore.ml"
TRAINING = ("train", "train-table", "evaluate", "reasons", "register")
TOPICS = ("altscore.pipeline", MODELS, "altscore.consent", "altscore.scoring.requests", ERASURES)
SHADOW_KEPT = timedelta(days=90)
MIGRATIONS = Path(__file__).parents[2] / "migrations"
Result = tuple[dict[str, Any], bool]


def _consumer(settings: WorkerSettings, pool: asyncpg.Pool, outbox: Outbox) -> Consumer:
    clock, keys = SystemClock(), PublicKeys.load(settings.public_keys_dir)
    handlers = {
        **RunEvents(clock).handlers(),
        **PromotionEvents(outbox, keys, clock).handlers(),
        **DecisionEvents(outbox, keys, clock).handlers(),
        **RevocationEvents(clock).handlers(),
        **RequestEvents(clock).handlers(),
        **ErasureEvents(keys, outbox=outbox, clock=clock).handlers(),
    }
    catalog = SchemaCatalog.load(settings.schemas_dir)
    return Consumer(
        pool,
        catalog,
        settings,
        group=SERVICE,
        topics=TOPICS,
        handlers=handlers,
        keys=keys,
        only_taking_away=ONLY_TAKING_AWAY,
    )


@asynccontextmanager
async def _parked(settings: WorkerSettings) -> AsyncIterator[ParkedEvents]:
    outbox = Outbox(
        SchemaCatalog.load(settings.schemas_dir), SERVICE, SystemClock(), mac_key=settings.outbox_key_bytes()
    )
    async with await db.create_pool(settings.database_url) as pool:
        yield ParkedEvents(pool, _consumer(settings, pool, outbox), outbox)


async def _worker(settings: WorkerSettings) -> None:
    pool = await db.create_pool(settings.database_url, statement_timeout_s=settings.statement_timeout_s)
    catalog, clock = SchemaCatalog.load(settings.schemas_dir), SystemClock()
    outbox = Outbox(catalog, SERVICE, clock, mac_key=settings.outbox_key_bytes())
    tls = settings.client_tls()
    async with ServiceClient(settings.consent_url, tls=tls, neighbour="consent", timeout_s=10.0) as client:
        consumer = _consumer(settings, pool, outbox)
        erasures = TopicReplay(
            settings,
            consumer,
            group=SERVICE,
            topic=ERASURES,
            decoder=certified(catalog, Registry(settings.registry_url)),
        )
        models = TopicReplay(settings, consumer, group=SERVICE, topic=MODELS)
        models_again = partial(_read_models_again, pool, models)
        worker = await _run_worker(settings, pool, outbox, consents=ConsentClient(client))
        readiness = Readiness()
        readiness.add("database", lambda: db.check(pool))
        runs = PeriodicWorker("runs", worker.step, interval_s=settings.poll_interval_s)
        gauges = StateGauges(pool, (*OUTBOX_MEASURES, *INBOX_MEASURES, *MEASURES, *challengers.MEASURES)).register()
        workers = {
            "relay": (await open_relay(settings, catalog, SERVICE)).run,
            "consumer": consumer.run,
            **order_workers(ParkedEvents(pool, consumer, outbox), clock),
            "erasures_again": erasures.worker("erasures_again").run,
            "models_again": PeriodicWorker("models_again", models_again, interval_s=INTERVAL_S).run,
            "runs": runs.run,
            "shadow_retention": _shadow_retention(pool).run,
            "inbox_retention": inbox_retention(pool, settings.schemas_dir, clock).run,
            "state_gauges": gauges.run,
        }
        try:
            await serve(
                SERVICE,
                listeners=[parked_listener(settings, pool, title="scoring-worker")],
                workers=workers,
                readiness=readiness,
                internal_port=settings.internal_port,
                host=settings.listen_host,
            )
        finally:
            await asyncio.wait_for(pool.close(), timeout=5)


async def _read_models_again(pool: asyncpg.Pool, replay: TopicReplay) -> None:
    async with db.transaction(pool) as connection:
        await promotions.forget_claims(connection, MODELS)
    await replay.run_once()


def _shadow_retention(pool: asyncpg.Pool) -> PeriodicWorker:
    return RowRetention(pool, "shadow_scores", "scored_at", kept=SHADOW_KEPT, clock=SystemClock()).worker()


async def _run_worker(
    settings: WorkerSettings, pool: asyncpg.Pool, outbox: Outbox, *, consents: ConsentClient
) -> RunWorker:
    clock, objects = SystemClock(), S3Reader(settings)
    gold, taxonomy = GoldCache(objects), load_taxonomy(settings.schemas_dir)
    keys = PublicKeys.load(settings.public_keys_dir)
    models = ModelCache(objects, taxonomy, keys)
    signer = await open_newest_signer(settings, settings.signer_key_label)
    scoring = ScoringService(pool, outbox, consents=consents, signer=signer, clock=clock)
    rows = settings.chunk_rows
    return RunWorker(
        promotions=PromotionService(pool, outbox, models=models, keys=keys, signer=signer, clock=clock),
        revocations=RevocationService(pool, outbox, consents=consents, signer=signer, clock=clock, chunk_rows=rows),
        runs=RunService(
            pool, outbox, gold=gold, consents=consents, models=models, scoring=scoring, clock=clock, chunk_rows=rows
        ),
        requests=RequestService(pool, gold=gold, models=models, scoring=scoring, clock=clock, chunk_rows=rows),
        freezes=FreezeService(pool, outbox, keys=keys, signer=signer, clock=clock),
        shadows=ShadowService(
            pool,
            outbox,
            keys=keys,
            gold=gold,
            consents=consents,
            models=ModelCache(objects, taxonomy, keys),
            clock=clock,
            chunk_rows=rows,
        ),
    )


def _migrate(settings: MigrateSettings) -> None:
    db.upgrade(settings.owner_database_url, MIGRATIONS)


def _train(options: argparse.Namespace) -> Result:
    from altscore_scoring.training import dataset, fit, service  # noqa: PLC0415  # sklearn only where it is needed

    bundle, report = service.train(
        replace(dataset.load_training_set(options.training_set), about=options.about),
        options.out,
        features_file=options.features,
        schemas_dir=options.schemas_dir,
        recipe=fit.Recipe(seed=options.seed, embargo_days=options.embargo_days),
    )
    return {"model_sha256": bundle.model_sha256, **_judgement(service, report)}, not report["failures"]


def _judgement(service: Any, report: dict[str, Any]) -> dict[str, Any]:
    routes = service.routes_of_training(report)
    return {**service.figures_of(report), "routes": routes, "failures": report["failures"]}


def _train_table(options: argparse.Namespace) -> Result:
    from altscore_scoring.training import fit, outside_table, outside_training  # noqa: PLC0415  # as in _train

    report = outside_training.train_outside_table(
        outside_table.load_outside_table(options.table, options.mapping),
        options.out,
        recipe=fit.Recipe(seed=options.seed, embargo_days=options.embargo_days),
    )
    return outside_training.figures_of_table(report), True


def _evaluate(options: argparse.Namespace) -> Result:
    from altscore_scoring.training import dataset, fit, service  # noqa: PLC0415  # sklearn only where it is needed

    report = service.evaluate_bundle(
        options.bundle,
        dataset.load_training_set(options.training_set),
        taxonomy=load_taxonomy(options.schemas_dir),
        recipe=fit.Recipe(seed=options.seed, embargo_days=options.embargo_days),
    )
    return _judgement(service, report), not report["failures"]


def _reasons(options: argparse.Namespace) -> Result:
    from altscore_scoring.training import dataset, reason_report, service  # noqa: PLC0415  # sklearn only where needed

    taxonomy = load_taxonomy(options.schemas_dir)
    report = reason_report.report_reasons(
        dataset.load_training_set(options.training_set), service.bundle_of(options.bundle, taxonomy), taxonomy
    )
    return report, not report["missed"]


def _register(settings: RegisterSettings, options: argparse.Namespace) -> Result:
    """Also lends MLflow's S3 client its credentials, which it takes from the environment alone."""
    os.environ["MLFLOW_S3_ENDPOINT_URL"] = settings.s3_endpoint
    os.environ["AWS_DEFAULT_REGION"] = settings.s3_region
    os.environ["AWS_ACCESS_KEY_ID"] = settings.s3_access_key
    os.environ["AWS_SECRET_ACCESS_KEY"] = settings.s3_secret_key.get_secret_value()
    if settings.s3_ca_file is not None:
        os.environ["AWS_CA_BUNDLE"] = str(settings.s3_ca_file)
    from altscore_scoring.training.registry import register  # noqa: PLC0415  # mlflow takes 2 s to import

    registered = register(
        options.bundle,
        tracking_uri=settings.mlflow_tracking_uri.get_secret_value(),
        models_uri=settings.models_uri,
        taxonomy=load_taxonomy(options.schemas_dir),
    )
    return registered, True


def _replay(settings: WorkerSettings, options: argparse.Namespace) -> Result:
    keys = PublicKeys.load(settings.public_keys_dir)
    service = ReplayService(S3Reader(settings), keys, load_taxonomy(settings.schemas_dir))

    async def work() -> Result:
        pool = await db.create_pool(settings.database_url)
        async with pool, db.transaction(pool) as connection:
            replayed = await service.replay(connection, options.outcome_id)
        result = {"id": options.outcome_id, "answer": replayed.answer, "detail": replayed.detail}
        return result, replayed.answer == "MATCH"

    return asyncio.run(work())


def _improve(settings: WorkerSettings, options: argparse.Namespace) -> Result:
    keys = PublicKeys.load(settings.public_keys_dir)
    replay = ReplayService(S3Reader(settings), keys, load_taxonomy(settings.schemas_dir))
    service = ImprovementService(replay, load_improvements(settings.schemas_dir))

    async def work() -> Result:
        pool = await db.create_pool(settings.database_url)
        async with pool, db.transaction(pool) as connection:
            return await service.improve(connection, options.score_id), True

    return asyncio.run(work())


def _score_run(settings: WorkerSettings, options: argparse.Namespace) -> Result:
    run = gold_run_of(S3Reader(settings).read(options.manifest_uri), manifest_uri=options.manifest_uri)

    async def work() -> None:
        pool = await db.create_pool(settings.database_url)
        async with pool, db.transaction(pool) as connection:
            await queue_run(connection, run, SystemClock().now())

    asyncio.run(work())
    return {"run_id": run.run_id, "state": "queued"}, True


def _compare(settings: WorkerSettings, options: argparse.Namespace) -> Result:
    async def work() -> Result:
        pool = await db.create_pool(settings.database_url, statement_timeout_s=settings.statement_timeout_s)
        async with pool:
            figures, comparison = await compare_newest(pool, options.run)
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "comparison.json").write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", "utf-8")
        (options.out / "comparison.html").write_text(render_comparison(figures, comparison), "utf-8")
        return {name: value for name, value in figures.items() if name not in ("band_migration", "guardrails")}, True

    return asyncio.run(work())


def _print_result(tool: Callable[..., Result], *arguments: Any) -> int:
    """Runs a tool and prints one JSON line; status 1 when it did not succeed."""
    try:
        result, is_good = tool(*arguments)
    except AltScoreError as error:
        result, is_good = {"error": error.code, "detail": error.detail}, False
    sys.stdout.write(json.dumps(result, sort_keys=True) + "\n")
    return 0 if is_good else 1


COMMANDS = {
    "worker": Command(_worker, WorkerSettings, help="score what the events announce"),
    **rotation_commands(WorkerSettings, {"rotate-key": lambda settings: settings.signer_key_label}),
    "migrate": Command(_migrate, MigrateSettings, help="upgrade the database"),
    **parked_commands(WorkerSettings, _parked),
    "train": Command(
        partial(_print_result, _train),
        help="train a model and write its bundle and report",
        arguments=arguments.train,
    ),
    "train-table": Command(
        partial(_print_result, _train_table),
        help="train and evaluate on an outside credit table; such a model cannot be registered",
        arguments=arguments.train_table,
    ),
    "evaluate": Command(
        partial(_print_result, _evaluate),
        help="evaluate a bundle on the out-of-time part of a training set",
        arguments=arguments.evaluate,
    ),
    "reasons": Command(
        partial(_print_result, _reasons),
        help="measure a bundle's reasons: who gets none, and how they change in a week",
        arguments=arguments.reasons,
    ),
    "register": Command(
        partial(_print_result, _register),
        RegisterSettings,
        help="register a bundle in MLflow",
        arguments=arguments.register,
    ),
    "replay": Command(
        partial(_print_result, _replay),
        WorkerSettings,
        help="recompute a score or a block from its evidence",
        arguments=arguments.replay,
    ),
    "improve": Command(
        partial(_print_result, _improve),
        WorkerSettings,
        help="say what the retailer can do to raise a score",
        arguments=arguments.improve,
    ),
    "score-run": Command(
        partial(_print_result, _score_run),
        WorkerSettings,
        help="queue a Gold run, or its blocked jobs again",
        arguments=arguments.score_run,
    ),
    "compare": Command(
        partial(_print_result, _compare),
        WorkerSettings,
        help="put the challenger beside the champion",
        arguments=arguments.compare,
    ),
}

if (
    find_spec("altscore_scoring.training") is None
):  # the worker's image: models are trained in one of its own (ADR 0069)
    COMMANDS = {name: command for name, command in COMMANDS.items() if name not in TRAINING}


def main() -> None:
    """Runs the command that the process's arguments name."""
    run_commands("altscore_scoring", COMMANDS)
