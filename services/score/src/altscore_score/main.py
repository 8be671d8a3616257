"""The only place that reads the environment, opens pools and wires: `api`, `worker`, `migrate`, `openapi`."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
from altscore_libs import db
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.consumer import Consumer
from altscore_libs.events import Catalogue
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.rls import ContextSigner
from altscore_libs.service import Listener, Readiness, run, serve
from altscore_libs.signer import PublicKeys
from redis.asyncio import BlockingConnectionPool, Redis

from altscore_score.access import AccessState, Authenticator, LockBook, Secrets
from altscore_score.api import Desks, internal_app, lenders_app
from altscore_score.clients import ConsentClient, ConsentGate, ConsentSource, VaultClient
from altscore_score.desk import LookupDesk, ScoreDesk
from altscore_score.front import FrontDesk
from altscore_score.gate import Gate
from altscore_score.handlers import TOPICS, Projection
from altscore_score.journal import Journal, Spool
from altscore_score.onboarding import Onboarding
from altscore_score.records import SealReader, Taxonomy
from altscore_score.rendering import Renderer
from altscore_score.scorebook import Scorebook
from altscore_score.settings import ApiSettings, MigrateSettings, WorkerSettings
from altscore_score.token_desk import TokenDesk
from altscore_score.tokens import KeyRing, TokenMint, TokenVerifier
from altscore_score.upkeep import CacheDropper, Cleaner
from altscore_score.walls import prove_walls

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


def taxonomy_of(schemas_dir: Path) -> Taxonomy:
    """The reason codes that this release knows."""
    return Taxonomy(schemas_dir / "reference" / "reason_codes.yml")


def wire(
    settings: ApiSettings,
    pool: asyncpg.Pool,
    redis: Redis,
    *,
    clock: Clock,
    monotonic: Callable[[], float] = time.monotonic,
    consent: ConsentSource,
    vault: VaultClient,
) -> tuple[Desks, AccessState, Journal]:
    """The desks behind the API's routes, and the two loops that keep them true."""
    signer = ContextSigner(settings.context_key_bytes())
    taxonomy = taxonomy_of(settings.schemas_dir)
    spool = Spool(settings.audit_spool_dir) if settings.audit_spool_dir is not None else None
    journal = Journal(pool, Outbox(Catalogue.load(settings.schemas_dir), NAME, clock), spool)
    keys, state, secrets = KeyRing(settings.jwt_keys_dir), AccessState(pool, monotonic=monotonic), Secrets()
    gate = Gate(redis, clock, replicas=settings.replicas, monotonic=monotonic)
    authenticator = Authenticator(TokenVerifier(keys, clock), state, pool, secrets)
    front = FrontDesk(authenticator, gate, journal)
    consents = ConsentGate(consent, clock, monotonic=monotonic)
    book = Scorebook(pool, signer, SealReader(PublicKeys.load(settings.public_keys_dir), taxonomy), gate)
    score = ScoreDesk(
        front=front,
        authenticator=authenticator,
        state=state,
        gate=gate,
        consent=consents,
        scorebook=book,
        renderer=Renderer(taxonomy),
        journal=journal,
        signer=signer,
        pool=pool,
        clock=clock,
    )
    lookup = LookupDesk(front, authenticator, gate, consents, vault, signer, pool)
    token = TokenDesk(pool, gate, LockBook(clock), secrets, TokenMint(keys, clock), journal)
    return Desks(score, lookup, token, keys, Onboarding(pool, secrets, journal, clock)), state, journal


async def run_api() -> None:
    """Serves lenders and admin until SIGTERM."""
    settings = ApiSettings()  # type: ignore[call-arg]  # read from the environment
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await db.create_pool(settings.database_url, min_size=4, max_size=16))
        await prove_walls(pool, ContextSigner(settings.context_key_bytes()))
        redis = open_redis(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(redis.aclose)
        tls = settings.client_tls()
        to_consent = ServiceClient(settings.consent_url, tls=tls, timeout_s=settings.consent_timeout_s, attempts=2)
        to_vault = ServiceClient(settings.vault_url, tls=tls, timeout_s=2.0, attempts=2)
        await stack.enter_async_context(to_consent)
        await stack.enter_async_context(to_vault)
        desks, state, journal = wire(
            settings,
            pool,
            redis,
            clock=SystemClock(),
            consent=ConsentClient(to_consent),
            vault=VaultClient(to_vault),
        )
        await state.refresh()
        readiness = Readiness()
        readiness.add("database", partial(db.check, pool))
        lenders = Listener(
            lenders_app(desks), settings.api_port, settings.server_tls(), require_client_certificate=False
        )
        internal = Listener(internal_app(desks), settings.admin_port, settings.server_tls())
        await serve(
            "score-api",
            listeners=[lenders, internal],
            workers={"access": state.run, "journal": journal.run},
            readiness=readiness,
            internal_port=settings.internal_port,
        )


async def run_worker() -> None:
    """Projects scores and consents, drops stale cache entries, relays the outbox."""
    settings = WorkerSettings()  # type: ignore[call-arg]
    clock, signer = SystemClock(), ContextSigner(settings.context_key_bytes())
    catalogue = Catalogue.load(settings.schemas_dir)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await db.create_pool(settings.database_url, min_size=2))
        await prove_walls(pool, signer)
        redis = open_redis(settings.redis_url.get_secret_value(), settings.redis_ca_file)
        stack.push_async_callback(redis.aclose)
        seals = SealReader(PublicKeys.load(settings.public_keys_dir), taxonomy_of(settings.schemas_dir))
        projection = Projection(signer, seals, Journal(pool, Outbox(catalogue, NAME, clock)))
        consumer = Consumer(pool, catalogue, settings, group=NAME, topics=TOPICS, handlers=projection.handlers())
        readiness = Readiness()
        readiness.add("database", partial(db.check, pool))
        await serve(
            "score-worker",
            workers={
                "consumer": consumer.run,
                "relay": Relay(pool, catalogue, settings).run,
                "cache": CacheDropper(pool, signer, Gate(redis, clock, replicas=1)).run,
                "cleaner": Cleaner(pool, signer, clock).run,
            },
            readiness=readiness,
            internal_port=settings.internal_port,
        )


def put_context_key(owner_dsn: str, key: bytes) -> None:
    """Gives the database the key that contexts are signed with; only its owner can read or write it."""
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
    desks = Desks(unwired, unwired, unwired, unwired, unwired)
    public = lenders_app(desks).openapi()
    internal = internal_app(desks).openapi()
    public["paths"] |= internal["paths"]
    public["components"]["schemas"] |= internal["components"]["schemas"]
    return public


def main() -> None:
    """`python -m altscore_score api|worker|migrate|openapi`."""
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command == "api":
        run(run_api())
    elif command == "worker":
        run(run_worker())
    elif command == "migrate":
        migrate()
    elif command == "openapi":
        sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.exit("usage: python -m altscore_score api|worker|migrate|openapi")
