"""The only place that reads the environment, opens pools and wires: `api`, `worker`, `migrate`, `openapi`, …"""

import hmac
import json
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg
from altscore_libs import db
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.events import SchemaCatalog
from altscore_libs.hpke import HpkeEncryptor
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.parked import parked_commands
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.retention import inbox_retention
from altscore_libs.rls import ContextSigner
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import PublicKeys
from altscore_libs.tls import client_context
from redis.asyncio import Redis

from altscore_score.access.authentication import AccessState, Authenticator, SecretCheck
from altscore_score.access.credentials import LoginThrottle, SecretHasher
from altscore_score.access.events import RevocationNotifier
from altscore_score.access.failed_auth import FailedAuthAudit
from altscore_score.access.service import AccessService, OnboardingService
from altscore_score.access.worker import PURGE_S, Purger
from altscore_score.app import create_internal_app, create_served_lenders_app, openapi_document
from altscore_score.audit.service import SPOOL_REPLAY_S, AuditWriter
from altscore_score.audit.spool import Spool
from altscore_score.calls.service import AuditedEndpoint
from altscore_score.clients import CachedConsentChecker, ConsentClient, ConsentSource, GetClient, VaultClient
from altscore_score.dependencies import Services
from altscore_score.errors import PROBLEM_TYPES
from altscore_score.grievances.service import BOX_FILE, GrievanceFiling, GrievanceService
from altscore_score.history.service import HistoryService
from altscore_score.idempotency.service import IdempotencyStore
from altscore_score.limits.service import RateLimiter
from altscore_score.platform.dedicated_connections import DedicatedConnections, database_breaker
from altscore_score.platform.redis_pipeline import (
    NO_ANSWER,
    PipelinedRedis,
    RedisCircuit,
    open_pipeline,
    open_redis,
)
from altscore_score.platform.startup_checks import verify_row_level_security
from altscore_score.platform.waits import SERVING, Waits
from altscore_score.retailers.service import ConsentFinder, LookupService
from altscore_score.sandbox.personas import load_personas
from altscore_score.sandbox.service import Sandbox
from altscore_score.score_batches.service import BatchLedger, BatchService
from altscore_score.scores.reader import ScoreCache, ScoreReader, SignatureVerifier
from altscore_score.scores.service import ScoreService
from altscore_score.scores.taxonomy import load_taxonomy
from altscore_score.scores.worker import COMPACTION_S, CacheInvalidator, ScoreCompaction
from altscore_score.settings import ApiSettings, MigrateSettings, RotateSettings, WorkerSettings
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.rotation import NextKeyExists, rotate_jwt_key
from altscore_score.tokens.service import TokenService
from altscore_score.tokens.verifier import KeyRing, TokenVerifier
from altscore_score.wiring import NAME, open_parked, projection

READERS = 4
STATEMENT_S = 1.5


def grievance_filing(
    settings: ApiSettings, pool: asyncpg.Pool, signer: ContextSigner, *, outbox: Outbox, clock: Clock
) -> GrievanceFiling:
    """What files grievances; the key of its digests is derived, so that it signs nothing else."""
    return GrievanceFiling(
        pool=pool,
        signer=signer,
        outbox=outbox,
        clock=clock,
        encryptor=HpkeEncryptor.load(settings.public_keys_dir / BOX_FILE),
        digest_key=hmac.new(settings.context_key_bytes(), b"grievance digests", "sha256").digest(),
    )


@dataclass(frozen=True)
class Wiring:
    """The services of the API process and what runs beside them."""

    services: Services
    state: AccessState
    audit: AuditWriter
    failures: FailedAuthAudit
    redis: PipelinedRedis
    connections: DedicatedConnections

    async def open(self) -> None:
        """Opens the connections that serving keeps for itself, so that the first call need not.

        A store that cannot be reached is left to the calls: they say so in the contract's words.
        """
        await self.connections.open_all()
        await self.audit.open_connections()
        with suppress(*NO_ANSWER):
            await self.redis.call("PING")

    async def close(self) -> None:
        """Gives back the connections that serving keeps for itself."""
        await self.redis.close()
        await self.connections.close()
        await self.audit.close()


@dataclass(frozen=True)
class _Shared:
    """What the use cases are made of."""

    pool: asyncpg.Pool
    clock: Clock
    signer: ContextSigner
    audit: AuditWriter
    state: AccessState
    hasher: SecretHasher
    throttle: LoginThrottle
    failures: FailedAuthAudit
    keys: KeyRing
    limiter: RateLimiter
    endpoint: AuditedEndpoint
    authenticator: Authenticator
    consents: CachedConsentChecker
    verifier: SignatureVerifier
    sandbox: Sandbox


