"""`python -m bench.scoring`: a whole run of generated retailers, from Gold to signed scores and events.

Servers of its own (PostgreSQL with fsync on, SoftHSM, consent-api over mTLS with a signed consent of every retailer);
beside it the plain way: one retailer at a time, consent, model, XGBoost's own contributions, one transaction each.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from altscore_local.services import TABLE, service_environment
from rich.console import Console
from rich.table import Table

from bench.score import consent_population
from bench.score.servers import Servers
from bench.scoring.portfolio import make_portfolio
from demo.context import ROOT

INSTANCE = "var-bench-scoring"
PORT_OFFSET = 7_000
AS_OF_ON = date(2026, 5, 19)
CHUNK_ROWS = 5_000
RUN_LIMIT_S, RUN_LIMIT_RETAILERS = 360.0, 500_000
ON_DEMAND_LIMIT_MS, PEAK_LIMIT_MIB, EXPLANATION_RATIO = 50.0, 4_096, 20.0
_CONSENT, _POSTGRES = "consent-api", "postgres"


def main() -> int:
    """Measures, prints the table, writes var/bench/scoring.json; status 1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="bench.scoring", description=__doc__)
    parser.add_argument("--var", type=Path, default=ROOT / os.environ.get("ALTSCORE_VAR", "var"))
    parser.add_argument("--retailers", type=int, default=RUN_LIMIT_RETAILERS)
    options = parser.parse_args()
    servers = Servers(PORT_OFFSET, instance=INSTANCE, owners=("consent", "scoring"))
    try:
        servers.start_stores()
        servers.start_service(_CONSENT)
        figures = measure(servers, options.retailers)
    finally:
        servers.stop()
    out = options.var / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "scoring.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    rows = limits(figures)
    show(figures, rows)
    return 0 if all(holds for *_, holds in rows) else 1


def measure(servers: Servers, retailers: int) -> dict[str, Any]:
    """All figures; the processors of PostgreSQL and consent are read around the engine's process."""
    consent_population.fill(servers, retailers)
    portfolio = make_portfolio(servers.layout.var / "portfolio", retailers, as_of_on=AS_OF_ON)
    plan = servers.layout.run / "scoring-plan.json"
    fields = {name: str(value) for name, value in portfolio._asdict().items()}
    plan.write_text(json.dumps(fields | {"retailers": retailers, "as_of_on": AS_OF_ON.isoformat()}), encoding="utf-8")
    service = next(entry for entry in TABLE if entry.name == "scoring-worker")
    settings = {"SCORING_CHUNK_ROWS": str(CHUNK_ROWS), "PYTHONPATH": os.pathsep.join(sys.path)}
    environment = {**service_environment(servers.stores, service), **settings}
    before = {name: servers.cpu_s(name) for name in (_CONSENT, _POSTGRES)}
    command = [sys.executable, "-m", "bench.scoring.engine", str(plan)]
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    figures["cpu_us_per_retailer"] = {
        name: round(1e6 * (servers.cpu_s(name) - spent) / retailers) for name, spent in before.items()
    }
    figures["machine"] = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return figures


def limits(figures: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """Name, figure, limit, and whether it holds; a smaller run is held against its share of the time."""
    run, explanation = figures["run"], figures["explanation_us"]
    run_limit_s = RUN_LIMIT_S * run["retailers"] / RUN_LIMIT_RETAILERS
    ratio = explanation["xgboost"] / explanation["tables"]
    return [
        ("whole run, s", run["seconds"], run_limit_s, run["seconds"] <= run_limit_s),
        ("peak memory, MiB", run["peak_mib"], PEAK_LIMIT_MIB, run["peak_mib"] <= PEAK_LIMIT_MIB),
        (
            "one retailer, p99 ms",
            figures["on_demand_ms"]["p99"],
            ON_DEMAND_LIMIT_MS,
            figures["on_demand_ms"]["p99"] <= ON_DEMAND_LIMIT_MS,
        ),
        ("contributions, XGBoost by tables", round(ratio, 1), EXPLANATION_RATIO, ratio >= EXPLANATION_RATIO),
    ]


def show(figures: dict[str, Any], rows: list[tuple[str, float, float, bool]]) -> None:
    """The tables for people."""
    console, run = Console(), figures["run"]
    console.print(f"{figures['machine']}; {run['retailers']:,} retailers, {run['outcomes']}")
    table = Table("what", "measured", "limit", "holds")
    for name, figure, limit, holds in rows:
        table.add_row(name, f"{figure:,}", f"{limit:,}", "yes" if holds else "no")
    console.print(table)
    costs = Table("processor time of a retailer", "µs")
    costs.add_row("this process, in a run", f"{run['cpu_us_per_retailer']:,}")
    costs.add_row("this process, one retailer at a time", f"{1000 * figures['on_demand_ms']['cpu']:,.0f}")
    for name, spent in figures["cpu_us_per_retailer"].items():
        costs.add_row(f"{name}, everything", f"{spent:,}")
    for name, spent in figures["explanation_us"].items():
        costs.add_row(f"contributions by {name}", f"{spent:,}")
    console.print(costs)


if __name__ == "__main__":
    sys.exit(main())
