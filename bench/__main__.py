"""`python -m bench`: the first table of speed and size, on the running stack after `make demo`; loopback only."""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import audit_rows
from bench.load import Outcome, open_loop, request_bytes
from demo.context import ROOT, Demo
from demo.steps.consent import simulator

LENDERS = tuple(f"lender_bench_{number:02d}" for number in range(1, 18))
PURPOSE = "trade_credit"  # apart from the demo's own consents
RETAILERS = 45
RATE_PER_S = 83.0  # 50 lenders at 100 a minute, the specification's ceiling
SECONDS = 18  # with the warm-up below 100 calls a lender, so that no quota is spent
WARM_UP = 60
QUIET_S = 15.0


def main() -> int:
    """Measures, prints the table, writes var/bench/first.json."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--var", type=Path, default=ROOT / os.environ.get("ALTSCORE_VAR", "var"))
    demo = Demo(parser.parse_args().var)
    demo.recall()
    settings = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "score": score_under_load(demo),
        "pipeline": pipeline_figures(demo),
        "audit_rows_per_s": round(asyncio.run(audit_rows.measure())),
        "processes": processes(),
    }
    out = demo.var / "bench"
    out.mkdir(exist_ok=True)
    (out / "first.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    show(settings)
    return 0


def score_under_load(demo: Demo) -> dict[str, Any]:
    """POST /v1/score with everything on, open loop at the specification's ceiling."""
    credentials = [onboard(demo, lender_id) for lender_id in LENDERS]
    retailers = consented(demo)
    tokens = [token(demo, credential) for credential in credentials]
    demo.until("the grants are projected", lambda: projected(demo) >= len(retailers) * len(LENDERS), limit_s=60)
    wait_for_the_lake(demo)
    total = int(RATE_PER_S * SECONDS)
    count = total + WARM_UP
    plan = [(number % len(LENDERS), retailers[(number // len(LENDERS)) % len(retailers)]) for number in range(count)]
    requests = [score_request(LENDERS[who], tokens[who], retailer_id) for who, retailer_id in plan]
    context = demo.tls()
    asyncio.run(open_loop(demo.port("score"), context, requests[:WARM_UP], rate_per_s=20))
    measured: Outcome = asyncio.run(open_loop(demo.port("score"), context, requests[WARM_UP:], rate_per_s=RATE_PER_S))
    return {
        "offered_per_s": RATE_PER_S,
        "answered_per_s": round(measured.rate, 1),
        "p50_ms": round(measured.percentile(0.50), 1),
        "p95_ms": round(measured.percentile(0.95), 1),
        "p99_ms": round(measured.percentile(0.99), 1),
        "statuses": {str(status): count for status, count in sorted(measured.statuses.items())},
    }


def onboard(demo: Demo, lender_id: str) -> dict[str, str]:
    """A bench lender's credentials; kept from the first time, since a secret is shown once."""
    kept = demo.out / f"{lender_id}.json"
    if not kept.exists():
        with demo.operator(1) as ops:
            answer = ops.post("/v1/admin/lenders", json={"lender_id": lender_id, "name": lender_id})
        kept.touch(mode=0o600)
        kept.write_text(answer.text, encoding="utf-8")
    keys: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    return keys


def token(demo: Demo, credentials: dict[str, str]) -> str:
    """An access token."""
    order = {name: credentials[name] for name in ("client_id", "client_secret")}
    return str(demo.http("score").post("/v1/auth/token", json=order).json()["access_token"])


def consented(demo: Demo) -> list[str]:
    """Scored retailers who are invited for the bench lenders and answer HAAN, as any other retailer would."""
    with demo.superuser("score") as connection:
        rows = connection.execute(
            "SELECT retailer_id FROM sealed_score s WHERE NOT EXISTS"
            " (SELECT FROM score_block b WHERE b.retailer_id = s.retailer_id) GROUP BY 1 ORDER BY 1"
        ).fetchall()
    phones = demo.facts["phone_of"]
    withdrawn = demo.facts["personas"]["revoking"]
    chosen = [row[0] for row in rows if row[0] in phones and row[0] != withdrawn][:RETAILERS]
    granted = "SELECT count(*) FROM consent_state WHERE purpose = %s AND status = 'active'"
    with demo.operator(1) as ops:
        for distributor_id in demo.facts["distributors"]:
            order = {"lender_scope": list(LENDERS), "purpose": PURPOSE, "retailer_ids": chosen}
            ops.post(f"/v1/admin/distributors/{distributor_id}/invites", json=order, timeout=120)
    want = len(chosen) * len(LENDERS) * 0.7
    demo.until("bench consents", lambda: demo.count("consent", granted, PURPOSE) >= want, limit_s=120)
    simulator(demo).get("/sim/stats")
    active = "SELECT DISTINCT retailer_id FROM consent_state WHERE purpose = %s AND status = 'active'"
    with demo.superuser("consent") as connection:
        return [row[0] for row in connection.execute(active, (PURPOSE,)).fetchall()]


def wait_for_the_lake(demo: Demo) -> None:
    """Until no pipeline run is going on: new consents wake one, and it would be measured too."""
    busy = "SELECT count(*) FROM dag_run WHERE state IN ('running', 'queued')"
    seen = {"since": time.monotonic()}

    def is_quiet() -> bool:
        if demo.count("airflow", busy):
            seen["since"] = time.monotonic()
        return time.monotonic() - seen["since"] > QUIET_S

    demo.until("the lake is quiet", is_quiet, limit_s=300, every_s=1)


def projected(demo: Demo) -> int:
    """Bench grants that the serving store knows."""
    return int(demo.count("score", "SELECT count(*) FROM consent_grant WHERE purpose = %s AND is_active", PURPOSE))


def score_request(lender_id: str, bearer: str, retailer_id: str) -> bytes:
    """The bytes of one call."""
    body = json.dumps({"retailer_id": retailer_id, "purpose": PURPOSE}).encode()
    headers = {"authorization": f"Bearer {bearer}", "x-client-id": lender_id, "content-type": "application/json"}
    return request_bytes("POST", "/v1/score", headers=headers, body=body)


def pipeline_figures(demo: Demo) -> dict[str, Any]:
    """Figures of the demo that ran here: ingest, features, scoring."""
    with demo.superuser("airflow") as connection:
        seconds = connection.execute(
            "SELECT task_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM end_date - start_date))"
            " FROM task_instance WHERE state = 'success' AND task_id <> 'announce' GROUP BY task_id"
        ).fetchall()
    with demo.superuser("scoring") as connection:
        row = connection.execute(
            "SELECT percentile_cont(0.5) WITHIN GROUP"
            " (ORDER BY retailers / extract(epoch FROM finished_at - received_at))"
            " FROM jobs JOIN gold_runs USING (run_id) WHERE finished_at IS NOT NULL"
        ).fetchone()
    ingest, timings = demo.summary["ingest"], demo.summary["timings_s"]
    return {
        "ingest_records_per_s": round(ingest["submitted"] / timings["ingest"]),
        "feature_build_s": {task: round(float(value), 1) for task, value in seconds},
        "scored_retailers_per_s": None if row is None or row[0] is None else round(float(row[0])),
    }


def processes() -> list[dict[str, Any]]:
    """Memory and start-up time of every process, from the stack's own status."""
    command = [sys.executable, "deploy/local/stack.py", "status", "--json"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    results: list[dict[str, Any]] = json.loads(printed)
    return results


def show(results: dict[str, Any]) -> None:
    """The tables for people."""
    console = Console()
    console.print(results["machine"])
    table = Table("what", "figure")
    figures = {**results["score"], **results["pipeline"], "audit_rows_per_s": results["audit_rows_per_s"]}
    for name, value in figures.items():
        table.add_row(name, json.dumps(value))
    console.print(table)
    memory = Table("process", "RSS MiB", "start s")
    for process in results["processes"]:
        memory.add_row(str(process.get("name")), str(process.get("rss_mib")), str(process.get("startup_s")))
    console.print(memory)


if __name__ == "__main__":
    sys.exit(main())
