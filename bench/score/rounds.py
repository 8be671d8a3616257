"""One load after another, each from a clean slate of limits, with the processor time of every process beside it."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import redis
from altscore_score.scores.domain import CONSENT_FRESH_S

from bench.load import request_bytes
from bench.score import refusals
from bench.score.population import PURPOSE, Population
from bench.score.servers import Servers

CLIENT_MODULE = "bench.score.client"
CONNECTIONS = 16
OPEN_CONNECTIONS = 64
OPEN_ROUNDS = 5
PER_PAIR = 3  # disclosures of a retailer to a lender in a day
PROCESS = {"ours": "score-api", "naive": "naive", "limit": "limit"}
BESIDE = ("consent-api", "postgres", "redis")


class Measured(NamedTuple):
    """One load of one variant."""

    cpu_us: float
    p50_ms: float
    p99_ms: float
    requests_per_s: float
    errors: int
    consent_cpu_us: float
    postgres_cpu_us: float
    redis_cpu_us: float
    client_cpu_us: float
    statuses: dict[str, int]


class Rounds:
    """Runs loads against started servers.

    Args:
        servers: all of them.
        population: filled and consented.
    """

    def __init__(self, servers: Servers, population: Population) -> None:
        self._servers = servers
        self._population = population
        parts = urlsplit(servers.stores.redis.url)
        self._redis = redis.Redis(
            host="127.0.0.1",
            port=servers.stores.redis.port,
            username=parts.username,
            password=parts.password,
            ssl=True,
            ssl_ca_certs=str(servers.layout.pki / "ca.pem"),
        )

    def closed_loop(self, variant: str, kind: str, calls: int) -> Measured:
        """As fast as answers come. A hit finds its score in Redis, a miss in PostgreSQL; consent is asked by both.

        Each pair is asked once, and before that, for a hit, once more than two seconds ago: consent's answer is old.
        """
        self._clean()
        pairs = self._some_pairs(calls)
        if kind == "hit":
            self._load(variant, pairs, rate_per_s=None)
            time.sleep(CONSENT_FRESH_S + 0.1)  # a remembered consent would not be asked for
        return self._load(variant, pairs, rate_per_s=None)

    def open_loop(self, variants: Sequence[str], rate_per_s: int, seconds: int) -> dict[str, dict[str, Any]]:
        """Variants at a given rate: each pair three times at most, so a third are misses; every quota is kept."""
        calls = rate_per_s * seconds
        rounds: dict[str, list[Measured]] = {variant: [] for variant in variants}
        for _ in range(OPEN_ROUNDS):
            for variant in variants:
                self._clean()
                pairs = self._some_pairs(-(-calls // PER_PAIR))
                load = self._load(variant, (pairs * PER_PAIR)[:calls], rate_per_s=float(rate_per_s))
                rounds[variant].append(load)
        return {variant: _whole(loads) for variant, loads in rounds.items()}

    def soak(self, calls: int) -> dict[str, Any]:
        """Memory of the score process after many calls."""
        begun = self._servers.rss_mib("score-api")
        done, samples = 0, []
        while done < calls:
            self._clean()
            some = min(15_000, calls - done)
            pairs = self._some_pairs(-(-some // PER_PAIR))
            self._load("ours", (pairs * PER_PAIR)[:some], rate_per_s=None)
            done += some
            samples.append([done, round(self._servers.rss_mib("score-api"), 1)])
        return {"rss_mib": samples[-1][1], "soak": {"calls": calls, "before_mib": round(begun, 1), "samples": samples}}

    def revocation(self) -> dict[str, Any]:
        """Seconds from the consent service's answer to a revocation until the lender is refused."""
        from bench.score import revocation  # noqa: PLC0415  # httpx for a few calls only

        return revocation.measure(self._servers, self._population, self._clean)

    def refusals(self) -> dict[str, Any]:
        """Whether the time of a refusal tells why."""

        def ask(pairs: list[tuple[str, str]]) -> dict[str, Any]:
            self._clean()
            return self._seen(self._plan("ours", pairs, rate_per_s=None, connections=1))

        return refusals.measure(self._population, ask)

    def profile(self) -> dict[str, Any]:
        """Shares of the score process's time by part of the code, from py-spy."""
        from bench.score import profile  # noqa: PLC0415  # py-spy may be missing

        self._clean()
        pairs = self._some_pairs(4_000)
        return profile.shares(self._servers, lambda: self._load("ours", pairs * PER_PAIR, rate_per_s=None))

    def _some_pairs(self, count: int) -> list[tuple[str, str]]:
        """Different pairs of lender and retailer in random order, with equal shares of lenders: no quota is spent."""
        lenders, retailers = self._population.lenders, self._population.retailers
        share = -(-count // len(lenders))
        if share > len(retailers):
            raise ValueError(f"{count} pairs are wanted, {len(lenders) * len(retailers)} exist")
        rows = [random.sample(retailers, share) for _ in lenders]
        pairs = [(lender, row[turn]) for turn in range(share) for lender, row in zip(lenders, rows, strict=True)]
        chosen = pairs[:count]
        random.shuffle(chosen)
        return chosen

    def _clean(self) -> None:
        """Forgets what earlier loads spent and cached, in this throw-away Redis alone."""
        keys = self._redis.keys("*")
        for start in range(0, len(keys), 5_000):
            self._redis.unlink(*keys[start : start + 5_000])

    def _load(self, variant: str, pairs: list[tuple[str, str]], *, rate_per_s: float | None) -> Measured:
        connections = CONNECTIONS if rate_per_s is None else OPEN_CONNECTIONS
        plan = self._plan(variant, pairs, rate_per_s=rate_per_s, connections=connections)
        names = (PROCESS[variant], *BESIDE)
        before = {name: self._servers.cpu_s(name) for name in names}
        seen = self._seen(plan)
        spent = {name: (self._servers.cpu_s(name) - before[name]) / len(pairs) * 1e6 for name in names}
        return _measured(seen, spent, PROCESS[variant])

    def _plan(
        self, variant: str, pairs: list[tuple[str, str]], *, rate_per_s: float | None, connections: int
    ) -> dict[str, Any]:
        return {
            "port": self._servers.port(PROCESS[variant]),
            "ca": str(self._servers.layout.pki / "ca.pem"),
            "rate_per_s": rate_per_s,
            "connections": connections,
            "requests": [self._request(lender, retailer) for lender, retailer in pairs],
        }

    def _seen(self, plan: dict[str, Any]) -> dict[str, Any]:
        """What the client saw of a plan."""
        file = self._servers.layout.run / "plan.json"
        file.write_text(json.dumps(plan), encoding="utf-8")
        command = [sys.executable, "-m", CLIENT_MODULE, str(file)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    def _request(self, lender_id: str, retailer_id: str) -> str:
        body = json.dumps({"retailer_id": retailer_id, "purpose": PURPOSE}).encode()
        headers = {
            "authorization": f"Bearer {self._population.tokens[lender_id]}",
            "x-client-id": lender_id,
            "x-request-id": str(uuid4()),
            "accept-language": "en",
            "content-type": "application/json",
        }
        return request_bytes("POST", "/v1/score", headers, body).decode()


def medians(loads: Sequence[Measured], *, digits: int = 1) -> dict[str, float]:
    """The median of each figure over the loads, rounded; errors are added up."""
    names = [name for name in Measured._fields if name != "statuses"]
    figures = {name: round(median(getattr(load, name) for load in loads), digits) for name in names}
    figures["errors"] = sum(load.errors for load in loads)
    return figures


def _whole(rounds: list[Measured]) -> dict[str, Any]:
    return medians(rounds, digits=3) | {
        "p50_of_rounds_ms": [load.p50_ms for load in rounds],
        "p99_of_rounds_ms": [load.p99_ms for load in rounds],
        "statuses": [load.statuses for load in rounds],
    }


def _measured(seen: dict[str, Any], spent: dict[str, float], process: str) -> Measured:
    latencies = sorted(seen["latencies_ms"])
    count = len(latencies)
    return Measured(
        cpu_us=spent[process],
        p50_ms=latencies[count // 2],
        p99_ms=latencies[min(count - 1, int(count * 0.99))],
        requests_per_s=count / seen["seconds"],
        errors=sum(many for status, many in seen["statuses"].items() if status != "200"),
        consent_cpu_us=spent["consent-api"],
        postgres_cpu_us=spent["postgres"],
        redis_cpu_us=spent["redis"],
        client_cpu_us=seen["client_cpu_s"] / count * 1e6,
        statuses=seen["statuses"],
    )