def wire(
    settings: ApiSettings,
    pool: asyncpg.Pool,
    redis: Redis,
    *,
    clock: Clock,
    monotonic: Callable[[], float] = time.monotonic,
    consent: ConsentSource,
    vault: VaultClient,
    waits: Waits = SERVING,
) -> Wiring:
    """The services behind the routes, and the two loops that keep them true."""
    taxonomy = load_taxonomy(settings.schemas_dir)
    spool = Spool(settings.audit_spool_dir) if settings.audit_spool_dir is not None else None
    breaker = database_breaker()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), NAME, clock)
    audit = AuditWriter(pool, outbox, spool, breaker=breaker, waits=waits)
    keys, hasher = KeyRing(settings.jwt_keys_dir, clock=clock, monotonic=monotonic), SecretHasher()
    state = AccessState(pool, RevocationNotifier(redis), read_s=waits.access_s, monotonic=monotonic)
    redis_url, ca_file = settings.redis_url.get_secret_value(), settings.redis_ca_file
    pipeline = open_pipeline(redis_url, ca_file, timeout_s=waits.redis_s, monotonic=monotonic)
    circuit = RedisCircuit(pipeline, monotonic=monotonic)
    limiter = RateLimiter(circuit, clock, replicas=settings.replicas, monotonic=monotonic)
    throttle, failures = LoginThrottle(clock), FailedAuthAudit(audit, clock)
    secret_check = SecretCheck(pool, hasher=hasher, throttle=throttle, limiter=limiter, clock=clock)
    authenticator = Authenticator(TokenVerifier(keys, clock), state, secret_check)
    shared = _Shared(
        pool=pool,
        clock=clock,
        signer=ContextSigner(settings.context_key_bytes()),
        audit=audit,
        state=state,
        hasher=hasher,
        throttle=throttle,
        failures=failures,
        keys=keys,
        limiter=limiter,
        endpoint=AuditedEndpoint(authenticator, limiter, audit, failures=failures, call_s=waits.call_s),
        authenticator=authenticator,
        consents=CachedConsentChecker(consent, clock, monotonic=monotonic),
        verifier=SignatureVerifier(PublicKeys.load(settings.public_keys_dir), taxonomy),
        sandbox=Sandbox(load_personas(), taxonomy.labels),
    )
    connections = DedicatedConnections(pool, size=READERS, timeout_s=waits.read_s, breaker=breaker)
    scores = _score_service(shared, circuit, connections, labels=dict(taxonomy.labels))
    filing = grievance_filing(settings, pool, shared.signer, outbox=audit.outbox, clock=clock)
    services = _services(shared, scores, vault, filing=filing)
    return Wiring(
        services=services, state=state, audit=audit, failures=failures, redis=pipeline, connections=connections
    )


def _score_service(
    shared: _Shared, circuit: RedisCircuit, connections: DedicatedConnections, *, labels: dict[str, Any]
) -> ScoreService:
    cache = ScoreCache(circuit)
    return ScoreService(
        endpoint=shared.endpoint,
        authenticator=shared.authenticator,
        state=shared.state,
        limiter=shared.limiter,
        cache=cache,
        idempotency=IdempotencyStore(circuit, connections, signer=shared.signer, clock=shared.clock),
        consents=shared.consents,
        reader=ScoreReader(connections, signer=shared.signer, verifier=shared.verifier, cache=cache),
        labels=labels,
        sandbox=shared.sandbox,
        audit=shared.audit,
        signer=shared.signer,
        clock=shared.clock,
    )


def _services(shared: _Shared, scores: ScoreService, vault: VaultClient, *, filing: GrievanceFiling) -> Services:
    endpoint, authenticator = shared.endpoint, shared.authenticator
    finder = ConsentFinder(shared.consents, shared.signer, shared.pool)
    return Services(
        scores=scores,
        score_batches=BatchService(
            endpoint=endpoint,
            authenticator=authenticator,
            limiter=shared.limiter,
            ledger=BatchLedger(shared.pool, shared.signer, shared.clock),
            score=scores.answer,
            recheck=scores.recheck,
        ),
        history=HistoryService(
            endpoint=endpoint,
            authenticator=authenticator,
            consents=shared.consents,
            finder=finder,
            verifier=shared.verifier,
            sandbox=shared.sandbox,
            clock=shared.clock,
            signer=shared.signer,
            pool=shared.pool,
        ),
        retailers=LookupService(
            endpoint=endpoint,
            authenticator=authenticator,
            vault=vault,
            consents=finder,
            sandbox=shared.sandbox,
        ),
        tokens=TokenService(
            pool=shared.pool,
            limiter=shared.limiter,
            throttle=shared.throttle,
            failures=shared.failures,
            hasher=shared.hasher,
            issuer=TokenIssuer(shared.keys, shared.clock),
            audit=shared.audit,
            state=shared.state,
            clock=shared.clock,
        ),
        keys=shared.keys,
        onboarding=OnboardingService(pool=shared.pool, hasher=shared.hasher, audit=shared.audit, clock=shared.clock),
        access=AccessService(hasher=shared.hasher, audit=shared.audit, state=shared.state, clock=shared.clock),
        grievances=GrievanceService(endpoint=endpoint, authenticator=authenticator, consents=finder, filing=filing),
    )


