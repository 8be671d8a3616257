"""Batches of 1,000, a ledger of 10,000 records, and many distributors at once."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.ingest.population import Distributor, Population
from bench.ingest.servers import NAIVE, OURS, IngestServers
from bench.load import Connection

BATCH = 1_000
BATCHES_OF_A_NIGHT, RECORDS_OF_A_NIGHT = 2, 750
"""1.5 million records of 1,000 distributors: 1,500 of each."""
ACCEPTED = 202
BESIDE = ("vault", "postgres", "s3")


@dataclass
class Sent:
    """What a load saw, and the processor seconds that it cost."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    cpu_s: dict[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Batches that were not taken."""
        return sum(count for status, count in self.statuses.items() if status != ACCEPTED)


def send(
    servers: IngestServers, variant: str, loads: Sequence[tuple[Distributor, list[bytes]]], *, at_once: int = 1
) -> Sent:
    """Sends each distributor's requests in order over a connection of its own, `at_once` distributors at a time."""
    names = (variant, *BESIDE)
    before = {name: servers.cpu_s(name) for name in names}
    sent = asyncio.run(_send(servers.port(variant), loads, at_once))
    sent.cpu_s = {name: servers.cpu_s(name) - before[name] for name in names}
    return sent


async def _send(port: int, loads: Sequence[tuple[Distributor, list[bytes]]], at_once: int) -> Sent:
    sent, waiting = Sent(), iter(loads)

    async def worker() -> None:
        for distributor, requests in waiting:
            connection = Connection(port, distributor.context)
            for request in requests:
                begun = time.perf_counter()
                sent.statuses[await connection.ask(request)] += 1
                sent.latencies_ms.append((time.perf_counter() - begun) * 1000)
            connection.close()

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    sent.seconds = time.perf_counter() - started
    return sent


def batch_figures(servers: IngestServers, population: Population, *, rounds: int, batches: int) -> dict[str, Any]:
    """CPU of a batch of 1,000 records, new ones and unchanged ones sent again; both variants interleaved, medians."""
    samples: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for variant in (OURS, NAIVE):
            (distributor,) = population.onboard(1)
            for turn, kind in enumerate(("new", "unchanged")):
                requests = [
                    distributor.request(
                        distributor.batch(sequence=turn * batches + number + 1, first=number * BATCH, count=BATCH)
                    )
                    for number in range(batches)
                ]
                sent = send(servers, variant, [(distributor, requests)])
                samples.setdefault((variant, kind), []).append(_per_batch(sent, variant))
    figures: dict[str, Any] = {OURS: {}, NAIVE: {}}
    for (variant, kind), rows in samples.items():
        figures[variant][kind] = {name: round(median(row[name] for row in rows), 1) for name in rows[0]}
    ratios = {
        kind: round(figures[NAIVE][kind]["cpu_ms"] / figures[OURS][kind]["cpu_ms"], 2) for kind in ("new", "unchanged")
    }
    return figures | {"ratio_cpu": ratios}


def _per_batch(sent: Sent, variant: str) -> dict[str, float]:
    count = len(sent.latencies_ms)
    beside = {f"{name}_cpu_ms": sent.cpu_s[name] / count * 1000 for name in BESIDE}
    return {
        "cpu_ms": sent.cpu_s[variant] / count * 1000,
        "p50_ms": median(sent.latencies_ms),
        "errors": sent.errors,
        **beside,
    }


def ledger_figures(servers: IngestServers, population: Population, *, samples: dict[str, int]) -> dict[str, Any]:
    """Seconds from the first byte of 10,000 records to the answer to their last batch, which is durable by then."""
    figures: dict[str, Any] = {}
    for variant, count in samples.items():
        seconds, errors = [], 0
        for distributor in population.onboard(count):
            requests = [
                distributor.request(distributor.batch(sequence=number + 1, first=number * BATCH, count=BATCH))
                for number in range(10)
            ]
            sent = send(servers, variant, [(distributor, requests)])
            seconds.append(sent.seconds)
            errors += sent.errors
        figures[variant] = {
            "p50_s": round(median(seconds), 2),
            "samples_s": [round(value, 2) for value in seconds],
            "errors": errors,
        }
    return figures


def night_figures(servers: IngestServers, population: Population, *, distributors: int, at_once: int) -> dict[str, Any]:
    """Many distributors, two batches of 750 records each: records a second, memory and CPU of the processes."""
    loads = []
    for distributor in population.onboard(distributors):
        batches = [
            distributor.batch(sequence=number + 1, first=number * RECORDS_OF_A_NIGHT, count=RECORDS_OF_A_NIGHT)
            for number in range(BATCHES_OF_A_NIGHT)
        ]
        loads.append((distributor, [distributor.request(body) for body in batches]))
    for name in (OURS, "vault"):
        servers.forget_peak(name)
    sent = send(servers, OURS, loads, at_once=at_once)
    taken = sent.statuses[ACCEPTED] * RECORDS_OF_A_NIGHT
    latencies = sorted(sent.latencies_ms)
    return {
        "distributors": distributors,
        "at_once": at_once,
        "seconds": round(sent.seconds, 1),
        "records_per_s": round(taken / sent.seconds),
        "p50_ms": round(median(latencies), 1),
        "p99_ms": round(latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))], 1),
        "statuses": {str(status): count for status, count in sent.statuses.items()},
        "cpu_us_per_record": {name: round(used / max(taken, 1) * 1e6, 1) for name, used in sent.cpu_s.items()},
        "peak_mib": {name: round(servers.peak_mib(name), 1) for name in (OURS, "vault")},
    }
