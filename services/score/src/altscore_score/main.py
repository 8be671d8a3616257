"""The only place that reads the environment, opens pools and wires: `api`, `worker`, `migrate`, `openapi`."""

import asyncio
import hmac
import json
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from altscore_libs import db
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.events import Catalogue
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.rls import ContextSigner
from altscore_libs.sealedbox import BoxSealer
from altscore_libs.service import Listener, Readiness, run, serve
from altscore_libs.signer import PublicKeys
from altscore_libs.tls import client_context
from redis.asyncio import BlockingConnectionPool, Redis

from altscore_score.access.authentication import AccessState, Authenticator, LoginThrottle, SecretHasher
from altscore_score.access.onboarding import OnboardingService
from altscore_score.access.service import AccessService, RevocationNotifier
from altscore_score.app import Services, internal_app, lenders_app, lenders_asgi
from altscore_score.audit.service import AuditWriter, Spool
from altscore_score.calls.service import AuditedEndpoint
from altscore_score.clients import CachedConsentChecker, ConsentClient, ConsentSource, VaultClient
from altscore_score.grievances.service import BOX_FILE, GrievanceFiling, GrievanceService
from altscore_score.history.service import HistoryService
from altscore_score.limits.service import Gate
from altscore_score.platform.persistent_http import PersistentHttpClient
from altscore_score.platform.redis_pipeline import Address, PipelinedRedis
from altscore_score.platform.startup_checks import verify_row_level_security
from altscore_score.retailers.service import LookupService, PurposeFinder
from altscore_score.sandbox import Sandbox, load_personas
from altscore_score.score_batches.service import BatchService
from altscore_score.scores.reader import ScoreReader
from altscore_score.scores.records import SignatureVerifier, Taxonomy
from altscore_score.scores.rendering import Renderer
from altscore_score.scores.service import ScoreService
from altscore_score.scores.worker import CacheInvalidator, Purger
from altscore_score.settings import ApiSettings, MigrateSettings, RotateSettings, WorkerSettings
from altscore_score.tokens.keyring import KeyRing, NextKeyExists
from altscore_score.tokens.rotation import rotate_jwt_key
from altscore_score.tokens.service import TokenService
from altscore_score.tokens.verifier import TokenIssuer, TokenVerifier

NAME = "score"
REDIS_TIMEOUT_S = 1.0
REDIS_CONNECTIONS = 32


def open_redis(url: str, ca_file: Path | None) -> Redis:
    """A Redis client that gives up quickly: without Redis the door stays open."""
    options: dict[str, Any] = {"ssl_ca_certs": str(ca_file)} if ca_file is not None else {}
    # A burst waits for a connection: taken for an outage, it would be counted in process and admit too much.
    connections = BlockingConnectionPool.from_url(
        url,
        max_connections=REDIS_CONNECTIONS,
        timeout=2 * REDIS_TIMEOUT_S,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        **options,
    )
    return Redis.from_pool(connections)


def open_pipeline(
    url: str, ca_file: Path | None = None, *, monotonic: Callable[[], float] = time.monotonic
) -> PipelinedRedis:
    """The cheap Redis client of the path of a score."""
    return PipelinedRedis(Address.parse(url, ca_file), timeout_s=REDIS_TIMEOUT_S, monotonic=monotonic)


def taxonomy_of(schemas_dir: Path) -> Taxonomy:
    """The reason codes that this release knows."""
    return Taxonomy(schemas_dir / "reference" / "reason_codes.yml")


def filings_of(
    settings: ApiSettings, pool: asyncpg.Pool, signer: ContextSigner, *, outbox: Outbox, clock: Clock
) -> GrievanceFiling:
    """What files grievances; the key of its digests is derived, so that it signs nothing else."""
    digest_key = hmac.new(settings.context_key_bytes(), b"grievance digests", "sha256").digest()
    box = BoxSealer.load(settings.public_keys_dir / BOX_FILE)
    return GrievanceFiling(pool, signer, outbox, clock, box, digest_key)


