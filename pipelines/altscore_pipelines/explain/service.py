"""The use case: a value of Gold, the source records behind it, and the same value made of these records alone."""

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from altscore_pipelines.errors import Missing, NothingToExplain
from altscore_pipelines.explain.bronze_origins import Located, locate
from altscore_pipelines.explain.rebuild import Rebuild
from altscore_pipelines.explain.records import Explanation, Key, SourceRecord
from altscore_pipelines.explain.selection import Selection, rows_of
from altscore_pipelines.explain.sources import SOURCES
from altscore_pipelines.jobs.bronze_to_silver import POINTER, Engine, Lakes
from altscore_pipelines.plan import RunPlan, code_version, read_plan
from altscore_pipelines.storage import Storage

_SILVER = ("invoice", "payment", "return", "allocation", "retailer", "stage/retailer")
_TOLERANCE = 1e-9  # of a double's size; Spark's sums may differ in their last bits


def newest_run(lake: Storage) -> str:
    """The run that the pointer names.

    Raises:
        NothingToExplain: there was no run yet.
    """
    try:
        return str(json.loads(lake.read(POINTER).body)["run_id"])
    except Missing:
        raise NothingToExplain("the lake has no finished run") from None


def is_known(lake: Storage, run_id: str, retailer_id: str) -> bool:
    """Whether the run has a row of the retailer: an older run knows who withdrew or was erased since."""
    return bool(_rows_of(lake, f"gold/run={run_id}/retailer_features/", retailer_id).num_rows)


def definitions(project: Path) -> dict[str, str]:
    """Every column of Gold in words, from dbt's schema.yml."""
    document = yaml.safe_load((project / "models/gold/schema.yml").read_text(encoding="utf-8"))
    (columns,) = [model["columns"] for model in document["models"] if model["name"] == "retailer_features"]
    return {column["name"]: str(column.get("description", "")) for column in columns}


class Explainer:
    """Explains values of one run.

    Args:
        lakes: Bronze and the lake.
        engine: whose project holds the SQL; its dbt runs on the target `duckdb`, whatever engine made the run.
        run_id: of a finished run.
        work: an empty scratch folder; it gets copies of the retailers' rows and is the caller's to remove.

    Raises:
        NothingToExplain: no such run, or it was never finished.
    """

    def __init__(self, lakes: Lakes, engine: Engine, *, run_id: str, work: Path) -> None:
        self._lakes = lakes
        try:
            self._plan: RunPlan = read_plan(lakes.lake, run_id)
            manifest = lakes.lake.read(f"gold/run={run_id}/manifest.json").body
        except Missing:
            raise NothingToExplain(f"there is no finished run {run_id}, or its retention has passed") from None
        self._manifest_sha256 = hashlib.sha256(manifest).hexdigest()
        made_by, installed = self._plan.code_version, code_version(engine.name, engine.project)
        self._is_current_code = made_by.partition("-")[2] == installed.partition("-")[2]
        self._definitions = definitions(engine.project)
        self._engine, self._work = engine, work
        self._rows: dict[
            tuple[str, frozenset[Key]], dict[str, Any] | None
        ] = {}  # many columns rest on the same records

    @cached_property
    def _rebuild(self) -> Rebuild:
        """Compiled once, and only where there is something to explain: dbt's start takes longer than all the rest."""
        return Rebuild(self._work, self._engine.make_dbt("explain"), self._plan.as_of_on)

    def explain(self, retailer_id: str, feature: str) -> Explanation:
        """Explains one value.

        Raises:
            NothingToExplain: no such column, or the run does not know the retailer.
            DbtFailed: the project does not compile.
            BronzeChanged: Bronze no longer is what the run read.
        """
        if feature not in SOURCES or feature not in self._definitions:
            raise NothingToExplain(f"Gold has no column {feature[:40]!r}; its columns: {', '.join(sorted(SOURCES))}")
        run_id = self._plan.run_id
        gold = _rows_of(self._lakes.lake, f"gold/run={run_id}/retailer_features/", retailer_id).to_pylist()
        if not gold:
            raise NothingToExplain(f"run {run_id} has no row of this retailer")
        tables = self._silver(retailer_id)
        (retailer,) = tables["retailer"].to_pylist()
        with self._rebuild.open_silver(tables) as connection:
            chosen = Selection(connection, SOURCES[feature]).records()
            located = locate(self._lakes.bronze, self._lakes.lake, plan=self._plan, records=chosen)
            ledgers = rows_of(connection, "select * from ledger order by distributor_id")
            allocations = rows_of(connection, "select * from allocation order by invoice_id, allocated_on, source_id")
        value = gold[0][feature]
        recomputed = self._recompute(located, ledgers, retailer=retailer, feature=feature)
        return Explanation(
            run_id=run_id,
            manifest_sha256=self._manifest_sha256,
            as_of_on=self._plan.as_of_on,
            retailer_id=retailer_id,
            feature=feature,
            definition=self._definitions[feature],
            value=value,
            recomputed=recomputed,
            agrees=is_equal(value, recomputed),
            is_current_code=self._is_current_code,
            gst_verified=bool(retailer["gst_verified"]),
            records=[_without_link(record) for record in located.records],
            allocations=[row for row in allocations if _is_listed(row, located.records)],
            ledgers=[row for row in ledgers if row["distributor_id"] in _distributors(located.records)],
        )

    def listed(self, retailer_id: str) -> dict[str, set[Key]]:
        """Which documents stand behind each column of a retailer's row; nothing is made again."""
        with self._rebuild.open_silver(self._silver(retailer_id)) as connection:
            return {
                feature: {record.key for record in Selection(connection, sources).records()}
                for feature, sources in SOURCES.items()
            }

    def _silver(self, retailer_id: str) -> dict[str, pa.Table]:
        folder = f"silver/run={self._plan.run_id}"
        tables = {name: _rows_of(self._lakes.lake, f"{folder}/{name}/", retailer_id) for name in _SILVER}
        return tables | {"ledger": _read_table(self._lakes.lake, f"{folder}/ledger/")}

    def _recompute(
        self, located: Located, ledgers: list[dict[str, Any]], *, retailer: Mapping[str, Any], feature: str
    ) -> Any:
        key = retailer["retailer_id"], frozenset(record.key for record in located.records)
        if key not in self._rows:
            listed = [ledger for ledger in ledgers if ledger["distributor_id"] in _distributors(located.records)]
            self._rows[key] = self._rebuild.gold(located.rows, listed, retailer=retailer)
        row = self._rows[key]
        return None if row is None else row[feature]


