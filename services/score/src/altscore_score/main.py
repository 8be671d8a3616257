"""The only place that reads the environment, opens pools and wires: `api`, `worker`, `migrate`, `openapi`, …"""

import json
import sys
from contextlib import AsyncExitStack
from functools import partial

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.decoding import certified
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, parked_commands
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.registry import Registry
from altscore_libs.retention import inbox_retention
from altscore_libs.rls import ContextSigner
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import Pkcs11RsaSigner
from altscore_libs.tls import client_context

from altscore_score.access.worker import PURGE_S, WRITE_S, Purger
from altscore_score.app import create_internal_app, create_served_lenders_app, openapi_document
from altscore_score.audit.service import SPOOL_REPLAY_S, AuditWriter
from altscore_score.call_counts.service import FLUSH_S
from altscore_score.clients import AuditClient, ConsentClient, GetClient, VaultClient
from altscore_score.errors import PROBLEM_TYPES
from altscore_score.platform.migration import migrate
from altscore_score.platform.redis_pipeline import RedisCircuit, open_pipeline, open_redis
from altscore_score.platform.startup_checks import verify_access_role, verify_row_level_security
from altscore_score.platform.waits import SERVING
from altscore_score.scores.reader import ScoreCache
from altscore_score.scores.worker import COMPACTION_S, CacheInvalidator, ScoreCompaction
from altscore_score.settings import ApiSettings, MigrateSettings, RotateSettings, WorkerSettings
from altscore_score.tokens.rotation import NextKeyExists, rotate_jwt_key
from altscore_score.wiring import NAME, open_parked, projection, wire

STATEMENT_S = 1.5


async def _open_clients(settings: ApiSettings, stack: AsyncExitStack) -> tuple[ConsentClient, VaultClient, AuditClient]:
    tls = settings.client_tls()
    to_consent = GetClient(
        settings.consent_url, client_context(tls), neighbour="consent", timeout_s=settings.consent_timeout_s
    )
    stack.push_async_callback(to_consent.close)
    to_vault = ServiceClient(settings.vault_url, tls=tls, neighbour="vault", timeout_s=SERVING.vault_s)
    await stack.enter_async_context(to_vault)
    to_audit = ServiceClient(settings.audit_url, tls=tls, neighbour="audit", timeout_s=SERVING.audit_trail_s)
    await stack.enter_async_context(to_audit)
    return ConsentClient(to_consent), VaultClient(to_vault), AuditClient(to_audit)


