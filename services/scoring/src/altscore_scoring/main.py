"""Wires the scoring engine; the only place that reads the environment and opens pools."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.consumer import Consumer
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.service import Readiness, run, serve
from altscore_libs.signer import PublicKeys, open_signer

from altscore_scoring import cli
from altscore_scoring.chunk import ChunkScorer
from altscore_scoring.clients import ConsentService
from altscore_scoring.handlers import TOPICS, Inbound
from altscore_scoring.objects import S3Objects
from altscore_scoring.runs import Pace, RunLoop
from altscore_scoring.settings import MigrateSettings, RegisterSettings, WorkerSettings
from altscore_scoring.shelf import Shelf
from altscore_scoring.taxonomy import load_taxonomy

SERVICE = "scoring"
MIGRATIONS = Path(__file__).parents[2] / "migrations"


def main(argv: Sequence[str] | None = None) -> int:
    """`worker`, `migrate`, and the tools `train`, `evaluate`, `register`, `replay`, `score-run`."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["worker"]:
        run(_worker(_worker_settings()))
        return 0
    if arguments == ["migrate"]:
        db.upgrade(MigrateSettings().owner_database_url, MIGRATIONS)  # type: ignore[call-arg]
        return 0
    return cli.main(arguments, cli.Environment(_worker_settings, _register_settings))


def _worker_settings() -> WorkerSettings:
    return WorkerSettings()  # type: ignore[call-arg]  # filled from the environment


def _register_settings() -> RegisterSettings:
    """Also lends MLflow's S3 client its credentials, which it takes from the environment alone."""
    settings = RegisterSettings()  # type: ignore[call-arg]
    os.environ["MLFLOW_S3_ENDPOINT_URL"] = settings.s3_endpoint
    os.environ["AWS_DEFAULT_REGION"] = settings.s3_region
    os.environ["AWS_ACCESS_KEY_ID"] = settings.s3_access_key
    os.environ["AWS_SECRET_ACCESS_KEY"] = settings.s3_secret_key.get_secret_value()
    if settings.s3_ca_file is not None:
        os.environ["AWS_CA_BUNDLE"] = str(settings.s3_ca_file)
    return settings


async def _worker(settings: WorkerSettings) -> None:
    pool = await db.create_pool(settings.database_url, statement_timeout_s=settings.statement_timeout_s)
    catalogue, clock = SchemaCatalog.load(settings.schemas_dir), SystemClock()
    outbox = Outbox(catalogue, SERVICE, clock)
    async with ServiceClient(settings.consent_url, tls=settings.client_tls(), timeout_s=10.0) as client:
        consumer = Consumer(
            pool,
            catalogue,
            settings,
            group=SERVICE,
            topics=TOPICS,
            handlers=Inbound(outbox, PublicKeys.load(settings.public_keys_dir), clock).handlers(),
        )
        loop = await _run_loop(settings, pool, outbox, ConsentService(client))
        readiness = Readiness()
        readiness.add("database", lambda: db.check(pool))
        workers = {"relay": Relay(pool, catalogue, settings).run, "consumer": consumer.run, "runs": loop.run}
        try:
            await serve(SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port)
        finally:
            await asyncio.wait_for(pool.close(), timeout=5)


async def _run_loop(settings: WorkerSettings, pool: asyncpg.Pool, outbox: Outbox, consents: ConsentService) -> RunLoop:
    clock, objects = SystemClock(), S3Objects(settings)
    signer = await open_signer(settings, settings.signer_key_label)
    return RunLoop(
        pool,
        outbox,
        objects,
        consents=consents,
        shelf=Shelf(pool, outbox, objects, load_taxonomy(settings.schemas_dir), clock),
        scorer=ChunkScorer(pool, outbox, consents, signer, clock),
        clock=clock,
        pace=Pace(settings.chunk_rows, settings.poll_interval_s, settings.retry_interval_s),
    )
