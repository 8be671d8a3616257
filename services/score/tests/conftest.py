"""Fixtures: real PostgreSQL, a real redis-server, keys of the tests' own, and the service between them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys, SoftwareSigner
from altscore_libs.testing import SCHEMAS, Database, api_client, pg_server, postgres_fixtures
from altscore_score.api import internal_app, lenders_door
from altscore_score.clients import ConsentClient, VaultClient
from altscore_score.gate import Gate
from altscore_score.grievances import BOX_FILE
from altscore_score.handlers import TOPICS, Projection
from altscore_score.journal import Journal
from altscore_score.main import open_line, open_redis, put_context_key, taxonomy_of, wire
from altscore_score.records import SealReader
from altscore_score.settings import ApiSettings
from altscore_score.upkeep import CacheDropper

from .world import (
    BOX_KEY_PEM,
    CATALOGUE,
    CONTEXT_KEY,
    LENDER,
    NOW,
    SIGNER,
    ImpatientTransport,
    Monotonic,
    Neighbours,
    RedisServer,
    World,
    settings_of,
    write_rsa_key,
)

NEIGHBOUR_TIMEOUT_S = 0.5
__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures(
    "score",
    Path(__file__).parents[1] / "migrations",
    after_upgrade=lambda owner_dsn: put_context_key(owner_dsn, CONTEXT_KEY),
)


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One RSA key."""
    folder = tmp_path_factory.mktemp("jwt")
    write_rsa_key(folder, "jwt-1.pem")
    return folder


@pytest.fixture(scope="session")
def sealer() -> SoftwareSigner:
    """The scoring engine's key."""
    return SoftwareSigner("score-seal")


@pytest.fixture(scope="session")
def public_keys_dir(tmp_path_factory: pytest.TempPathFactory, sealer: SoftwareSigner) -> Path:
    """Its public half, as exported."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "score-seal.pem").write_bytes(sealer.public_pem())
    (folder / BOX_FILE).write_bytes(BOX_KEY_PEM)
    return folder


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for the run."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(redis_process: RedisServer) -> RedisServer:
    """The server, empty."""
    redis_process.stop()
    redis_process.start()
    return redis_process


@pytest.fixture
def api_settings(database: Database, redis_server: RedisServer, keys_dir: Path, public_keys_dir: Path) -> ApiSettings:
    """Settings as main() reads them."""
    return settings_of(database, redis_server.url, keys_dir, public_keys_dir)


@pytest.fixture
async def world(
    api_settings: ApiSettings, pool: asyncpg.Pool, database: Database, sealer: SoftwareSigner
) -> AsyncIterator[World]:
    """The service, with one lender onboarded and one retailer consented and scored."""
    settings = api_settings
    clock, monotonic, neighbours = FixedClock(NOW), Monotonic(), Neighbours()
    client = open_redis(settings.redis_url.get_secret_value(), None)
    transport = ImpatientTransport(app=neighbours.app())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.aclose)
        http = await stack.enter_async_context(
            ServiceClient(
                "https://neighbours.test", tls=None, timeout_s=NEIGHBOUR_TIMEOUT_S, attempts=1, transport=transport
            )
        )
        desks, state, journal = wire(
            settings,
            pool,
            client,
            clock=clock,
            monotonic=monotonic,
            consent=ConsentClient(http),
            vault=VaultClient(http),
        )
        stack.push_async_callback(desks.score.close)
        lenders = await stack.enter_async_context(api_client(lenders_door(desks)))
        admin = await stack.enter_async_context(api_client(internal_app(desks), "admin"))
        seals = SealReader(PublicKeys.load(settings.public_keys_dir), taxonomy_of(SCHEMAS))
        projection = Projection(SIGNER, seals, Journal(pool, Outbox(CATALOGUE, "score", clock)))
        consumer = Consumer(pool, CATALOGUE, settings, group="score", topics=TOPICS, handlers=projection.handlers())
        line = open_line(settings.redis_url.get_secret_value(), monotonic=count().__next__)  # never rests
        stack.push_async_callback(line.close)
        dropper = CacheDropper(pool, SIGNER, Gate(line, clock, replicas=1))
        made = World(
            pool,
            database,
            clock,
            monotonic,
            neighbours,
            desks,
            state,
            journal,
            lenders,
            admin,
            consumer,
            dropper,
            sealer,
        )
        await state.refresh()
        await made.onboard(LENDER)
        await made.grant()
        await made.computed()
        yield made
