"""Shared fixtures: a database, a small trained model, and a worker without its outside world."""

import fcntl
import os
import pickle
import shutil
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


def trained_once(
    name: str, recipe: Recipe, *, training_set: TrainingSet, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Bundle, Path]:
    """A model that passes every bar, trained by the first process of a run that asks; each has a folder of its own."""
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent  # the workers' folders are in it
    original, pickled = run / f"model-{name}", run / f"model-{name}.pickle"
    with (run / f"model-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not pickled.exists():
            bundle, report = train(
                training_set, original, features_file=synthetic.FEATURES_FILE, schemas_dir=SCHEMAS, recipe=recipe
            )
            assert report["failures"] == []
            pickled.write_bytes(pickle.dumps(bundle))
    folder = Path(shutil.copytree(original, tmp_path_factory.mktemp(name) / "bundle"))
    whole: Bundle = pickle.loads(pickled.read_bytes())  # noqa: S301  # written above
    return whole, folder


@pytest.fixture(scope="session")
def trained(training_set: TrainingSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Path]:
    """A model that passes every bar, and its folder."""
    return trained_once("trained", RECIPE, training_set=training_set, tmp_path_factory=tmp_path_factory)


@pytest.fixture(scope="session")
def bundle(trained: tuple[Bundle, Path]) -> Bundle:
    """The model itself."""
    return trained[0]


@pytest.fixture(scope="session")
def rival(training_set: TrainingSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Path]:
    """Another model that passes every bar, and its folder."""
    return trained_once("rival", Recipe(seed=11), training_set=training_set, tmp_path_factory=tmp_path_factory)


@pytest.fixture
async def world(pool: asyncpg.Pool, tmp_path: Path, taxonomy: Taxonomy) -> World:
    """A worker on a fresh database, chunks of 50 rows."""
    return make_world(pool, tmp_path, taxonomy)
