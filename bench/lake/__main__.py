"""`python -m bench.lake`: Bronze to Gold at 5,000, 50,000 and 500,000 retailers, on folders; needs no running stack.

Every size has 24 months of about 32 invoices a retailer, 1,000 retailers a distributor. The bare scan beside it reads
every column of Bronze once with the same engine: no run can be faster.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from altscore_local.environments import python_of
from altscore_local.layout import Layout
from rich.console import Console
from rich.table import Table

from bench.lake.folders import BRONZE
from bench.lake.ledgers import write_ledgers
from demo.context import ROOT

INSTANCE = "var-bench-lake"
SIZES = (5_000, 50_000, 500_000)
LIMITS_S = {("duckdb", 500_000): 600.0, ("spark", 500_000): 1_500.0}
GROWTH_LIMIT = 12.0  # of the whole run, from 50,000 to 500,000
_SCAN = """
import duckdb, sys, time
started, cpu = time.perf_counter(), time.process_time()
for table in ("invoices", "payments", "returns"):
    duckdb.sql(f"select hash(columns(*)) from read_parquet('{sys.argv[1]}/*/*/*/{table}.parquet')").to_arrow_table()
print(time.perf_counter() - started, time.process_time() - cpu)
"""


def main() -> int:
    """Measures, prints the table, writes var/bench/lake.json; status 1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="bench.lake", description=__doc__)
    parser.add_argument("--var", type=Path, default=ROOT / os.environ.get("ALTSCORE_VAR", "var"))
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=list(SIZES))
    parser.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb")
    parser.add_argument("--memory", default="6GB")
    parser.add_argument("--by-model", action="store_true", help="also every model alone, and what could be kept of it")
    options = parser.parse_args()
    layout = Layout(ROOT, 0, INSTANCE)
    runs = [_run(layout, size, options=options) for size in options.sizes]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    out = options.var / "bench"
    out.mkdir(parents=True, exist_ok=True)
    document = {"machine": machine, "runs": runs}
    (out / f"lake-{options.engine}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    show(machine, runs)
    missed = missed_limits(runs)
    for line in missed:
        Console().print(f"missed: {line}")
    return 1 if missed else 0


def _run(layout: Layout, retailers: int, *, options: argparse.Namespace) -> dict[str, Any]:
    root = layout.var / str(retailers)
    shutil.rmtree(root, ignore_errors=True)
    started = time.perf_counter()
    written = write_ledgers(root, retailers, processes=os.cpu_count() or 1)
    generated_s = round(time.perf_counter() - started, 1)
    python = str(python_of(layout, "lake"))
    command = [python, "-m", "bench.lake.run", str(root), "--engine", options.engine, "--memory", options.memory]
    places = [ROOT, ROOT / "pipelines", ROOT / "libs/altscore_libs/src", ROOT / "tests/simulators"]
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(map(str, places))}
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    scan = subprocess.run(
        [python, "-c", _SCAN, str(root / BRONZE / "bronze")], stdout=subprocess.PIPE, text=True, check=True
    )
    scan_s, scan_cpu_s = map(float, scan.stdout.split())
    if options.by_model:
        subprocess.run([python, "-m", "bench.lake.models", str(root)], env=environment, cwd=ROOT, check=True)
    shutil.rmtree(root)
    return {
        **written._asdict(),
        **figures,
        "generated_s": generated_s,
        "scan": {"seconds": round(scan_s, 1), "cpu_s": round(scan_cpu_s, 1)},
    }


def seconds_of(run: dict[str, Any]) -> float:
    """Of a whole run."""
    return float(sum(run["steps"][name]["seconds"] for name in ("Bronze to Silver", "Silver to Gold")))


def missed_limits(runs: list[dict[str, Any]]) -> list[str]:
    """What the runs miss, in words."""
    missed = []
    for run in runs:
        limit = LIMITS_S.get((run["engine"], run["retailers"]))
        if limit is not None and seconds_of(run) > limit:
            missed.append(f"{run['retailers']:,} retailers took {seconds_of(run):.0f} s, the limit is {limit:.0f} s")
        if run["gold_rows"] != run["retailers"]:
            missed.append(f"Gold has {run['gold_rows']:,} of {run['retailers']:,} retailers")
    spent = {run["retailers"]: seconds_of(run) for run in runs}
    if {50_000, 500_000} <= spent.keys() and spent[500_000] > GROWTH_LIMIT * spent[50_000]:
        missed.append(f"ten times the retailers took {spent[500_000] / spent[50_000]:.1f} times as long")
    return missed


def show(machine: str, runs: list[dict[str, Any]]) -> None:
    """The tables for people."""
    console = Console()
    console.print(f"{machine}, {runs[0]['engine']}")
    table = Table("retailers", "invoices", "step", "seconds", "CPU s")
    for run in runs:
        for name, spent in {**run["steps"], "the bare scan": run["scan"]}.items():
            table.add_row(
                f"{run['retailers']:,}", f"{run['invoices']:,}", name, f"{spent['seconds']:,}", f"{spent['cpu_s']:,}"
            )
        whole, peak = f"{seconds_of(run):,.1f}", f"peak {run['peak_mib']:,} MiB"
        table.add_row("", "", f"[bold]whole run[/bold], {peak}", whole, "")
    console.print(table)
    slowest = Table("model of the largest run", "seconds")
    for name, seconds in sorted(runs[-1]["models_s"].items(), key=lambda item: -item[1])[:10]:
        slowest.add_row(name, f"{seconds:,}")
    console.print(slowest)


if __name__ == "__main__":
    sys.exit(main())