async def run_api(settings: ApiSettings) -> None:
    """Serves lenders and admin until SIGTERM."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            await db.create_pool(settings.database_url, min_size=4, max_size=16, statement_timeout_s=STATEMENT_S)
        )
        await verify_row_level_security(pool, ContextSigner(settings.context_key_bytes()))
        redis = open_redis(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(redis.aclose)
        tls = settings.client_tls()
        to_consent = GetClient(
            settings.consent_url, client_context(tls), neighbour="consent", timeout_s=settings.consent_timeout_s
        )
        to_vault = ServiceClient(settings.vault_url, tls=tls, neighbour="vault", timeout_s=SERVING.vault_s)
        stack.push_async_callback(to_consent.close)
        await stack.enter_async_context(to_vault)
        wiring = wire(
            settings,
            pool,
            redis,
            clock=SystemClock(),
            consent=ConsentClient(to_consent),
            vault=VaultClient(to_vault),
        )
        stack.push_async_callback(wiring.close)
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
            },
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


async def run_worker(settings: WorkerSettings) -> None:
    """Projects scores and consents, drops stale cache entries, relays the outbox."""
    from altscore_libs.state_gauges import INBOX_MEASURES, OUTBOX_MEASURES, StateGauges  # noqa: PLC0415
    from altscore_libs.topic_replay import TopicReplay  # noqa: PLC0415

    from altscore_score.erasures.events import TOPIC as ERASURES  # noqa: PLC0415
    from altscore_score.limits.worker import redis_monitor  # noqa: PLC0415

    clock, signer = SystemClock(), ContextSigner(settings.context_key_bytes())
    catalogue = SchemaCatalog.load(settings.schemas_dir)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await db.create_pool(settings.database_url, min_size=2))
        await verify_row_level_security(pool, signer)
        pipeline = open_pipeline(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(pipeline.close)
        redis = open_redis(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(redis.aclose)
        audit = AuditWriter(pool, Outbox(catalogue, NAME, clock))
        stack.push_async_callback(audit.close)
        consumer = projection(settings, pool, audit)
        replay = TopicReplay(settings, catalogue, consumer, group=NAME, topic=ERASURES)
        readiness = Readiness()
        readiness.add("database", partial(db.check, pool))
        await serve(
            "score-worker",
            workers={
                "consumer": consumer.run,
                "erasures_again": replay.worker("erasures_again").run,
                "relay": Relay(pool, catalogue, settings).run,
                "cache": CacheInvalidator(pool, signer, ScoreCache(RedisCircuit(pipeline))).run,
                "state_gauges": StateGauges(pool, (*OUTBOX_MEASURES, *INBOX_MEASURES)).register().run,
                "redis_monitor": redis_monitor(redis).run,
                "purger": PeriodicWorker("purger", Purger(pool, signer, clock).purge, interval_s=PURGE_S).run,
                "compaction": PeriodicWorker(
                    "compaction", ScoreCompaction(pool, signer, clock).step, interval_s=COMPACTION_S
                ).run,
                "inbox_retention": inbox_retention(pool, settings.schemas_dir, clock).run,
            },
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


def put_context_key(owner_dsn: str, key: bytes) -> None:
    """Gives the database the key that contexts are signed with; only its owner can read or write it."""
    import psycopg  # noqa: PLC0415  # 9 MiB that no serving process needs

    with psycopg.connect(owner_dsn) as connection:
        connection.execute(
            "INSERT INTO context_key (key) VALUES (%s) ON CONFLICT (is_only) DO UPDATE SET key = excluded.key", (key,)
        )


def migrate(settings: MigrateSettings) -> None:
    """Brings the database to the newest schema, as its owner."""
    db.upgrade(settings.owner_database_url, settings.migrations_dir)
    put_context_key(settings.owner_database_url.get_secret_value(), settings.context_key_bytes())


async def rotate(settings: RotateSettings) -> None:
    """Makes the next signing key and prints what was done."""
    try:
        done = await rotate_jwt_key(settings)
    except NextKeyExists as error:
        sys.exit(f"nothing was made: {error}")
    sys.stdout.write(done + "\n")


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
