"""`python -m bench.score.consent`: the consent authority alone, over mTLS, on a PostgreSQL with fsync on.

Checks are asked by the cheap client of this folder; bulk checks as scoring asks them, 5,000 ids a call. Every retailer
has a signed consent of its own, with its MAC.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from typing import Any, NamedTuple

import httpx
from altscore_libs.tls import ClientTls, client_context

from bench.load import request_bytes
from bench.score import consent_population
from bench.score.consent_population import LENDERS, PURPOSE, retailer
from bench.score.servers import Servers

INSTANCE = "var-bench-consent"
PORT_OFFSET = 6_000
RETAILERS = 500_000
BULK_IDS = 5_000
CHECKS = 12_000
CONNECTIONS = 32
RATE_PER_S = 500
SECONDS = 10
WARM_UP = 2_000
_API = "consent-api"


class Load(NamedTuple):
    """One load of checks."""

    cpu_us: float
    postgres_cpu_us: float
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    statuses: dict[str, int]


def main() -> int:
    """Starts servers of its own, measures, prints JSON, ends them."""
    parser = argparse.ArgumentParser(prog="bench.score.consent", description=__doc__)
    parser.add_argument("--retailers", type=int, default=RETAILERS)
    parser.add_argument("--port-offset", type=int, default=PORT_OFFSET)
    parser.add_argument("--keep", action="store_true", help="leave the servers running, to look at them")
    options = parser.parse_args()
    servers = Servers(options.port_offset, instance=INSTANCE, owners=("consent",))
    try:
        servers.start_stores()
        servers.start_service(_API)
        figures = measure(servers, None, retailers=options.retailers)
    finally:
        if not options.keep:
            servers.stop()
    print(json.dumps(figures, indent=2))
    return 0


def measure(servers: Servers, _: object = None, *, retailers: int = RETAILERS) -> dict[str, Any]:
    """All figures of consent.

    Args:
        servers: with consent-api running.
        retailers: that get a consent first; the bulk check asks about all of them.
    """
    started = time.perf_counter()
    consent_population.fill(servers, retailers)
    filled_s = time.perf_counter() - started
    checks = _Checks(servers, retailers)
    _bulk(servers, min(BULK_IDS, retailers))
    checks.load(WARM_UP)
    fast, plain = [], []
    for _ in range(3):  # interleaved
        fast.append(checks.load(CHECKS))
        plain.append(checks.load(CHECKS // 3, is_plain_route=True))
    ours = sorted(fast, key=lambda load: load.cpu_us)[1]
    route = sorted(plain, key=lambda load: load.cpu_us)[1]
    opened = checks.load(RATE_PER_S * SECONDS, rate_per_s=RATE_PER_S)
    bulk_s = _bulk(servers, retailers)
    return {
        "consent_check_per_s": round(1e6 / ours.cpu_us),
        "consent_check": ours._asdict(),
        "consent_check_by_fastapi_route": route._asdict(),
        "consent_check_at_500_per_s": opened._asdict(),
        "bulk_check_500k_s": round(bulk_s * 500_000 / retailers, 1),
        "bulk_check_retailers": retailers,
        "bulk_check_s": round(bulk_s, 1),
        "consent_rss_mib": round(servers.rss_mib(_API)),
        "consent_fill_s": round(filled_s),
    }


class _Checks:
    """Loads of GET /v1/consent/check with the certificate of score."""

    def __init__(self, servers: Servers, retailers: int) -> None:
        self._servers = servers
        self._retailers = retailers
        self._random = random.Random(4)

    def load(self, count: int, *, rate_per_s: int | None = None, is_plain_route: bool = False) -> Load:
        """Random retailers; by the route of FastAPI where the query is written in another order."""
        pki = self._servers.layout.pki
        plan = {
            "port": self._servers.port(_API),
            "ca": str(pki / "ca.pem"),
            "cert": str(pki / "score.crt"),
            "key": str(pki / "score.key"),
            "connections": CONNECTIONS,
            "rate_per_s": rate_per_s,
            "requests": [self._request(is_plain_route).decode("latin-1") for _ in range(count)],
        }
        file = self._servers.layout.run / "consent-plan.json"
        file.write_text(json.dumps(plan), encoding="utf-8")
        before = {name: self._servers.cpu_s(name) for name in (_API, "postgres")}
        command = [sys.executable, "-m", "bench.score.client", str(file)]
        seen = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        spent = {name: self._servers.cpu_s(name) - before[name] for name in before}
        ordered = sorted(seen["latencies_ms"])
        return Load(
            cpu_us=round(spent[_API] / count * 1e6, 1),
            postgres_cpu_us=round(spent["postgres"] / count * 1e6, 1),
            requests_per_s=round(count / seen["seconds"]),
            p50_ms=ordered[len(ordered) // 2],
            p99_ms=ordered[int(0.99 * (len(ordered) - 1))],
            errors=sum(number for status, number in seen["statuses"].items() if status != "200"),
            statuses=seen["statuses"],
        )

    def _request(self, is_plain_route: bool) -> bytes:
        who = retailer(self._random.randrange(self._retailers))
        names = [f"retailer_id={who}", f"lender_id={LENDERS[0]}"]
        query = "&".join([*(reversed(names) if is_plain_route else names), f"purpose={PURPOSE}"])
        return request_bytes("GET", f"/v1/consent/check?{query}", {}, b"")


def _bulk(servers: Servers, retailers: int) -> float:
    """Seconds for all retailers, one call after another as scoring makes them."""
    pki = servers.layout.pki
    context = client_context(ClientTls(pki / "ca.pem", pki / "scoring.crt", pki / "scoring.key"))
    base = f"https://127.0.0.1:{servers.port(_API)}"
    with httpx.Client(base_url=base, verify=context, timeout=30, trust_env=False) as client:
        started = time.perf_counter()
        for start in range(0, retailers, BULK_IDS):
            ids = [retailer(number) for number in range(start, min(start + BULK_IDS, retailers))]
            answer = client.post("/internal/consents/check-bulk", json={"retailer_ids": ids}).raise_for_status()
            missing = [result for result in answer.json()["results"] if not result["consented"]]
            if missing:
                raise RuntimeError(f"{len(missing)} retailers without consent")
        return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
