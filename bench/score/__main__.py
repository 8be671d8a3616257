"""`python -m bench.score`: measures POST /v1/score beside its baselines, writes var/bench/score.json; loopback only."""

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from bench.score import report
from bench.score.population import Population
from bench.score.rounds import Measured, Rounds, medians
from bench.score.servers import Servers

ROOT = Path(__file__).parents[2]
PARTS = ("closed", "open", "refusals", "revocation", "profile", "soak", "consent")
ON_DEMAND = "tracing"  # restarts both services for every load
WARM_UP = 300  # connections, prepared statements, caches of each process
PORT_OFFSET_VARIABLE = "ALTSCORE_BENCH_PORT_OFFSET"


def main() -> int:
    """Starts its own servers, measures, writes, prints, ends them."""
    options = arguments()
    servers = Servers(options.port_offset)
    try:
        figures = measure(servers, options)
    finally:
        if not options.keep:
            servers.stop()
    out = ROOT / "var" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "score.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    report.show(figures)
    report.draw(figures, out / "score.svg")
    spoiled = report.spoiled(figures)
    for line in spoiled:
        print(f"NOT A FIGURE: {line}", file=sys.stderr)
    return 1 if spoiled else 0


def arguments() -> argparse.Namespace:
    """What may be chosen."""
    parser = argparse.ArgumentParser(prog="bench.score", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds of every variant")
    parser.add_argument("--calls", type=int, default=3_000, help="calls of ours in one round")
    parser.add_argument("--naive-calls", type=int, default=600, help="calls of the baseline in one round")
    parser.add_argument("--seconds", type=int, default=20, help="of each open loop")
    parser.add_argument("--soak", type=int, default=50_000, help="calls before memory is read")
    parser.add_argument("--lenders", type=int, default=400, help="so many that no quota is spent")
    parser.add_argument("--retailers", type=int, default=100)
    parser.add_argument("--port-offset", type=int, default=int(os.environ.get(PORT_OFFSET_VARIABLE, "4000")))
    parser.add_argument("--only", default="", help=f"a comma list of: {','.join(PARTS)}, or {ON_DEMAND}")
    parser.add_argument("--keep", action="store_true", help="leave the servers running, to look at them")
    return parser.parse_args()


def measure(servers: Servers, options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    population = Population(servers, lenders=options.lenders, retailers=options.retailers)
    servers.start_stores()
    signer = population.write_keys()
    population.issue_tokens()
    population.fill(signer)
    servers.start_service("consent-api")
    population.consent()
    for name in ("score-api", "naive", "limit"):
        servers.start_service(name) if name == "score-api" else servers.start_plain(name)
    rounds = Rounds(servers, population)
    for variant in ("ours", "naive", "limit"):
        rounds.closed_loop(variant, "miss", WARM_UP)
    figures: dict[str, Any] = {"machine": machine()}
    chosen = set(options.only.split(",")) - {""}

    def wants(part: str) -> bool:
        return not chosen or part in chosen

    if wants("closed"):
        figures |= closed(rounds, options)
    if wants("open"):
        beside = rounds.open_loop(("ours", "limit", "naive"), 83, options.seconds)
        figures["open_83"] = beside.pop("ours")
        figures |= {f"{variant}_83": loads for variant, loads in beside.items()}
        figures["open_830"] = rounds.open_loop(("ours",), 830, options.seconds)["ours"]
    if wants("refusals"):
        figures |= rounds.refusals()
    if wants("revocation"):
        figures |= rounds.revocation()
    if wants("profile"):
        figures["profile"] = rounds.profile()
    if wants("soak"):
        figures |= rounds.soak(options.soak)
    if ON_DEMAND in chosen:
        from bench.score import tracing  # noqa: PLC0415  # a server of its own, for this part alone

        figures |= tracing.measure(servers, rounds, calls=options.calls, turns=options.rounds)
    if wants("consent"):  # last: it fills consent's database with half a million retailers
        figures |= consent_figures(servers, population)
    return figures


def closed(rounds: Rounds, options: argparse.Namespace) -> dict[str, Any]:
    """Closed loops, interleaved: medians over the rounds, and the ratios of the medians."""
    calls = {"ours": options.calls, "naive": options.naive_calls, "limit": options.calls}
    kinds: dict[tuple[str, str], list[Measured]] = {}
    for _ in range(options.rounds):
        for kind in ("hit", "miss"):
            for variant, count in calls.items():
                kinds.setdefault((variant, kind), []).append(rounds.closed_loop(variant, kind, count))
    figures: dict[str, Any] = {variant: {} for variant in calls}
    for (variant, kind), measured in kinds.items():
        figures[variant][kind] = medians(measured)
    figures["ratio_cpu"] = {
        kind: round(figures["naive"][kind]["cpu_us"] / figures["ours"][kind]["cpu_us"], 2) for kind in ("hit", "miss")
    }
    return figures


def consent_figures(servers: Servers, population: Population) -> dict[str, Any]:
    """Figures of consent's own benchmark."""
    from bench.score import consent  # noqa: PLC0415  # needs the servers of this run alone

    figures: dict[str, Any] = consent.measure(servers, population)
    return figures


def machine() -> str:
    """Where this was measured."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
