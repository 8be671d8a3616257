"""Fixtures of the tests about several workers on one run."""

from pathlib import Path

import asyncpg
import pytest
from altscore_libs.testing import Database
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy

from .shared_run import SharedRun


@pytest.fixture
def shared(
    database: Database, pool: asyncpg.Pool, *, tmp_path: Path, taxonomy: Taxonomy, trained: tuple[Bundle, Path]
) -> SharedRun:
    """A run of 230 retailers, in chunks of 50."""
    return SharedRun(database=database, pool=pool, folder=tmp_path, taxonomy=taxonomy, trained=trained)