async def run_api(settings: ApiSettings) -> None:
    """Serves lenders and admin until SIGTERM."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            await db.create_pool(settings.database_url, min_size=4, max_size=16, statement_timeout_s=STATEMENT_S)
        )
        await verify_row_level_security(pool, ContextSigner(settings.context_key_bytes()))
        access_pool = await stack.enter_async_context(
            await db.create_pool(settings.access_database_url, max_size=2, statement_timeout_s=STATEMENT_S)
        )
        await verify_access_role(access_pool)
        redis = open_redis(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(redis.aclose)
        consent, vault, audit_trail = await _open_clients(settings, stack)
        wiring = wire(
            settings,
            pool,
            redis,
            access_pool=access_pool,
            clock=SystemClock(),
            consent=consent,
            vault=vault,
            audit_trail=audit_trail,
            token_signer=Pkcs11RsaSigner(settings),
        )
        stack.push_async_callback(wiring.close)
        await wiring.services.tokens.issuer.require_key()
        await wiring.open()
        await wiring.state.refresh()
        readiness = Readiness()
        readiness.add("database", partial(db.check, pool))
        readiness.add("revocations", wiring.state.require_fresh)
        lenders = Listener(
            create_served_lenders_app(wiring.services, body_timeout_s=settings.request_timeout_s),
            settings.api_port,
            settings.server_tls(),
            require_client_certificate=False,
            head_timeout_s=settings.request_timeout_s,
            problem_types=PROBLEM_TYPES,
        )
        internal = Listener(create_internal_app(wiring.services), settings.admin_port, settings.server_tls())
        await serve(
            "score-api",
            listeners=[lenders, internal],
            workers={
                "access": wiring.state.run,
                "spool": PeriodicWorker("spool", wiring.audit.replay_spool, interval_s=SPOOL_REPLAY_S).run,
                "failed-auth": wiring.failures.run,
                "call_counts": PeriodicWorker("call_counts", wiring.counter.flush, interval_s=FLUSH_S).run,
                "findings": PeriodicWorker("findings", wiring.findings.write, interval_s=WRITE_S).run,
            },
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


async def run_worker(settings: WorkerSettings) -> None:
    """Projects scores and consents, drops stale cache entries, relays the outbox."""
    from altscore_libs.parked_orders import order_workers  # noqa: PLC0415
    from altscore_libs.relay import open_relay  # noqa: PLC0415
    from altscore_libs.state_gauges import INBOX_MEASURES, OUTBOX_MEASURES, StateGauges  # noqa: PLC0415
    from altscore_libs.topic_replay import TopicReplay  # noqa: PLC0415

    from altscore_score.erasures.events import TOPIC as ERASURES  # noqa: PLC0415
    from altscore_score.limits.worker import redis_monitor  # noqa: PLC0415
    from altscore_score.portfolios.worker import COUNT_S, MonthCounter  # noqa: PLC0415

    clock, signer = SystemClock(), ContextSigner(settings.context_key_bytes())
    catalogue = SchemaCatalog.load(settings.schemas_dir)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await db.create_pool(settings.database_url, min_size=2))
        await verify_row_level_security(pool, signer)
        pipeline = open_pipeline(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(pipeline.close)
        redis = open_redis(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(redis.aclose)
        audit = AuditWriter(pool, Outbox(catalogue, NAME, clock, mac_key=settings.outbox_key_bytes()))
        stack.push_async_callback(audit.close)
        consumer = projection(settings, pool, audit)
        replay = TopicReplay(
            settings,
            consumer,
            group=NAME,
            topic=ERASURES,
            decoder=certified(catalogue, Registry(settings.registry_url)),
        )
        readiness = Readiness()
        readiness.add("database", partial(db.check, pool))
        await serve(
            "score-worker",
            workers={
                "consumer": consumer.run,
                "erasures_again": replay.worker("erasures_again").run,
                **order_workers(ParkedEvents(pool, consumer, audit.outbox), clock),
                "relay": (await open_relay(settings, catalogue, NAME)).run,
                "cache": CacheInvalidator(pool, signer, ScoreCache(RedisCircuit(pipeline))).run,
                "state_gauges": StateGauges(pool, (*OUTBOX_MEASURES, *INBOX_MEASURES)).register().run,
                "redis_monitor": redis_monitor(redis).run,
                "purger": PeriodicWorker("purger", Purger(pool, signer, clock).purge, interval_s=PURGE_S).run,
                "compaction": PeriodicWorker(
                    "compaction", ScoreCompaction(pool, signer, clock).step, interval_s=COMPACTION_S
                ).run,
                "months": PeriodicWorker("months", MonthCounter(pool, signer, clock).step, interval_s=COUNT_S).run,
                "inbox_retention": inbox_retention(pool, settings.schemas_dir, clock).run,
            },
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


async def rotate(settings: RotateSettings) -> None:
    """Makes the next signing key and prints what was done."""
    try:
        sys.stdout.write(await rotate_jwt_key(settings) + "\n")
    except NextKeyExists as error:
        sys.exit(f"nothing was made: {error}")


def print_openapi() -> None:
    """Prints the OpenAPI documents; needs no environment."""
    sys.stdout.write(json.dumps(openapi_document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n")


COMMANDS = {
    "api": Command(run_api, ApiSettings, "serve lenders and admin"),
    "worker": Command(run_worker, WorkerSettings, "project events, relay the outbox, purge"),
    "migrate": Command(migrate, MigrateSettings, "bring the database to the newest schema"),
    "openapi": Command(print_openapi, help="print the OpenAPI documents"),
    **parked_commands(WorkerSettings, open_parked),
    "rotate-jwt-key": Command(rotate, RotateSettings, "make the next key that signs access tokens"),
}


def main() -> None:
    """`python -m altscore_score api|worker|migrate|openapi|rotate-jwt-key`."""
    run_commands("altscore_score", COMMANDS)
