"""What a body above the limit, a gzip bomb and slow clients cost: memory, and the latency of a client that behaves."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from altscore_ingestion.settings import ApiSettings

from bench.ingest.population import PATH, Distributor, Population
from bench.ingest.servers import OURS, IngestServers
from bench.ingest.throughput import send
from bench.load import HOST

RECORDS = 100
BOMB_BYTES = 51 * 1024 * 1024
SLOW_CLIENTS = 200
PHASES: dict[str, frozenset[str]] = {
    "alone": frozenset(),
    "long": frozenset({"long"}),
    "bomb": frozenset({"bomb"}),
    "slow": frozenset({"slow"}),
    "all": frozenset({"long", "bomb", "slow"}),
}


class Abuse:
    """Loads of a good client, alone and beside attackers.

    Args:
        servers: ingestion runs.
        population: of the distributors.
    """

    def __init__(self, servers: IngestServers, population: Population) -> None:
        self._servers = servers
        self._population = population
        (attacker,) = population.onboard(1)
        folder = servers.layout.run
        (folder / "long.request").write_bytes(_long(attacker))
        (folder / "bomb.request").write_bytes(
            attacker.request(gzip.compress(b"[" * BOMB_BYTES), headers={"content-encoding": "gzip"})
        )
        self._plan = {
            "port": servers.port(OURS),
            "ca": str(servers.layout.pki / "ca.pem"),
            "cert": str(folder / "connectors" / f"{attacker.distributor_id}.crt"),
            "key": str(folder / "connectors" / f"{attacker.distributor_id}.key"),
            "slow_head": _head(attacker.headers(b"") | {"content-length": "1000000"}).decode(),
        }
        self._statuses: Counter[str] = Counter()

    def measure(self, *, rounds: int, calls: int) -> dict[str, Any]:
        """Phases interleaved; p95 of a round beside that of the good client alone in the same round, medians.

        The processor time of a phase is what the process used beyond the good client alone in the same round, for each
        second of the attack. The memory is its highest peak above that of the good client alone before any attack.
        """
        self._phase("alone", calls)  # what the first such batches load
        p95_ms: dict[str, list[float]] = {name: [] for name in PHASES}
        peaks_mib: dict[str, list[float]] = {name: [] for name in PHASES}
        cpu_ms: dict[str, list[float]] = {name: [] for name in PHASES}
        errors, own_ms = 0, 0.0
        for _ in range(rounds):
            for name, kinds in PHASES.items():
                figures = self._phase(name, calls)
                own_ms = own_ms if kinds else figures["cpu_ms"]
                cpu_ms[name].append((figures["cpu_ms"] - own_ms) / figures["seconds"])
                p95_ms[name].append(figures["p95_ms"])
                peaks_mib[name].append(figures["peak_mib"])
                errors += figures["errors"]
        base_mib = peaks_mib["alone"][0]
        return {
            name: {
                "p95_ms": round(median(p95_ms[name]), 1),
                "p95_ratio": round(median(_ratios(p95_ms[name], p95_ms["alone"])), 2),
                "cost_cpu_ms_per_s": round(median(cpu_ms[name]), 1),
                "cost_mib": round(max(peaks_mib[name]) - base_mib, 1),
            }
            for name in PHASES
        } | {"base_mib": round(base_mib, 1), "errors": errors, "answers": dict(sorted(self._statuses.items()))}

    def _phase(self, name: str, calls: int) -> dict[str, Any]:
        (good,) = self._population.onboard(1)
        requests = [
            good.request(good.batch(sequence=number + 1, first=number * RECORDS, count=RECORDS))
            for number in range(calls)
        ]
        self._servers.forget_peak(OURS)
        with self._attackers(PHASES[name]):
            sent = send(self._servers, OURS, [(good, requests)])
        latencies = sorted(sent.latencies_ms)
        return {
            "p95_ms": latencies[min(len(latencies) - 1, int(len(latencies) * 0.95))],
            "peak_mib": self._servers.peak_mib(OURS),
            "errors": sent.errors,
            "cpu_ms": sent.cpu_s[OURS] * 1000,
            "seconds": sent.seconds,
        }

    @contextmanager
    def _attackers(self, kinds: frozenset[str]) -> Iterator[None]:
        if not kinds:
            yield
            return
        folder = self._servers.layout.run
        plan = self._plan | {"slow": SLOW_CLIENTS if "slow" in kinds else 0}
        plan |= {kind: str(folder / f"{kind}.request") if kind in kinds else None for kind in ("long", "bomb")}
        file = folder / "attackers.json"
        file.write_text(json.dumps(plan), encoding="utf-8")
        command = [sys.executable, "-m", "bench.ingest.attackers", str(file)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise RuntimeError("the attackers did not start")
            yield
            printed, _ = process.communicate("", timeout=60)
        self._statuses.update(json.loads(printed))


def _ratios(values: list[float], bases: list[float]) -> list[float]:
    return [value / base for value, base in zip(values, bases, strict=True)]


def _long(attacker: Distributor) -> bytes:
    """A body a byte above the limit that does not declare its length, so that it has to be read."""
    size = int(ApiSettings.model_fields["max_body_bytes"].default) + 1
    head = _head(attacker.headers(b"") | {"transfer-encoding": "chunked"})
    return head + f"{size:x}\r\n".encode() + b"[" * size + b"\r\n0\r\n\r\n"


def _head(headers: dict[str, str]) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", f"host: {HOST}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
