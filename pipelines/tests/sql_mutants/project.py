"""The project's SQL with its places marked, compiled by one run of dbt."""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from altscore_pipelines.jobs.bronze_to_silver import make_folders
from altscore_pipelines.storage import FolderStorage
from number_probe import probe_sql

from sql_mutants.places import Marker

RUN_ID = "run_mutants"
CHANGED = ("models/gold", "models/labels", "models/silver", "models/stage", "macros/numbers.sql")
PROBE = "number_probe"
INNER = "__dbt__cte__"
COMPILED = ("path:models/stage", "path:models/silver", "retailer_features", "labels", PROBE)


@dataclass(frozen=True)
class Model:
    """One table of the lake; in `sql` other tables stand as `@name@`."""

    name: str
    sql: str
    reads: frozenset[str]


def marked_copy(folder: Path) -> tuple[Marker, dict[str, str]]:
    """Copies the project with marks; returns the marker and the marked variables."""
    marker = Marker()
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("target", "logs"))
    for path in sorted(folder.rglob("*.sql")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(CHANGED):
            path.write_text(marker.mark_file(name, path.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / f"models/gold/{PROBE}.sql").write_text(probe_sql(), encoding="utf-8")
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    marked = {
        name: marker.mark_number("dbt_project.yml", name, value)
        for name, value in variables.items()
        if isinstance(value, int)
    }
    return marker, marked


def compiled(
    project: Path,
    work: Path,
    lake: FolderStorage,
    *,
    variables: Mapping[str, Any],
    chosen: Sequence[str] = COMPILED,
) -> list[Model]:
    """Every chosen table's SQL and that of the models inside of it, tables after those that they read."""
    make_folders(lake, RUN_ID)
    run = {"lake_root": lake.root, "run_id": RUN_ID, **variables}
    dbt = Dbt(project, work, target="duckdb", environment=dict(os.environ))
    dbt.run([Invocation("compile", list(chosen), run)])
    nodes = json.loads((work / "target/manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    tables = [
        node for node in nodes if node["config"].get("materialized") == "parquet_file" and node.get("compiled_code")
    ]
    folders = {str(Path(node["config"]["location"]).parent): str(node["name"]) for node in tables}
    sources: dict[str, str] = {}
    for node in tables:
        sources |= _parts(str(node["name"]), node)
    return _in_order([_model(name, sql, folders) for name, sql in sources.items()])


def _parts(name: str, node: Mapping[str, Any]) -> dict[str, str]:
    """A table's SQL, and that of each model inside of it: a change of one need not compute the others again."""
    sql, parts = node["compiled_code"], {}
    for inner in node["extra_ctes"]:
        head, _, body = inner["sql"].partition("(")
        parts[head.split()[0].removeprefix(INNER)] = body.rpartition(")")[0]
        sql = sql[sql.index(inner["sql"]) + len(inner["sql"]) :]
    return {**parts, name: sql}


def _model(name: str, sql: str, folders: Mapping[str, str]) -> Model:
    for folder, own in folders.items():
        sql = sql.replace(f"read_parquet('{folder}/*.parquet', hive_partitioning=false)", f"@{own}@")
    sql = re.sub(rf"\b{INNER}(\w+)", r"@\1@", sql)
    return Model(name, sql, frozenset(re.findall(r"@([a-z_]+)@", sql)))


def _in_order(models: Sequence[Model]) -> list[Model]:
    ordered: dict[str, Model] = {}
    outside = {name for model in models for name in model.reads} - {model.name for model in models}
    while len(ordered) < len(models):
        known = ordered.keys() | outside
        ready = [model for model in models if model.name not in ordered and model.reads <= known]
        assert ready
        ordered |= {model.name: model for model in ready}
    return list(ordered.values())