def wire(
    settings: ApiSettings,
    pool: asyncpg.Pool,
    redis: Redis,
    *,
    clock: Clock,
    monotonic: Callable[[], float] = time.monotonic,
    consent: ConsentSource,
    vault: VaultClient,
) -> tuple[Services, AccessState, AuditWriter]:
    """The services behind the API's routes, and the two loops that keep them true."""
    signer = ContextSigner(settings.context_key_bytes())
    taxonomy = taxonomy_of(settings.schemas_dir)
    spool = Spool(settings.audit_spool_dir) if settings.audit_spool_dir is not None else None
    audit_writer = AuditWriter(pool, Outbox(Catalogue.load(settings.schemas_dir), NAME, clock), spool)
    keys, secrets = KeyRing(settings.jwt_keys_dir, clock=clock, monotonic=monotonic), SecretHasher()
    state = AccessState(pool, RevocationNotifier(redis), monotonic=monotonic)
    line = open_pipeline(settings.redis_url.get_secret_value(), settings.redis_ca_file, monotonic=monotonic)
    gate = Gate(line, clock, replicas=settings.replicas, monotonic=monotonic)
    authenticator = Authenticator(TokenVerifier(keys, clock), state, pool, secrets, clock)
    front = AuditedEndpoint(authenticator, gate, audit_writer)
    consents = CachedConsentChecker(consent, clock, monotonic=monotonic)
    seals = SignatureVerifier(PublicKeys.load(settings.public_keys_dir), taxonomy)
    book = ScoreReader(pool, signer, seals, gate)
    renderer = Renderer(taxonomy)
    sandbox = Sandbox(load_personas(), renderer)
    score = ScoreService(
        front=front,
        authenticator=authenticator,
        state=state,
        gate=gate,
        consent=consents,
        scorebook=book,
        renderer=renderer,
        sandbox=sandbox,
        audit_writer=audit_writer,
        signer=signer,
        clock=clock,
    )
    batch = BatchService(front, authenticator, score.answer)
    purposes = PurposeFinder(consents, signer, pool)
    lookup = LookupService(front, authenticator, vault, purposes, sandbox)
    history = HistoryService(front, authenticator, consents, purposes, seals, sandbox, clock, signer, pool)
    token = TokenService(
        pool, gate, LoginThrottle(clock), secrets, TokenIssuer(keys, clock), audit_writer, state, clock
    )
    access = AccessService(secrets, audit_writer, state, clock)
    filings = filings_of(settings, pool, signer, outbox=audit_writer.outbox, clock=clock)
    grievances = GrievanceService(front, authenticator, purposes, filings)
    onboarding = OnboardingService(pool, secrets, audit_writer, clock)
    return Services(score, lookup, history, batch, token, keys, onboarding, access, grievances), state, audit_writer


