"""A real PostgreSQL with the plumbing tables."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from altscore_libs import db
from altscore_libs.events import SchemaCatalog
from altscore_libs.testing import SCHEMAS, Database, pg_server, postgres_fixtures  # noqa: F401  # fixtures

template, database, pool = postgres_fixtures("plumbing", Path(__file__).parent / "migrations")


@pytest_asyncio.fixture
async def relay_pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    """A pool of the relay's role."""
    opened = await db.create_pool(database.relay_dsn)
    yield opened
    opened.terminate()


@pytest.fixture(scope="session")
def catalogue() -> SchemaCatalog:
    """The repository's schemas."""
    return SchemaCatalog.load(SCHEMAS)
