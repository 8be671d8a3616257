"""The project's SQL over chosen records alone: compiled once by dbt, run in this process on DuckDB."""

import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from altscore_pipelines.bronze import Batch
from altscore_pipelines.bronze_rows import COLUMNS, LATER_COLUMNS
from altscore_pipelines.hooks.dbt import Dbt, Invocation
from altscore_pipelines.jobs.bronze_to_silver import make_folders
from altscore_pipelines.plan import Identity, write_tables
from altscore_pipelines.storage import FolderStorage

RUN_ID = "explained"
_SUBJECT = "explained"  # all rows belong to one retailer; their own tokens are not copied
_GOLD = "retailer_features"
_STATE = "state:"  # silver_retailer.sql
_SCHEMA_VERSION = 2
_VIEWS = ("int_invoice", "int_payment", "int_return")
_SMALL = {"threads": 1}  # so few records are work for one thread
_SELECT = ("path:models/stage", "path:models/silver", "path:models/gold")


class Rebuild:
    """Silver and Gold of one retailer in a scratch folder.

    Args:
        work: an empty folder.
        dbt: the project, for the target `duckdb`.
        as_of_on: snapshot of the run that is explained.
    """

    def __init__(self, work: Path, dbt: Dbt, as_of_on: date) -> None:
        self._lake = FolderStorage(work / "lake")
        self._bronze = work / "bronze"
        self._bronze.mkdir(parents=True)
        make_folders(self._lake, RUN_ID)
        self._write_bronze({})
        self._write_plan(Identity(_SUBJECT, "", False), ledgers=[])
        variables = {"lake_root": self._lake.root, "run_id": RUN_ID, "as_of": as_of_on.isoformat()}
        dbt.run([Invocation("compile", _SELECT, variables)])
        nodes = json.loads((dbt.target_path / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
        models = [node for node in nodes if node["resource_type"] == "model" and node.get("compiled_code")]
        self._models = [node for node in _in_order(models) if node["config"]["materialized"] == "parquet_file"]
        self._views = {node["name"]: node["compiled_code"] for node in models if node["name"] in _VIEWS}

    def open_silver(self, tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
        """A connection with the intermediate tables of one retailer.

        Args:
            tables: Silver of the retailer by name (ledger, invoice, payment, return, allocation, retailer) and
                `stage/retailer`.
        """
        for name, table in tables.items():
            self._write(f"silver/run={RUN_ID}/{name}", table)
        connection = duckdb.connect(config=_SMALL)
        for name, sql in self._views.items():
            connection.execute(f"create table {name} as {sql}")
        for name in ("invoice", "payment", "return"):
            connection.register(f"all_{name}", tables[name])
        connection.register("allocation", tables["allocation"])
        connection.register("ledger", tables["ledger"])
        connection.register("master", tables["stage/retailer"])
        return connection

    def gold(
        self, rows: Mapping[str, Sequence[Mapping[str, Any]]], ledgers: Sequence[Mapping[str, Any]], *, retailer: Any
    ) -> dict[str, Any] | None:
        """Gold's row of the retailer, made from these Bronze rows; None where they make none.

        Args:
            rows: by Bronze table.
            ledgers: rows of `silver_ledger`, for how far each reaches.
            retailer: its row of `silver_retailer`.
        """
        self._write_bronze(rows)
        state = str(retailer["district"] or "").removeprefix(_STATE)  # a state stands in where no district is known
        known = state if f"{_STATE}{state}" == retailer["district"] else None
        is_verified = bool(retailer["gst_verified"])
        identity = Identity(_SUBJECT, retailer["retailer_id"], gst_verified=is_verified, gst_state=known)
        self._write_plan(identity, ledgers=ledgers)
        with duckdb.connect(config=_SMALL) as connection:  # a new one: it remembers no file that was rewritten
            connection.execute("set TimeZone = 'UTC'")
            for model in self._models:
                location = model["config"]["location"]
                connection.execute(f"copy ({model['compiled_code']}) to '{location}' (format parquet)")
        rows_of_gold = pq.read_table(Path(self._lake.root) / f"gold/run={RUN_ID}/{_GOLD}").to_pylist()
        return rows_of_gold[0] if rows_of_gold else None

    def _write(self, folder: str, table: pa.Table) -> None:
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        self._lake.write(f"{folder}/part-0.parquet", buffer.getvalue())

    def _write_bronze(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        for name, columns in COLUMNS.items():
            schema = pa.schema(list((columns | LATER_COLUMNS[name]).items()))
            ours = [{**row, "subject_token": _SUBJECT} for row in rows.get(name, ())]
            arrays = [pa.array([row.get(field.name) for row in ours], type=field.type) for field in schema]
            pq.write_table(pa.Table.from_arrays(arrays, schema=schema), self._bronze / f"{name}.parquet")

    def _write_plan(self, identity: Identity, *, ledgers: Sequence[Mapping[str, Any]]) -> None:
        files = tuple((name, str(self._bronze / f"{name}.parquet")) for name in COLUMNS)
        batches = [
            Batch(
                batch_id=RUN_ID,
                distributor_id=ledger["distributor_id"],
                schema_version=_SCHEMA_VERSION,
                manifest_sha256="",
                covered_on=ledger["covered_on"],
                order=(0, datetime.min.replace(tzinfo=UTC)),
                files=() if place else files,
                totals=(),
                stated=(),
            )
            for place, ledger in enumerate(ledgers or [{"distributor_id": "", "covered_on": date.min}])
        ]
        write_tables(self._lake, RUN_ID, batches=batches, identities=[identity])


def _in_order(models: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Models after those that they read, through the ephemeral ones too."""
    known = {model["unique_id"]: model for model in models}
    reads = {key: set(model["depends_on"]["nodes"]) & known.keys() for key, model in known.items()}
    return [known[key] for key in TopologicalSorter(reads).static_order()]