async def run_api() -> None:
    """Serves lenders and admin until SIGTERM."""
    settings = ApiSettings()  # type: ignore[call-arg]  # read from the environment
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await db.create_pool(settings.database_url, min_size=4, max_size=16))
        await verify_row_level_security(pool, ContextSigner(settings.context_key_bytes()))
        redis = open_redis(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(redis.aclose)
        tls = settings.client_tls()
        to_consent = PersistentHttpClient(
            settings.consent_url, client_context(tls), timeout_s=settings.consent_timeout_s, attempts=2
        )
        to_vault = ServiceClient(settings.vault_url, tls=tls, timeout_s=2.0, attempts=2)
        stack.push_async_callback(to_consent.close)
        await stack.enter_async_context(to_vault)
        services, state, audit_writer = wire(
            settings,
            pool,
            redis,
            clock=SystemClock(),
            consent=ConsentClient(to_consent),
            vault=VaultClient(to_vault),
        )
        stack.push_async_callback(services.score.close)
        await state.refresh()
        readiness = Readiness()
        readiness.add("database", partial(db.check, pool))
        lenders = Listener(
            lenders_asgi(services, body_timeout_s=settings.request_timeout_s),
            settings.api_port,
            settings.server_tls(),
            require_client_certificate=False,
            head_timeout_s=settings.request_timeout_s,
        )
        internal = Listener(internal_app(services), settings.admin_port, settings.server_tls())
        await serve(
            "score-api",
            listeners=[lenders, internal],
            workers={"access": state.run, "audit_writer": audit_writer.run},
            readiness=readiness,
            internal_port=settings.internal_port,
        )


async def run_worker() -> None:
    """Projects scores and consents, drops stale cache entries, relays the outbox."""
    # The API process is spared 25 MiB of Kafka's clients.
    from altscore_libs.consumer import Consumer  # noqa: PLC0415

    from altscore_score.scores.events import TOPICS, Projection  # noqa: PLC0415

    settings = WorkerSettings()  # type: ignore[call-arg]
    clock, signer = SystemClock(), ContextSigner(settings.context_key_bytes())
    catalogue = Catalogue.load(settings.schemas_dir)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await db.create_pool(settings.database_url, min_size=2))
        await verify_row_level_security(pool, signer)
        line = open_pipeline(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(line.close)
        audit_writer = AuditWriter(pool, Outbox(catalogue, NAME, clock))
        stack.push_async_callback(audit_writer.close)
        seals = SignatureVerifier(PublicKeys.load(settings.public_keys_dir), taxonomy_of(settings.schemas_dir))
        projection = Projection(signer, seals, audit_writer)
        consumer = Consumer(pool, catalogue, settings, group=NAME, topics=TOPICS, handlers=projection.handlers())
        readiness = Readiness()
        readiness.add("database", partial(db.check, pool))
        await serve(
            "score-worker",
            workers={
                "consumer": consumer.run,
                "relay": Relay(pool, catalogue, settings).run,
                "cache": CacheInvalidator(pool, signer, Gate(line, clock, replicas=1)).run,
                "cleaner": Purger(pool, signer, clock).run,
            },
            readiness=readiness,
            internal_port=settings.internal_port,
        )


def put_context_key(owner_dsn: str, key: bytes) -> None:
    """Gives the database the key that contexts are signed with; only its owner can read or write it."""
    import psycopg  # noqa: PLC0415  # 9 MiB that no serving process needs

    with psycopg.connect(owner_dsn) as connection:
        connection.execute(
            "INSERT INTO context_key (key) VALUES (%s) ON CONFLICT (is_only) DO UPDATE SET key = excluded.key", (key,)
        )


def migrate() -> None:
    """Brings the database to the newest schema, as its owner."""
    settings = MigrateSettings()  # type: ignore[call-arg]
    db.upgrade(settings.owner_database_url, settings.migrations_dir)
    put_context_key(settings.owner_database_url.get_secret_value(), settings.context_key_bytes())


def document() -> dict[str, Any]:
    """The OpenAPI documents of both doors; needs no environment, since routes wire nothing."""
    unwired: Any = None
    services = Services(*[unwired] * len(fields(Services)))
    public = lenders_app(services).openapi()
    internal = internal_app(services).openapi()
    public["paths"] |= internal["paths"]
    public["components"]["schemas"] |= internal["components"]["schemas"]
    return public


def main() -> None:
    """`python -m altscore_score api|worker|migrate|openapi|rotate-jwt-key`."""
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command == "api":
        run(run_api())
    elif command == "worker":
        run(run_worker())
    elif command == "migrate":
        migrate()
    elif command == "rotate-jwt-key":
        try:
            made = asyncio.run(rotate_jwt_key(RotateSettings()))  # type: ignore[call-arg]
        except NextKeyExists as error:
            sys.exit(f"nothing was made: {error}")
        sys.stdout.write(made + "\n")
    elif command == "openapi":
        sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.exit("usage: python -m altscore_score api|worker|migrate|openapi|rotate-jwt-key")
