"""A lake in a folder, the two services' answers as values, and the jobs over them."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from altscore_libs.clock import FixedClock
from altscore_libs.testing import pg_server, postgres_fixtures
from altscore_pipelines.hooks import dbt
from altscore_pipelines.hooks.consent import ConsentSnapshot
from altscore_pipelines.hooks.dbt import PROJECT, Dbt
from altscore_pipelines.jobs.bronze_to_silver import Engine, Lakes, Sources, Started, bronze_to_silver
from altscore_pipelines.jobs.silver_to_gold import silver_to_gold
from altscore_pipelines.main import MIGRATIONS
from altscore_pipelines.plan import Identity, read_plan
from altscore_pipelines.storage import FolderStorage
from forked_dbt import forked_dbt
from ledgers import AS_OF, Batch, golden_ledger, retailer_id, token

# Spark of a small ledger is mostly start-up: the second compiler and several collectors cost more than they bring. With
# one compiler alone the JVM reserves 48 MiB for code, which the larger models fill.
SHORT_LIVED_JVM = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
DBT_PROCESS = dbt.PROCESS
template, database, pool = postgres_fixtures("pipeline", MIGRATIONS)
__all__ = ["database", "pg_server", "pool", "template"]


@dataclass
class Pipeline:
    """The jobs over folders; consents are what the test says."""

    root: Path
    engine_name: str = "duckdb"
    consent_version: int = 1
    consented: Sequence[str] = ("asha", "bina", "dev")
    distributors: Sequence[str] = ("dist_one", "dist_two")
    verified: Sequence[str] = ("asha",)
    announced: bool = True
    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime(2026, 6, 1, 2, 0, tzinfo=UTC)))

    @property
    def bronze(self) -> Path:
        """Root of Bronze."""
        return self.root / "bronze-bucket"

    @property
    def lake(self) -> FolderStorage:
        """Root of the lake."""
        return FolderStorage(self.root / "lake-bucket")

    def write(self, batches: Sequence[Batch]) -> list[Path]:
        """Writes the batches to Bronze."""
        return [batch.write(self.bronze) for batch in batches]

    async def _consent(self) -> ConsentSnapshot:
        return ConsentSnapshot(self.consent_version, tuple(sorted(retailer_id(name) for name in self.consented)))

    async def _identities(self, retailer_ids: Sequence[str]) -> list[Identity]:
        known = [(retailer_id(name), name) for name in self.consented]
        return [
            Identity(token(distributor, name), identifier, name in self.verified)
            for identifier, name in known
            for distributor in self.distributors
            if identifier in retailer_ids
        ]

    def engine(self) -> Engine:
        """dbt with scratch beside the lake."""
        environment = dict(os.environ) | {"DBT_MEMORY": "2GB", "JAVA_TOOL_OPTIONS": SHORT_LIVED_JVM}
        return Engine(
            self.engine_name,
            PROJECT,
            lambda run_id: Dbt(PROJECT, self.root / "work" / run_id, target=self.engine_name, environment=environment),
        )

    async def to_silver(self, as_of_on: date | None = AS_OF) -> Started | None:
        """First step."""

        async def announced(_run_id: str) -> bool:
            return self.announced

        return await bronze_to_silver(
            Lakes(FolderStorage(self.bronze), self.lake),
            Sources(self._consent, self._identities),
            self.engine(),
            clock=self.clock,
            is_announced=announced,
            as_of_on=as_of_on,
        )

    def to_gold(self, run_id: str) -> str:
        """Second step."""
        return silver_to_gold(self.lake, self.engine(), run_id, clock=self.clock, keep_runs=2)

    async def run(self, as_of_on: date | None = AS_OF) -> str:
        """Both steps; the run's id."""
        started = await self.to_silver(as_of_on)
        assert started is not None
        return self.finish(started.run_id)

    def finish(self, run_id: str) -> str:
        """Second step of a run and the minute after it; the run's id."""
        self.to_gold(run_id)
        self.clock.advance(seconds=60)
        return run_id

    def copy_to(self, root: Path) -> "Pipeline":
        """A pipeline over copies of the folders as they are; dbt's scratch stays behind, as on another machine."""
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns("work"), dirs_exist_ok=True)
        return replace(self, root=root, clock=FixedClock(self.clock.now()))

    def table(self, layer: str, run_id: str, name: str) -> pa.Table:
        """A table of a run."""
        return pq.read_table(self.root / "lake-bucket" / layer / f"run={run_id}" / name)

    def manifest(self, run_id: str) -> dict[str, Any]:
        """Gold's manifest of a run."""
        document: dict[str, Any] = json.loads(self.lake.read(f"gold/run={run_id}/manifest.json").body)
        return document

    def gold(self, run_id: str) -> dict[str, dict[str, Any]]:
        """Gold rows by retailer."""
        return {row["retailer_id"]: row for row in self.table("gold", run_id, "retailer_features").to_pylist()}


@dataclass(frozen=True)
class GoldenRun:
    """A run over the golden ledger that is made once; whoever asks gets copies of its folders and may change them."""

    run_id: str
    _silver: Pipeline
    _gold: Pipeline
    _new_root: Callable[[], Path]

    @property
    def dbt_variables(self) -> dict[str, Any]:
        """Variables of the run's processes of dbt."""
        return {"lake_root": self._gold.lake.root, **read_plan(self._gold.lake, self.run_id).variables()}

    def after_silver(self) -> Pipeline:
        """The lake between the two steps: the identity map is still there."""
        return self._silver.copy_to(self._new_root())

    def after_gold(self) -> Pipeline:
        """The lake a minute after the run."""
        return self._gold.copy_to(self._new_root())


@pytest.fixture(scope="session", autouse=True)
def _forked_dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Processes of dbt are forked from one that has read the project, except those of the golden run."""
    with forked_dbt(tmp_path_factory.mktemp("dbt")) as script, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "PROCESS", script)
        yield


@pytest.fixture(scope="session")
def golden_run(tmp_path_factory: pytest.TempPathFactory) -> GoldenRun:
    """The golden ledger from Bronze to Gold, by processes of dbt such as the jobs start."""
    pipeline = Pipeline(tmp_path_factory.mktemp("golden"))
    pipeline.write(golden_ledger())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "PROCESS", DBT_PROCESS)
        started = asyncio.run(pipeline.to_silver())
        assert started is not None
        silver = pipeline.copy_to(tmp_path_factory.mktemp("golden-silver"))
        run_id = pipeline.finish(started.run_id)
    return GoldenRun(run_id, silver, pipeline, lambda: tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="session")
def new_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Pipeline]:
    """Makes a pipeline over an empty lake."""

    def make(**values: Any) -> Pipeline:
        return Pipeline(tmp_path_factory.mktemp("lake"), **values)

    return make
