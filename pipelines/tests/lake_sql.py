"""The project's SQL, compiled once and run in this process: many small lakes in the time of one run of dbt."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from altscore_pipelines.jobs.bronze_to_silver import make_folders
from altscore_pipelines.plan import Identity, write_tables
from altscore_pipelines.storage import FolderStorage
from ledgers import AS_OF, Batch, retailer_id, token

RUN_ID = "run_x"


class LakeSql:
    """Bronze of fixed batches in a folder; `run` replaces their rows and makes Silver, control totals and Gold.

    Args:
        root: an empty folder.
        batches: each with rows in all four tables, so that every file of the compiled SQL exists.
        names: retailers that consent.
        more: variables of dbt besides those of a run.
        gst_states: state codes of verified GSTINs, by name.
    """

    def __init__(
        self,
        root: Path,
        batches: Sequence[Batch],
        names: Sequence[str],
        more: Mapping[str, Any] = MappingProxyType({}),
        *,
        gst_states: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._bronze, self._lake = FolderStorage(root / "bronze-bucket"), FolderStorage(root / "lake-bucket")
        self._names, self._gst_states = names, gst_states
        self._compiled = {batch.batch_id for batch in batches}
        self._write(batches)
        make_folders(self._lake, RUN_ID)
        variables = {"lake_root": self._lake.root, "run_id": RUN_ID, "as_of": AS_OF.isoformat(), **more}
        Dbt(PROJECT, root / "work", target="duckdb", environment=dict(os.environ)).run(
            [Invocation("compile", ["*"], variables)]
        )
        nodes = json.loads((root / "work/target/manifest.json").read_text())["nodes"].values()
        models = _in_order([node for node in nodes if node["resource_type"] == "model"])
        self._models = [model for model in models if model["config"]["materialized"] == "parquet_file"]
        self._tests = {node["name"]: node["compiled_code"] for node in nodes if node["resource_type"] == "test"}
        assert len(self._models) > 10
        assert len(self._tests) > 30

    def _write(self, batches: Sequence[Batch]) -> None:
        known = self._compiled | {batch.batch_id for batch in batches}
        for folder in Path(self._bronze.root).glob("bronze/*/*/batch=*"):
            if folder.name.removeprefix("batch=") not in known:
                shutil.rmtree(folder)  # of an earlier run: the SQL names no file of it, its manifest would count
        for batch in batches:
            batch.write(Path(self._bronze.root))
        distributors = {batch.distributor for batch in batches}
        identities = [
            Identity(
                token(distributor, name), retailer_id(name), gst_verified=True, gst_state=self._gst_states.get(name)
            )
            for distributor in distributors
            for name in self._names
        ]
        write_tables(self._lake, RUN_ID, batches=read_bronze(self._bronze).batches, identities=identities)

    def run(
        self,
        batches: Sequence[Batch],
        *,
        replaced: Mapping[str, str] = MappingProxyType({}),
        as_of_on: date = AS_OF,
    ) -> list[str]:
        """Makes every table of the lake anew; returns the dbt tests that fail.

        Args:
            batches: rows of Bronze.
            replaced: SQL that is run in place of a model's own, by the model's name.
            as_of_on: the snapshot day.
        """
        self._write(batches)
        # A new one: it remembers no file that was rewritten. Of small lakes two threads only make twice the work.
        with duckdb.connect(config={"threads": 1}) as connection:
            for model in self._models:
                location, sql = model["config"]["location"], replaced.get(model["name"], model["compiled_code"])
                sql = sql.replace(f"date '{AS_OF}'", f"date '{as_of_on}'")
                connection.execute(f"copy ({sql}) to '{location}' (format parquet)")
                connection.execute(
                    f"create or replace view {model['alias']} as select * from read_parquet('{location}')"
                )
            return [name for name, sql in self._tests.items() if connection.execute(sql).fetchall()]

    def table(self, layer: str, name: str) -> list[dict[str, Any]]:
        """Rows of a table that `run` made."""
        table: pa.Table = pq.read_table(Path(self._lake.root) / layer / f"run={RUN_ID}" / name)
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows


def _in_order(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Models after those that they read."""
    known = {model["unique_id"]: model for model in models}
    ordered: dict[str, dict[str, Any]] = {}
    while len(ordered) < len(known):
        ready = [
            key
            for key, model in known.items()
            if key not in ordered and not (set(model["depends_on"]["nodes"]) & (known.keys() - ordered.keys()))
        ]
        assert ready
        ordered |= {key: known[key] for key in ready}
    return list(ordered.values())
