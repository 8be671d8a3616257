"""Fixtures: real PostgreSQL, a real redis-server, keys of the tests' own, and the service between them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import cache
from itertools import count
from pathlib import Path

import asyncpg
import httpx
import pytest
from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import (
    OUTBOX_KEY,
    SCHEMAS,
    Database,
    SoftwareSigner,
    api_client,
    pg_server,
    postgres_fixtures,
)
from altscore_score.app import create_internal_app, create_served_lenders_app
from altscore_score.audit.service import AuditWriter
from altscore_score.clients import AuditClient, ConsentClient, VaultClient
from altscore_score.dependencies import Services
from altscore_score.erasures.events import ErasureEvents
from altscore_score.grievances import events as grievances
from altscore_score.grievances.service import BOX_FILE
from altscore_score.platform.redis_pipeline import RedisCircuit, open_pipeline, open_redis
from altscore_score.platform.waits import Waits
from altscore_score.sandbox.personas import load_personas
from altscore_score.scores import events as scores
from altscore_score.scores.reader import ScoreCache, SignatureVerifier
from altscore_score.scores.taxonomy import load_taxonomy
from altscore_score.scores.worker import CacheInvalidator
from altscore_score.settings import ApiSettings
from altscore_score.wiring import put_context_key, wire
from argon2 import PasswordHasher
from cryptography.hazmat.primitives import serialization
from fastapi import FastAPI

from .erasures.erased import VAULT
from .keys import KAFKA
from .neighbours import ImpatientTransport, Neighbours
from .redis_server import RedisServer
from .world import (
    BOX_KEY_PEM,
    CATALOGUE,
    CONTEXT_KEY,
    LENDER,
    NOW,
    PATIENT,
    PERSON,
    SIGNER,
    Monotonic,
    World,
    settings_of,
    write_rsa_key,
)

CHEAP_ARGON2ID = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""At its real cost the hash of a secret takes longer than most tests, and every world has three."""
taxonomy = cache(load_taxonomy)
TOPICS = (*scores.TOPICS, *grievances.TOPICS)
__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures(
    "score",
    Path(__file__).parents[1] / "migrations",
    after_upgrade=lambda owner_dsn: put_context_key(owner_dsn, CONTEXT_KEY),
    further_roles=("score_access",),
)


@pytest.fixture
async def access_pool(api_settings: ApiSettings) -> AsyncIterator[asyncpg.Pool]:
    """As the role that carries out admin's orders."""
    opened = await db.create_pool(api_settings.access_database_url, max_size=2)
    yield opened
    opened.terminate()


@pytest.fixture(scope="session", autouse=True)
def files_read_once() -> Iterator[None]:
    """What a world reads, a process of tests reads once; to see that an RSA key's primes are primes takes longest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "load_pem_private_key", cache(serialization.load_pem_private_key))
        patch.setattr(SchemaCatalog, "load", cache(SchemaCatalog.load))
        patch.setattr("altscore_score.wiring.load_taxonomy", taxonomy)
        patch.setattr("altscore_score.wiring.load_personas", cache(load_personas))
        yield


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one key that signs tokens."""
    folder = tmp_path_factory.mktemp("jwt")
    write_rsa_key(folder, "jwt-1.pem")
    return folder


@pytest.fixture(scope="session")
def signer() -> SoftwareSigner:
    """The key that the scoring engine signs scores with."""
    return SoftwareSigner("score-seal")


@pytest.fixture(scope="session")
def public_keys_dir(tmp_path_factory: pytest.TempPathFactory, signer: SoftwareSigner) -> Path:
    """The public keys of the neighbours, as they are exported."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "score-seal.pem").write_bytes(signer.public_pem())
    (folder / BOX_FILE).write_bytes(BOX_KEY_PEM)
    return folder


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The redis-server of this run."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(redis_process: RedisServer) -> RedisServer:
    """The redis-server with nothing in it."""
    redis_process.empty()
    return redis_process


@pytest.fixture
def api_settings(database: Database, redis_server: RedisServer, keys_dir: Path, public_keys_dir: Path) -> ApiSettings:
    """The settings of the service under test."""
    return settings_of(database, redis_server.url, keys_dir, public_keys_dir)


@pytest.fixture
def waits() -> Waits:
    """As good as endless: a machine that stands still for a second fails no test that is not about waits."""
    return PATIENT


@cache
def described_app() -> FastAPI:
    """FastAPI makes a route's schemas at its first use, which takes longer than most tests."""
    return create_internal_app(None)


