"""`python -m bench.score.libraries`: the hand-written parts of the hot path beside the best libraries for them.

Three parts, each by processor time of this process per call, rounds interleaved, medians: the Redis round trip (script
of the limits, TLS and ACL as in the stack), the GET over mutual TLS that asks consent, and the route in front of
FastAPI. A variant whose library is not installed is named, and the exit status is 1.
"""

import argparse
import asyncio
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import uvloop
from rich.console import Console
from rich.table import Table

from bench.score import library_variants as variants
from bench.score.limit import serve
from bench.score.servers import Servers

INSTANCE = "var-bench-libraries"
PORT_OFFSET = 7_000
ROUNDS = 7
CALLS = 3_000
CONCURRENCY = (1, 16)
ECHO_PORT = 21_160
Call = Callable[[int], Awaitable[None]]


class Figure(NamedTuple):
    """One variant at one concurrency: medians over the rounds."""

    cpu_us: float
    p50_ms: float


async def consent_reply(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that answers like the consent check."""
    if scope["type"] != "http":
        return
    body = b'{"consented":true,"consent_id":"cns_%s","expires_at":"2027-05-20T00:00:00Z","version":3}' % (b"0" * 32)
    while (await receive()).get("more_body"):
        continue
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def one_round(call: Call, concurrency: int, calls: int) -> tuple[float, float]:
    """CPU µs per call and median latency in ms of one round."""
    latencies: list[float] = []

    async def worker(offset: int) -> None:
        for number in range(offset, calls, concurrency):
            started = time.perf_counter()
            await call(number)
            latencies.append(time.perf_counter() - started)

    cpu_before = time.process_time()
    await asyncio.gather(*(worker(offset) for offset in range(concurrency)))
    return (time.process_time() - cpu_before) / calls * 1e6, median(latencies) * 1e3


async def compare(calls_of: Mapping[str, Call], *, calls: int) -> dict[str, dict[str, dict[str, float]]]:
    """All variants of one part: interleaved rounds after one that only warms up."""
    rounds: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for number in range(ROUNDS + 1):
        for name, call in calls_of.items():
            for concurrency in CONCURRENCY:
                seen = await one_round(call, concurrency, calls)
                if number:
                    rounds.setdefault((name, concurrency), []).append(seen)
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for (name, concurrency), seen_rounds in rounds.items():
        figure = Figure(
            cpu_us=round(median(cpu for cpu, _ in seen_rounds), 1),
            p50_ms=round(median(p50 for _, p50 in seen_rounds), 3),
        )
        figures.setdefault(name, {})[f"{concurrency} at a time"] = figure._asdict()
    return figures


async def measure(servers: Servers, echo_port: int, calls: int) -> dict[str, Any]:
    """The three parts."""
    figures: dict[str, Any] = {}
    async with variants.redis_variants(servers) as redis_calls:
        figures["redis"] = await compare(redis_calls, calls=calls)
    async with variants.http_variants(servers, echo_port) as http_calls:
        figures["http"] = await compare(http_calls, calls=calls)
    figures["route"] = await compare(variants.route_variants(), calls=calls)
    return figures


def show(figures: Mapping[str, Any]) -> None:
    """A table per part on the terminal."""
    console = Console(width=120)
    for part, by_variant in figures.items():
        table = Table(title=f"{part}: processor µs per call (p50 ms)")
        table.add_column("variant")
        for concurrency in CONCURRENCY:
            table.add_column(f"{concurrency} at a time", justify="right")
        for name, by_concurrency in by_variant.items():
            cells = [f"{figure['cpu_us']} ({figure['p50_ms']})" for figure in by_concurrency.values()]
            table.add_row(name, *cells)
        console.print(table)


def main() -> int:
    """Starts servers of its own, measures, prints tables, writes JSON, ends them."""
    parser = argparse.ArgumentParser(prog="bench.score.libraries", description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS, help="of one round")
    parser.add_argument("--serve", type=Path, help="internal: run the server that is asked")
    options = parser.parse_args()
    if options.serve is not None:
        serve(consent_reply, json.loads(options.serve.read_text(encoding="utf-8")), require_client_certificate=True)
        return 0
    missing = [name for name in variants.LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        print(f"not installed, not measured: {', '.join(missing)}", file=sys.stderr)
        return 1
    servers = Servers(PORT_OFFSET, instance=INSTANCE, owners=())
    echo_port = servers.layout.shifted(ECHO_PORT)
    echo: subprocess.Popen[bytes] | None = None
    try:
        servers.start_stores()
        echo = start_echo(servers, echo_port)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(measure(servers, echo_port, options.calls))
    finally:
        if echo is not None:
            echo.terminate()
            echo.wait(timeout=10)
        servers.stop()
    show(figures)
    target = servers.layout.root / "var" / "bench" / "libraries.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def start_echo(servers: Servers, port: int) -> subprocess.Popen[bytes]:
    """The server that is asked over mutual TLS, in a process of its own."""
    pki = servers.layout.pki
    settings = {
        "port": port,
        "cert": str(pki / "consent.crt"),
        "key": str(pki / "consent.key"),
        "ca": str(pki / "ca.pem"),
    }
    file = servers.layout.run / "echo.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return subprocess.Popen([sys.executable, "-m", "bench.score.libraries", "--serve", str(file)])


if __name__ == "__main__":
    sys.exit(main())
