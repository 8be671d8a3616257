"""`python -m bench.lake.models`: processor seconds of every model, and what an incremental night could save at most.

Every model of a night runs in one process on DuckDB, each alone. Beside it stands what a night would cost in which a
share of the retailers has new records: the models that do not know the snapshot day (stage, allocation) over these
retailers, and everybody else's rows copied from the night before. Everything that is measured from the snapshot is made
anew for everybody in either case, since every age moves by a day. Processor seconds, so other work on the machine
matters little.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from altscore_pipelines.bronze import read_bronze, snapshot_day
from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from altscore_pipelines.jobs.bronze_to_silver import make_folders
from altscore_pipelines.plan import Identity, write_tables
from altscore_pipelines.storage import FolderStorage

from bench.lake.folders import BRONZE, IDENTITIES

RUN_ID = "night"
SELECT = ("path:models/stage", "path:models/silver", "path:models/control", "path:models/gold", "path:tests")
# What the snapshot day does not enter, but for the day that an account is seen from: kept where nothing new came.
KEPT = ("stg_invoice", "stg_payment", "stg_return", "stg_retailer", "silver_allocation")
Model = dict[str, Any]


def main() -> int:
    """Prints one JSON document."""
    parser = argparse.ArgumentParser(prog="bench.lake.models", description=__doc__)
    parser.add_argument("root", type=Path, help="with generated Bronze (bench.lake.ledgers)")
    parser.add_argument("--changed", type=float, default=0.02, help="share of the retailers with new records")
    parser.add_argument("--memory", default="4GB", help="of DuckDB")
    options = parser.parse_args()
    lake = FolderStorage(options.root / "lake-models")
    shutil.rmtree(lake.root, ignore_errors=True)
    models, tests = compile_night(options.root, lake, options.memory)
    whole = {model["name"]: spent_on(model["compiled_code"], model["config"]["location"]) for model in models}
    checks = {name: spent_on(sql, None) for name, sql in tests.items()}
    kept = {model["name"]: kept_cost(model, options.changed) for model in models if model["name"] in KEPT}
    print(json.dumps({"models": whole, "tests": round(sum(checks.values()), 2), "kept": kept}, indent=2))
    return 0


def compile_night(root: Path, lake: FolderStorage, memory: str) -> tuple[list[Model], dict[str, str]]:
    """The models of a night after those that they read, and the SQL of its tests."""
    batches = read_bronze(FolderStorage(root / BRONZE)).batches
    files = sorted((root / IDENTITIES).glob("*.parquet"))
    identities = [Identity(**row) for file in files for row in pq.read_table(file).to_pylist()]
    make_folders(lake, RUN_ID)
    write_tables(lake, RUN_ID, batches=batches, identities=identities)
    variables = {"lake_root": lake.root, "run_id": RUN_ID, "as_of": snapshot_day(batches).isoformat()}
    work = root / "work-models"
    dbt = Dbt(PROJECT, work, target="duckdb", environment=dict(os.environ) | {"DBT_MEMORY": memory})
    dbt.run([Invocation("compile", SELECT, variables)])
    nodes = json.loads((work / "target/manifest.json").read_text(encoding="utf-8"))["nodes"]
    known = {key: node for key, node in nodes.items() if node["resource_type"] == "model" and node.get("compiled_code")}
    reads = {key: set(node["depends_on"]["nodes"]) & known.keys() for key, node in known.items()}
    ordered = [known[key] for key in TopologicalSorter(reads).static_order()]
    tests = {
        node["name"]: node["compiled_code"]
        for node in nodes.values()
        if node["resource_type"] == "test" and node.get("compiled_code") and "lake-models" in node["compiled_code"]
    }
    return [node for node in ordered if node["config"]["materialized"] == "parquet_file"], tests


def spent_on(sql: str, location: str | None) -> float:
    """Processor seconds of one statement, all threads; its result goes to `location` or nowhere."""
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '4GB'")
        before = time.process_time()
        if location is None:
            connection.sql(sql).fetchall()
        else:
            connection.execute(f"copy ({sql}) to '{location}' (format parquet, compression zstd)")
        return round(time.process_time() - before, 2)


def kept_cost(model: Model, changed: float) -> dict[str, float]:
    """What a table costs where only a share of its retailers is made anew.

    Making the share is counted as that share of the whole, which leaves out what finding it costs; copying is measured.
    """
    location = Path(model["config"]["location"])
    place = location.with_name("copied.parquet")
    mine = f"hash(retailer_id) % 10000 >= {int(changed * 10_000)}"
    order = ", ".join(key_of(location))
    sql = f"select * from read_parquet('{location}') where {mine} order by {order}"  # noqa: S608  # our own names
    copied = spent_on(sql, str(place))
    place.unlink()
    return {"copied": copied, "share": changed}


def key_of(location: Path) -> Sequence[str]:
    """The columns that a table is ordered by: as many of its first ones as name a row's place."""
    names: list[str] = pq.read_schema(location).names
    return names[:3]


if __name__ == "__main__":
    sys.exit(main())