def internal_app(services: Services) -> FastAPI:
    """The internal API, one application for all tests, with the services of this one."""
    app = described_app()
    app.state.services = services
    return app


def outbox_at(clock: FixedClock) -> Outbox:
    """The outbox of the tests' service."""
    return Outbox(CATALOGUE, "score", clock, mac_key=OUTBOX_KEY)


def erasures_at(clock: FixedClock) -> ErasureEvents:
    """The handler of erasures that the tests' vault certifies."""
    return ErasureEvents(SIGNER, VAULT.public_keys(), outbox=outbox_at(clock), clock=clock)


def projection_of(settings: ApiSettings, pool: asyncpg.Pool, clock: FixedClock) -> Consumer:
    """The consumer of scores, consents, grievances and erasures."""
    verifier = SignatureVerifier(PublicKeys.load(settings.public_keys_dir), taxonomy(SCHEMAS))
    projection = scores.Projection(SIGNER, verifier, AuditWriter(pool, outbox_at(clock)))
    handlers = {**projection.handlers(), **grievances.handlers(SIGNER), **erasures_at(clock).handlers()}
    return Consumer(pool, CATALOGUE, KAFKA, group="score", topics=TOPICS, handlers=handlers)


@pytest.fixture
async def world(
    api_settings: ApiSettings,
    pool: asyncpg.Pool,
    access_pool: asyncpg.Pool,
    *,
    database: Database,
    signer: SoftwareSigner,
    waits: Waits,
) -> AsyncIterator[World]:
    """The service, with one lender onboarded and one retailer consented and scored."""
    settings = api_settings
    clock, monotonic, neighbours = FixedClock(NOW), Monotonic(), Neighbours()
    redis_url = settings.redis_url.get_secret_value()
    client, transport = open_redis(redis_url, None, timeout_s=waits.redis_s), ImpatientTransport(app=neighbours.app())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.aclose)
        http = await stack.enter_async_context(
            ServiceClient("https://neighbours.test", tls=None, timeout_s=waits.vault_s, attempts=1, transport=transport)
        )
        wiring = wire(
            settings,
            pool,
            client,
            access_pool=access_pool,
            clock=clock,
            monotonic=monotonic,
            consent=ConsentClient(http),
            vault=VaultClient(http),
            audit_trail=AuditClient(http),
            waits=waits,
            argon2id=CHEAP_ARGON2ID,
        )
        stack.push_async_callback(wiring.close)
        lenders = await stack.enter_async_context(api_client(create_served_lenders_app(wiring.services)))
        admin = await stack.enter_async_context(api_client(internal_app(wiring.services), "admin"))
        redis = open_pipeline(redis_url, timeout_s=waits.redis_s, monotonic=count().__next__)  # never rests
        stack.push_async_callback(redis.close)
        world = World(
            pool=pool,
            access_pool=access_pool,
            database=database,
            clock=clock,
            monotonic=monotonic,
            neighbours=neighbours,
            services=wiring.services,
            state=wiring.state,
            audit_writer=wiring.audit,
            redis=redis,
            service_redis=wiring.redis,
            lenders=lenders,
            admin=admin,
            projection=projection_of(settings, pool, clock),
            invalidator=CacheInvalidator(pool, SIGNER, ScoreCache(RedisCircuit(redis))),
            signer=signer,
        )
        await wiring.state.refresh()
        await world.onboard(LENDER)
        await world.grant()
        await world.computed()
        yield world


@pytest.fixture
async def portal(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The internal API as the portal's certificate reaches it, for a person at a lender."""
    async with api_client(internal_app(world.services), "portal") as client:
        client.params = client.params.merge({"person_id": PERSON})
        yield client