def is_equal(value: Any, recomputed: Any) -> bool:
    """Doubles to a billionth of their size, everything else exactly; NULL is equal to NULL alone."""
    if isinstance(value, float) and isinstance(recomputed, float):
        return math.isclose(value, recomputed, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(value == recomputed)


def _distributors(records: list[SourceRecord]) -> set[str]:
    return {record.key.distributor_id for record in records}


def _is_listed(row: Mapping[str, Any], records: list[SourceRecord]) -> bool:
    keys = {record.key for record in records}
    invoice = Key("invoice", row["distributor_id"], row["invoice_id"])
    credit = Key(row["source"], row["distributor_id"], row["source_id"], line_no=int(row["line_no"]))
    return invoice in keys and credit in keys


def _without_link(record: SourceRecord) -> SourceRecord:
    hidden = {"record_id", "distributor_id", "retailer_id"}
    return replace(record, figures={name: value for name, value in record.figures.items() if name not in hidden})


def _keys(lake: Storage, prefix: str) -> list[str]:
    return [key for key in lake.keys(prefix) if key.endswith(".parquet") and "/." not in key and "/_" not in key]


def _read_table(lake: Storage, prefix: str) -> pa.Table:
    tables = [pq.read_table(io.BytesIO(lake.read(key).body)) for key in _keys(lake, prefix)]
    if not tables:
        raise NothingToExplain(f"{prefix} is not there")
    return pa.concat_tables(tables)


def _rows_of(lake: Storage, prefix: str, retailer_id: str) -> pa.Table:
    """The retailer's rows; row groups of others are skipped, since every table is sorted by retailer."""
    condition = pc.field("retailer_id") == retailer_id
    tables = [pq.read_table(io.BytesIO(lake.read(key).body), filters=condition) for key in _keys(lake, prefix)]
    if not tables:
        raise NothingToExplain(f"{prefix} is not there")
    return pa.concat_tables(tables)
