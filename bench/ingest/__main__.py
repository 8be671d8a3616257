"""`python -m bench.ingest`: ingestion beside a plain FastAPI version, writes var/bench/ingest.json; loopback only."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from typing import Any, LiteralString

from altscore_local.layout import ROOT

from bench.ingest import report, throughput
from bench.ingest.abuse import Abuse
from bench.ingest.population import Population
from bench.ingest.servers import NAIVE, OURS, PORT_OFFSET, IngestServers

_SET_ASIDE: dict[str, LiteralString] = {
    "batch": "SELECT sum(quarantined) FROM batch",
    "naive_batch": "SELECT sum(quarantined) FROM naive_batch",
}
PARTS = ("batch", "ledger", "night", "abuse")


def main() -> int:
    """Starts its own servers, measures, writes, prints, ends them."""
    options = arguments()
    servers = IngestServers(options.port_offset)
    try:
        figures = measure(servers, options)
    finally:
        servers.stop()
    out = ROOT / "var" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "ingest.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    report.show(figures)
    return 0


def arguments() -> argparse.Namespace:
    """What may be chosen."""
    parser = argparse.ArgumentParser(prog="bench.ingest", description=__doc__)
    parser.add_argument("--only", default="", help=f"a comma list of: {','.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="smaller samples of everything, below three minutes")
    parser.add_argument("--distributors", type=int, help="of the night; 120 send for about a minute")
    parser.add_argument("--at-once", type=int, default=8, help="distributors who send at the same time")
    parser.add_argument("--port-offset", type=int, default=PORT_OFFSET)
    return parser.parse_args()


def measure(servers: IngestServers, options: argparse.Namespace) -> dict[str, Any]:
    """All figures, or those of the chosen parts."""
    servers.start_stores()
    servers.start_service("vault")
    servers.start_service(OURS)
    servers.start_naive()
    population, is_quick = Population(servers), options.quick
    for variant in (OURS, NAIVE):  # connections, statements and modules of each process
        (distributor,) = population.onboard(1)
        throughput.send(servers, variant, [(distributor, [distributor.request(warm_up(distributor))])])
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "batch": lambda: throughput.batch_figures(
            servers, population, rounds=2 if is_quick else 5, batches=3 if is_quick else 5
        ),
        "ledger": lambda: throughput.ledger_figures(
            servers, population, samples={OURS: 2} if is_quick else {OURS: 5, NAIVE: 1}
        ),
        "night": lambda: throughput.night_figures(
            servers, population, distributors=options.distributors or (20 if is_quick else 120), at_once=options.at_once
        ),
        "abuse": lambda: Abuse(servers, population).measure(rounds=1 if is_quick else 5, calls=20 if is_quick else 60),
    }
    chosen = [part for part in options.only.split(",") if part] or list(PARTS)
    figures: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    }
    figures |= {part: parts[part]() for part in chosen}
    with servers.superuser("ingestion") as connection:  # a sound ledger has none: what is set aside costs less
        for table, statement in _SET_ASIDE.items():
            row = connection.execute(statement).fetchone()
            figures[f"quarantined_{table}"] = int(row[0] or 0) if row else 0
    return figures


def warm_up(distributor: Any) -> bytes:
    """A first batch."""
    body: bytes = distributor.batch(sequence=1, first=0, count=throughput.BATCH)
    return body


if __name__ == "__main__":
    sys.exit(main())
