"""`python -m bench.lake.run`: both jobs of the pipeline over a folder, by the lake's Python; prints one JSON line."""

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from altscore_libs.clock import SystemClock
from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.hooks.consent import ConsentSnapshot
from altscore_pipelines.hooks.dbt import PROJECT, Dbt
from altscore_pipelines.jobs.bronze_to_silver import Engine, Lakes, Sources, bronze_to_silver
from altscore_pipelines.jobs.silver_to_gold import silver_to_gold
from altscore_pipelines.plan import Identity
from altscore_pipelines.storage import FolderStorage

from bench.lake.folders import BRONZE, IDENTITIES


def main() -> int:
    """Bronze to Gold once."""
    parser = argparse.ArgumentParser(prog="bench.lake.run", description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb")
    parser.add_argument("--memory", default="6GB", help="of the engine")
    options = parser.parse_args()
    print(json.dumps(asyncio.run(measure(options.root, options.engine, options.memory))))
    return 0


async def measure(root: Path, engine_name: str, memory: str) -> dict[str, Any]:
    """Seconds and processor seconds of each step, and of the slowest models."""
    bronze, lake = FolderStorage(root / BRONZE), FolderStorage(root / f"lake-{engine_name}")
    identities = _identities(root)
    retailer_ids = tuple(sorted({identity.retailer_id for identity in identities}))
    work = root / f"work-{engine_name}"
    environment = dict(os.environ) | {"DBT_MEMORY": memory}
    engine = Engine(
        engine_name,
        PROJECT,
        lambda run_id: Dbt(PROJECT, work / run_id, target=engine_name, environment=environment),
    )

    async def snapshot() -> ConsentSnapshot:
        return ConsentSnapshot(1, retailer_ids)

    async def known(_: Sequence[str]) -> list[Identity]:
        return identities

    async def announced(_: str) -> bool:
        return False

    steps: dict[str, Any] = {"read Bronze": _timed(lambda: read_bronze(bronze))}
    clock = SystemClock()
    before, started = _cpu_s(), time.perf_counter()
    run = await bronze_to_silver(
        Lakes(bronze, lake), Sources(snapshot, known), engine, clock=clock, is_announced=announced
    )
    if run is None or run.set_aside:
        raise RuntimeError("not every batch went into the run")
    steps["Bronze to Silver"] = _spent(before, started)
    models = _models(work / run.run_id)
    before, started = _cpu_s(), time.perf_counter()
    silver_to_gold(lake, engine, run.run_id, clock=clock, keep_runs=1)
    steps["Silver to Gold"] = _spent(before, started)
    models |= _models(work / run.run_id)
    folder = Path(lake.root) / "gold" / f"run={run.run_id}" / "retailer_features"
    return {
        "engine": engine_name,
        "steps": steps,
        "models_s": models,
        "gold_rows": pq.read_table(folder, columns=["retailer_id"]).num_rows,
        "peak_mib": round(_peak_kib() / 1024),
    }


def _identities(root: Path) -> list[Identity]:
    files = sorted((root / IDENTITIES).glob("*.parquet"))
    return [Identity(**row) for file in files for row in pq.read_table(file).to_pylist()]


def _timed(work: Any) -> dict[str, float]:
    before, started = _cpu_s(), time.perf_counter()
    work()
    return _spent(before, started)


def _spent(cpu_before: float, started: float) -> dict[str, float]:
    return {"seconds": round(time.perf_counter() - started, 1), "cpu_s": round(_cpu_s() - cpu_before, 1)}


def _cpu_s() -> float:
    """Of this process and of the dbt processes that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _peak_kib() -> int:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _models(work: Path) -> dict[str, float]:
    results = json.loads((work / "target/run_results.json").read_text(encoding="utf-8"))["results"]
    return {result["unique_id"].rsplit(".", 1)[-1]: round(result["execution_time"], 2) for result in results}


if __name__ == "__main__":
    sys.exit(main())
