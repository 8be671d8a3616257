"""Shared fixtures: a database, a small trained model, and a worker without its outside world."""

from pathlib import Path

import asyncpg
import pytest
from altscore_libs.testing import SCHEMAS, pg_server, postgres_fixtures  # noqa: F401  # fixtures are found by name
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy, load_taxonomy
from altscore_scoring.training.dataset import TrainingSet, training_set_of
from altscore_scoring.training.fit import Recipe
from altscore_scoring.training.service import train

from . import synthetic
from .worker_world import World, make_world

template, database, pool = postgres_fixtures("scoring", Path(__file__).parents[1] / "migrations")
RECIPE = Recipe()


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    """The real codes."""
    return load_taxonomy(SCHEMAS)


@pytest.fixture(scope="session")
def training_set() -> TrainingSet:
    """Ten snapshots of synthetic retailers."""
    return training_set_of(synthetic.training_table(), digest="0" * 64)


@pytest.fixture(scope="session")
def trained(training_set: TrainingSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Path]:
    """A model that passes every bar, and its folder; trained once per run."""
    folder = tmp_path_factory.mktemp("bundle")
    bundle, report = train(
        training_set, folder, features_file=synthetic.FEATURES_FILE, schemas_dir=SCHEMAS, recipe=RECIPE
    )
    assert report["failures"] == []
    return bundle, folder


@pytest.fixture(scope="session")
def bundle(trained: tuple[Bundle, Path]) -> Bundle:
    """The model itself."""
    return trained[0]


@pytest.fixture(scope="session")
def rival(training_set: TrainingSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Path]:
    """Another model that passes every bar, and its folder."""
    folder = tmp_path_factory.mktemp("rival")
    bundle, report = train(
        training_set, folder, features_file=synthetic.FEATURES_FILE, schemas_dir=SCHEMAS, recipe=Recipe(seed=11)
    )
    assert report["failures"] == []
    return bundle, folder


@pytest.fixture
async def world(pool: asyncpg.Pool, tmp_path: Path, taxonomy: Taxonomy) -> World:
    """A worker on a fresh database, chunks of 50 rows."""
    return make_world(pool, tmp_path, taxonomy)
