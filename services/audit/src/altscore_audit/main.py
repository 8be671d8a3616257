"""The only place of the audit service that reads the environment, opens pools and wires."""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import yaml
from altscore_libs import db, service
from altscore_libs.clock import SystemClock
from altscore_libs.consumer import BatchConsumer, Decoder
from altscore_libs.events import SchemaCatalog
from altscore_libs.registry import Registry
from altscore_libs.service import Listener, Readiness
from altscore_libs.signer import open_signer

from altscore_audit import api, domain
from altscore_audit.checkpoints import Checkpointer
from altscore_audit.handlers import Recorder
from altscore_audit.settings import ApiSettings, MigrateSettings, WorkerSettings
from altscore_audit.worm import S3Worm

BATCH = 500
BATCH_WAIT_S = 0.05
SIGNING_KEY = "audit-checkpoint"


async def run_api(settings: ApiSettings) -> None:
    """The reading door."""
    pool = await db.create_pool(settings.database_url)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    listener = Listener(api.build(pool, SystemClock()), settings.api_port, settings.server_tls())
    try:
        await service.serve(
            "audit-api", listeners=[listener], readiness=readiness, internal_port=settings.internal_port
        )
    finally:
        await pool.close()


async def run_worker(settings: WorkerSettings) -> None:
    """The recorder and the checkpointer."""
    pool = await db.create_pool(settings.database_url, max_size=4, statement_timeout_s=15.0)
    await _refuse_writers(pool)
    clock, catalogue = SystemClock(), SchemaCatalog.load(settings.schemas_dir)
    rules = domain.rules_of(_yaml(settings, "audit/actions.yml"))
    topics = [str(topic["name"]) for topic in _yaml(settings, "topics.yml")]
    recorder = Recorder(pool, Decoder(catalogue, Registry(settings.registry_url)), rules, clock)
    consumer = BatchConsumer(
        settings, group="audit", topics=topics, handler=recorder.record, batch_size=BATCH, wait_s=BATCH_WAIT_S
    )
    checkpointer = Checkpointer(
        pool,
        await open_signer(settings, SIGNING_KEY),
        S3Worm(settings, settings.s3_bucket),
        rules=rules,
        clock=clock,
        interval_s=settings.checkpoint_interval_s,
    )
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    try:
        await service.serve(
            "audit",
            workers={"recorder": consumer.run, "checkpointer": checkpointer.run},
            readiness=readiness,
            internal_port=settings.internal_port,
        )
    finally:
        await pool.close()


def _yaml(settings: WorkerSettings, name: str) -> Any:
    return yaml.safe_load((settings.schemas_dir / name).read_text(encoding="utf-8"))


async def _refuse_writers(pool: asyncpg.Pool) -> None:
    """Stops a deployment whose role could write past the one function that may."""
    async with db.transaction(pool) as connection:
        may_write = await connection.fetchval(
            "SELECT has_table_privilege('audit_log', 'INSERT, UPDATE, DELETE, TRUNCATE')"
            " OR pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = 'audit_log'::regclass), 'MEMBER')"
        )
    if may_write:
        raise SystemExit("the database role may write audit_log directly; start with the service's own role")


def migrate() -> None:
    """Brings the database to the newest version, as its owner."""
    settings = MigrateSettings.model_validate({})
    db.upgrade(settings.owner_database_url, settings.migrations_dir)


def openapi() -> None:
    """Prints the OpenAPI document; it needs no database."""
    app = api.build(None, SystemClock())
    sys.stdout.write(json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def main() -> None:
    """`migrate`, `api`, `worker` or `openapi`."""
    starts: dict[str, Callable[[], Awaitable[None]]] = {
        "api": lambda: run_api(ApiSettings.model_validate({})),
        "worker": lambda: run_worker(WorkerSettings.model_validate({})),
    }
    plain: dict[str, Callable[[], None]] = {"migrate": migrate, "openapi": openapi}
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command in plain:
        plain[command]()
    elif command in starts:
        service.run(starts[command]())
    else:
        raise SystemExit("usage: python -m altscore_audit migrate|api|worker|openapi")
