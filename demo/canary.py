"""`python -m demo.canary`: withdraws marked consents on the running stack and measures until every checkpoint denies.

Five checkpoints are watched at once: the Score API (with a kept reply to replay), its cache in Redis, row security in
its database, the bulk check that scoring asks before it computes, and the snapshot that the pipeline works from.
"""

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx
import psycopg
import redis
from altscore_libs.rls import ContextSigner

from demo.context import LENDERS, PURPOSE, ROOT, Demo
from demo.steps.lender import Lender

LIMIT_S = 60.0
SERVING_P99_S = 5.0
EVERY_S = 0.02
LENDER = LENDERS[0]
CHECKPOINTS = ("score_api", "cache", "rls", "bulk_check", "snapshot")
_CANDIDATES = """
SELECT DISTINCT s.retailer_id FROM sealed_score s JOIN consent_grant g USING (retailer_id)
WHERE g.lender_id = %s AND g.purpose = %s AND g.is_active
  AND NOT EXISTS (SELECT FROM score_block b WHERE b.retailer_id = s.retailer_id) ORDER BY 1
"""
Denies = Callable[[], bool]


class Canary:
    """The places that enforce consent, seen from outside, each by the identity that calls it.

    Args:
        demo: of a stack on which the main job has run.
    """

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self._lender = Lender(demo, LENDER)
        self._signer = ContextSigner(bytes.fromhex(demo.secret("score-context-key")))

    def marked(self, count: int) -> list[str]:
        """Scored retailers whom the lender may see, the demo's personas left alone."""
        personas = set(self._demo.facts.get("personas", {}).values())
        with self._demo.superuser("score") as connection:
            rows = connection.execute(_CANDIDATES, (LENDER, PURPOSE)).fetchall()
        return [row[0] for row in rows if row[0] not in personas][:count]

    def withdraw(self, retailer_id: str) -> dict[str, float]:
        """Seconds from the moment the withdrawal is sent until each checkpoint denies.

        Raises:
            TimeoutError: a checkpoint still lets the retailer through after a minute.
            RuntimeError: a checkpoint denied before anything was withdrawn.
        """
        with self._checkpoints(retailer_id) as checkpoints:
            closed = [name for name, denies in checkpoints.items() if denies()]
            if closed:
                raise RuntimeError(f"{retailer_id}: denied before the withdrawal by {closed}")
            with ThreadPoolExecutor(len(checkpoints)) as watchers:
                started = time.monotonic()
                watched = {
                    name: watchers.submit(_seconds, name, denies, started) for name, denies in checkpoints.items()
                }
                with self._demo.http("consent", identity="admin") as consent:
                    order = {"retailer_id": retailer_id, "reason": "canary"}
                    consent.post("/v1/consent/revoke", json=order).raise_for_status()
                return {name: future.result() for name, future in watched.items()}

    @contextmanager
    def _checkpoints(self, retailer_id: str) -> Iterator[dict[str, Denies]]:
        demo, request_id = self._demo, str(uuid.uuid4())
        self._lender.score(retailer_id, request_id=request_id).raise_for_status()  # kept, and cached
        cached = f"score:{{{LENDER}}}:cached:{retailer_id}"
        with ExitStack() as opened:
            scoring = opened.enter_context(demo.http("consent", identity="scoring"))
            pipeline = opened.enter_context(demo.http("consent", identity="pipeline"))
            database = opened.enter_context(psycopg.connect(demo.stack["postgres"]["dsns"]["score"]))
            cache = redis.Redis.from_url(demo.stack["redis"]["url"], ssl_ca_certs=str(demo.pki("ca.pem")))
            opened.callback(cache.close)
            yield {
                "score_api": lambda: self._lender.score(retailer_id, request_id=request_id).status_code == 403,
                "cache": lambda: not cache.exists(cached),
                "rls": partial(self._rls_denies, database, retailer_id),
                "bulk_check": partial(_bulk_denies, scoring, retailer_id),
                "snapshot": partial(_snapshot_denies, pipeline, retailer_id),
            }

    def _rls_denies(self, connection: psycopg.Connection, retailer_id: str) -> bool:
        with connection.transaction():
            connection.execute("SELECT set_config('app.context', %s, true)", (self._signer.sign(LENDER),))
            rows = connection.execute("SELECT count(*) FROM sealed_score WHERE retailer_id = %s", (retailer_id,))
            row = rows.fetchone()
        return row is not None and row[0] == 0


def _bulk_denies(client: httpx.Client, retailer_id: str) -> bool:
    answer = client.post("/internal/consents/check-bulk", json={"retailer_ids": [retailer_id]}).raise_for_status()
    return not answer.json()["results"][0]["consented"]


def _snapshot_denies(client: httpx.Client, retailer_id: str) -> bool:
    """All pages at one version, as the pipeline reads them; a change in between means to start again."""
    after: dict[str, str] = {}
    while True:
        answer = client.get("/internal/snapshot", params={"limit": "5000"} | after)
        if answer.status_code == httpx.codes.CONFLICT:
            return False
        page = answer.raise_for_status().json()
        if any(retailer["retailer_id"] == retailer_id for retailer in page["retailers"]):
            return False
        if page["next"] is None:
            return True
        after = {"after": page["next"]}


def _seconds(name: str, denies: Denies, started: float) -> float:
    while True:
        if denies():
            return round(time.monotonic() - started, 3)
        if time.monotonic() - started > LIMIT_S:
            raise TimeoutError(f"{name} is still open after {LIMIT_S:.0f} s")
        time.sleep(EVERY_S)


def measure(demo: Demo, count: int) -> dict[str, object]:
    """p99 over retailers by checkpoint, seconds, and the worst checkpoint of serving (Score API, cache, RLS)."""
    canary = Canary(demo)
    seen = [canary.withdraw(retailer_id) for retailer_id in canary.marked(count)]
    if not seen:
        raise RuntimeError("no scored and consented retailer to withdraw")
    p99 = {checkpoint: _p99([delays[checkpoint] for delays in seen]) for checkpoint in CHECKPOINTS}
    return {
        "retailers": len(seen),
        "p99_s": p99,
        "worst_s": {checkpoint: max(delays[checkpoint] for delays in seen) for checkpoint in CHECKPOINTS},
        "revocation_p99_s": max(p99[checkpoint] for checkpoint in ("score_api", "cache", "rls")),
    }


def _p99(seconds: list[float]) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


def main() -> int:
    """Prints JSON; exit status 0 when serving denied within five seconds (p99)."""
    parser = argparse.ArgumentParser(prog="demo.canary", description=__doc__)
    parser.add_argument("--var", type=Path, default=Path(os.environ.get("ALTSCORE_VAR", ROOT / "var")))
    parser.add_argument("--retailers", type=int, default=1, help="how many to withdraw, 100 at most")
    options = parser.parse_args()
    demo = Demo(options.var)
    demo.recall()
    result = measure(demo, min(options.retailers, 100))
    (demo.var / "demo" / "canary.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    return 0 if float(str(result["revocation_p99_s"])) <= SERVING_P99_S else 1


if __name__ == "__main__":
    sys.exit(main())
