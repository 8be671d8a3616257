"""What access lines and spans cost on POST /v1/score: `python -m bench.score --only tracing`.

Each variant starts score-api and consent-api anew; the variants take turns, so that a slow minute of the machine meets
all of them. The collector is a thread of the benchmark, so its time is nobody's.
"""

import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from typing import Any

from bench.score.rounds import Measured, Rounds, medians
from bench.score.servers import Servers

PROCESSES = ("consent-api", "score-api")
WARM_UP = 300
RESAMPLES = 2_000
BASE = "no lines, no spans"


def variants(collector_url: str) -> dict[str, Mapping[str, str]]:
    """Settings of each variant, without the service's prefix."""
    return {
        BASE: {"ACCESS_LOG_RATIO": "0"},
        "as delivered": {},
        "every line": {"ACCESS_LOG_RATIO": "1"},
        "spans of 1 %": {"OTLP_ENDPOINT": collector_url, "TRACE_SAMPLE_RATIO": "0.01"},
    }


def measure(servers: Servers, rounds: Rounds, *, calls: int, turns: int) -> dict[str, Any]:
    """Medians of each variant, the processor time beyond the first one's in percent, and how many exports came.

    Percents are medians of what each turn's loads differ by, with a 95 % interval by resampled turns: neighbours in
    time share the machine's speed.

    Args:
        servers: started and filled.
        rounds: of these servers.
        calls: of one load.
        turns: of every variant.
    """
    loads: dict[str, list[Measured]] = {}
    with _collector() as (url, exports):
        ordered = list(variants(url).items())
        for turn in range(turns):
            for name, settings in ordered[turn % len(ordered) :] + ordered[: turn % len(ordered)]:
                _restart(servers, settings)
                rounds.closed_loop("ours", "miss", WARM_UP)
                loads.setdefault(name, []).append(rounds.closed_loop("ours", "miss", calls))
        _restart(servers, {})
    if not exports:
        raise RuntimeError("the collector got nothing: no span was measured")
    figures = {name: medians(measured) for name, measured in loads.items()}
    return {
        "tracing": figures,
        "tracing_percent": {
            name: {
                process: _percent_beyond(loads[BASE], measured, column)
                for process, column in (("score-api", "cpu_us"), ("consent-api", "consent_cpu_us"))
            }
            for name, measured in loads.items()
            if name != BASE
        },
        "tracing_exports": len(exports),
    }


def _percent_beyond(base: Sequence[Measured], measured: Sequence[Measured], column: str) -> dict[str, float]:
    """Median over the turns of the difference in percent, with the ends of its interval."""
    percents = [
        (getattr(load, column) / getattr(beside, column) - 1) * 100 for beside, load in zip(base, measured, strict=True)
    ]
    resampler = random.Random(1)
    resampled = sorted(median(resampler.choices(percents, k=len(percents))) for _ in range(RESAMPLES))
    low, high = resampled[int(RESAMPLES * 0.025)], resampled[int(RESAMPLES * 0.975)]
    return {"median": round(median(percents), 1), "low": round(low, 1), "high": round(high, 1)}


def _restart(servers: Servers, settings: Mapping[str, str]) -> None:
    for process in PROCESSES:
        prefix = process.removesuffix("-api").upper()
        servers.start_service(process, {f"{prefix}_{name}": value for name, value in settings.items()})


@contextmanager
def _collector() -> Iterator[tuple[str, list[int]]]:
    """Address of an OTLP/HTTP collector that keeps nothing but the size of what came."""
    sizes: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sizes.append(len(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", sizes
    finally:
        server.shutdown()
        server.server_close()
