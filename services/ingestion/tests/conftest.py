"""Fixtures: both databases, a real object store, the vault behind its own API, and a connector that signs."""

import base64
import os
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import asyncpg
import psycopg
import pytest
import pytest_asyncio
from altscore_ingestion.distributors.keys import ConnectorKeys
from altscore_ingestion.vault.app import create_app
from altscore_ingestion.vault.crypto import VaultKeys, WrappingKeys
from altscore_ingestion.vault.wiring import create_services
from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.outbox import Outbox
from altscore_libs.testing import (
    OUTBOX_KEY,
    SoftwareSigner,
    SoftwareWrapper,
    pg_server,  # a fixture
    postgres_fixtures,
    with_routes_of,
)
from altscore_libs.testing_object_store import await_buckets, object_store_program
from altscore_libs.testing_postgres import PostgresServer, free_port
from fastapi import FastAPI

from .connector import make_ca
from .world import (
    BRONZE,
    CATALOGUE,
    QUARANTINE,
    Store,
    VaultSide,
    Wiring,
    World,
    make_world,
    s3,
)

FOLDER = Path(__file__).parents[1]
__all__ = ["database", "pg_server", "pool", "template"]
template, database, pool = postgres_fixtures("ingestion", FOLDER / "migrations")


@pytest.fixture(scope="session")
def vault_template(pg_server: PostgresServer) -> str:
    """A database with the vault's newest schema, owned by its own role."""
    for role in ("vault_owner", "vault", "vault_relay"):
        with suppress(psycopg.errors.DuplicateObject):  # of another package's tests on the same server
            pg_server.execute(f"CREATE ROLE {role} LOGIN")
    name = f"template_vault_{secrets.token_hex(4)}"
    pg_server.create(name, owner="vault_owner")
    db.upgrade(pg_server.dsn(name, "vault_owner"), FOLDER / "migrations_vault")
    return name


@pytest_asyncio.fixture
async def vault_pool(pg_server: PostgresServer, vault_template: str) -> AsyncIterator[asyncpg.Pool]:
    """A fresh vault database, as the vault's role."""
    name = f"vault_{secrets.token_hex(6)}"
    pg_server.create(name, owner="vault_owner", template=vault_template)
    vault_pool = await db.create_pool(pg_server.dsn(name, "vault"))
    yield vault_pool
    vault_pool.terminate()
    pg_server.drop(name)


@pytest_asyncio.fixture
async def vault_owner(pg_server: PostgresServer, vault_pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """The same database, as its owner: what a restore does."""
    name = await vault_pool.fetchval("SELECT current_database()")
    connection = await asyncpg.connect(pg_server.dsn(name, "vault_owner"))
    yield connection
    await connection.close()


@pytest.fixture
def clock() -> FixedClock:
    """Noon of a day; objects are locked from then on, so it must not lie in the store's past."""
    return FixedClock(datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1))


@cache
def described_vault() -> FastAPI:
    """Its routes serve in all tests."""
    return create_app(None)


@pytest_asyncio.fixture
async def vault(vault_pool: asyncpg.Pool, clock: FixedClock) -> VaultSide:
    """The vault on its own database, keys in memory."""
    keys = await VaultKeys.open(WrappingKeys(SoftwareWrapper(), "vault-kek"))
    outbox = Outbox(CATALOGUE, "vault", clock, mac_key=OUTBOX_KEY)
    signer = SoftwareSigner("erasure-signing")
    app = create_app(create_services(vault_pool, outbox=outbox, keys=keys, signer=signer, clock=clock))
    return VaultSide(with_routes_of(described_vault(), app), vault_pool, keys, signer)


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A real S3 server with Object Lock and encryption at rest."""
    program = object_store_program()
    if program is None:
        pytest.fail("no S3 server: set-up builds it into the cache folder (make setup)", pytrace=False)
    port, data = free_port(), tmp_path_factory.mktemp("minio")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(data),
        "MINIO_ROOT_USER": "testroot",
        "MINIO_ROOT_PASSWORD": "testrootsecret",
        "MINIO_KMS_SECRET_KEY": "altscore:" + base64.b64encode(os.urandom(32)).decode(),
        "MINIO_UPDATE": "off",
        "MINIO_CALLHOME_ENABLE": "off",
        "MINIO_BROWSER": "off",
    }
    address = f"127.0.0.1:{port}"
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "server", "--quiet", "--address", address, str(data / "data")],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        client = s3(f"http://{address}")
        await_buckets(client, process)
        client.create_bucket(Bucket=BRONZE, ObjectLockEnabledForBucket=True)
        client.create_bucket(Bucket=QUARANTINE)
        yield Store(client, f"http://{address}")
    finally:
        process.kill()
        process.wait()


@pytest_asyncio.fixture
async def wiring(pool: asyncpg.Pool) -> Wiring:
    """Keys of a fresh ingestion database."""
    wrapper = SoftwareWrapper()
    return Wiring(await ConnectorKeys.open(pool, wrapper), make_ca(), wrapper)


@pytest_asyncio.fixture
async def world(pool: asyncpg.Pool, object_store: Store, vault: VaultSide, clock: FixedClock, wiring: Wiring) -> World:
    """Ingestion with everything behind it running."""
    return make_world(pool, object_store, vault, clock, wiring)
