"""A real PostgreSQL with the plumbing tables."""

from pathlib import Path

import pytest
from altscore_libs.events import SchemaCatalog
from altscore_libs.testing import SCHEMAS, pg_server, postgres_fixtures  # noqa: F401  # fixtures

template, database, pool = postgres_fixtures("plumbing", Path(__file__).parent / "migrations")


@pytest.fixture(scope="session")
def catalogue() -> SchemaCatalog:
    """The repository's schemas."""
    return SchemaCatalog.load(SCHEMAS)
