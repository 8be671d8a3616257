"""The API and the vault as processes."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest_asyncio
from altscore_libs.testing import Database
from altscore_libs.testing_postgres import PostgresServer

from ..world import Store
from .deployment import Deployment, deployed


@pytest_asyncio.fixture
async def deployment(
    tmp_path: Path, pg_server: PostgresServer, database: Database, vault_pool: asyncpg.Pool, object_store: Store
) -> AsyncIterator[Deployment]:
    """The API and the vault, serving."""
    vault_dsn = pg_server.dsn(await vault_pool.fetchval("SELECT current_database()"), "vault")
    with deployed(tmp_path, dsn=database.app_dsn, vault_dsn=vault_dsn, store=object_store) as deployment:
        deployment.start()
        await deployment.is_serving()
        yield deployment
