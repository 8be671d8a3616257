"""`python -m bench.admin`: admin's lists and a year's compliance report over a million audit entries.

PostgreSQL servers of its own; every request goes through the applications themselves, without TLS and network. Writes
var/bench/admin.json; ends with 1 when a limit is missed.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from altscore_admin.app import create_app
from altscore_admin.clients import UpstreamClients
from altscore_admin.compliance.rendering import render_pdf
from altscore_admin.compliance.sources import Sources
from altscore_admin.compliance.worker import ReportMaker
from altscore_admin.erasures.domain import read_stores
from altscore_admin.operators.service import DevelopmentOperators, new_file
from altscore_admin.wiring import create_services
from altscore_audit.app import create_app as create_audit
from altscore_audit.counts.service import CountService
from altscore_audit.main import create_services as create_audit_services
from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.hpke import HpkeDecryptor, HpkeEncryptor
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, SoftwareSigner, api_client, as_caller
from altscore_local.layout import ROOT
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from rich.console import Console
from rich.table import Table

from bench.admin import portfolios, seed
from bench.audit_search.__main__ import percentiles
from bench.databases import migrated_database

LIST_LIMIT_MS, OVERVIEW_LIMIT_MS, REPORT_LIMIT_S = 150.0, 300.0, 30.0
FIRST_INCIDENT = "inc_" + "1".rjust(32, "0")
ROUTES = {
    "overview": "/v1/admin/overview",
    "incidents": "/v1/admin/incidents?limit=50",
    "affected, first": f"/v1/admin/incidents/{FIRST_INCIDENT}/affected",
    "affected, middle": f"/v1/admin/incidents/{FIRST_INCIDENT}/affected?cursor=ret_{50_000:016x}",
    "grievances": "/v1/admin/grievances",
    "anomalies": "/v1/admin/anomalies",
    "audit search": "/v1/admin/audit/search?action=consent_granted&limit=100",
}
REPORT = "/v1/admin/compliance/reports"


def main() -> int:
    """Fills, measures, prints the table, writes the figures."""
    parser = argparse.ArgumentParser(prog="bench.admin", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=40, help="of each route")
    options = parser.parse_args()
    with ExitStack() as servers:
        audit = servers.enter_context(migrated_database("audit", "services/audit/migrations"))
        admin = servers.enter_context(migrated_database("admin", "services/admin/migrations"))
        loaded = seed.fill_audit(audit.dsn("audit"), options.rows)
        seed.fill_admin(admin.dsn("admin"))
        score = servers.enter_context(migrated_database("score", "services/score/migrations", roles=("score_access",)))
        portfolios.fill(score.dsn("score"))
        dsns = admin.dsn("admin", "admin"), audit.dsn("audit", "audit")
        figures = asyncio.run(measure(*dsns, calls=options.calls))
        read = asyncio.run(portfolios.measure(score.dsn("score", "score"), options.calls))
        figures["lists"] |= {name: percentiles(times) for name, times in read.items()}
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    figures = {"machine": machine, "rows": options.rows, **loaded, **figures}
    out = ROOT / "var" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "admin.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return show(figures)


async def measure(admin_dsn: str, audit_dsn: str, *, calls: int) -> dict[str, Any]:
    """Times of counting, of every list, and of a report."""
    async with await db.create_pool(admin_dsn) as admin, await db.create_pool(audit_dsn) as audit:
        begun = time.perf_counter()
        while await CountService(audit).count_days():
            pass
        counting_s = time.perf_counter() - begun
        clock = FixedClock(seed.END_AT)
        upstream = upstream_clients(audit, clock)
        with operators() as (directory, token):
            signer, key = SoftwareSigner("promotion"), X25519PrivateKey.generate()
            services = create_services(
                pool=admin,
                outbox=Outbox(SchemaCatalog.load(SCHEMAS), "admin", clock, mac_key=OUTBOX_KEY),
                clock=clock,
                upstream=upstream,
                signer=signer,
                keys=signer.public_keys(),
                operators=directory,
                decryptor=HpkeDecryptor([key]),
                encryptor=HpkeEncryptor(key.public_key()),
                report_signer=signer,
                stores=read_stores(SCHEMAS / "privacy/stores.yml"),
            )
            maker = ReportMaker(services.compliance, Sources(admin, clock, upstream), render_pdf)
            async with api_client(create_app(services)) as client:
                client.headers["Authorization"] = f"Bearer {token}"
                lists = {name: percentiles(await timed(client, path, calls)) for name, path in ROUTES.items()}
                report = await timed_report(client, maker)
        await upstream.close()
    return {"counting_s": round(counting_s, 1), "lists": lists, "report": report}


def upstream_clients(audit: asyncpg.Pool, clock: FixedClock) -> UpstreamClients:
    """The audit service itself; of the others nothing is asked."""
    transport = httpx.ASGITransport(app=as_caller(create_audit(create_audit_services(audit, clock)), "admin"))
    client = ServiceClient("https://audit.test", tls=None, timeout_s=30.0, attempts=1, transport=transport)
    return UpstreamClients(**{each.name: client for each in fields(UpstreamClients)})


@contextmanager
def operators() -> Iterator[tuple[DevelopmentOperators, str]]:
    """A directory with one operator, and their token."""
    content, tokens = new_file([("super-1", ["super_admin"])])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "operators.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        yield DevelopmentOperators.load(file), tokens["super-1"]


async def timed(client: httpx.AsyncClient, path: str, calls: int) -> list[float]:
    """Milliseconds of each call; the first one warms up."""
    times = []
    for _ in range(calls + 1):
        begun = time.perf_counter()
        answer = await client.get(path)
        times.append((time.perf_counter() - begun) * 1000)
        answer.raise_for_status()
    return times[1:]


async def timed_report(client: httpx.AsyncClient, maker: ReportMaker) -> dict[str, Any]:
    """Seconds of a year's report from the request to the PDF, and what it says of itself."""
    begun = time.perf_counter()
    started = await client.post(REPORT, json={"from": "2025-11-02", "to": "2026-10-31"})
    started.raise_for_status()
    while await maker.step():
        pass
    elapsed_s = time.perf_counter() - begun
    place = started.headers["Location"]
    report = (await client.get(place)).json()
    document = await client.get(f"{place}?format=pdf")
    figures = {section["name"]: section["figures"] for section in report["sections"]}
    return {
        "elapsed_s": round(elapsed_s, 1),
        "pdf_kib": len(document.content) // 1024 if document.status_code == httpx.codes.OK else None,
        "missing": {part["section"]: part["problem"] for part in report["missing"]},
        "revocations": figures["withdrawal_times"].get("revocations"),
        "consents_granted": figures["consents"].get("consent_granted"),
    }


def show(figures: dict[str, Any]) -> int:
    """The table; 1 when a limit is missed."""
    console, table = Console(width=120), Table("route", "p50 ms", "p95 ms", "limit ms", "")
    console.print(f"{figures['machine']}; {figures['rows']:,} entries, counted by day in {figures['counting_s']} s")
    is_missed = False
    for name, figure in figures["lists"].items():
        limit = OVERVIEW_LIMIT_MS if name == "overview" else LIST_LIMIT_MS
        is_late = figure["p95_ms"] > limit
        is_missed = is_missed or is_late
        table.add_row(name, f"{figure['p50_ms']:.1f}", f"{figure['p95_ms']:.1f}", f"{limit:.0f}", "missed" * is_late)
    console.print(table)
    console.print(f"report of a year, limit {REPORT_LIMIT_S:.0f} s:", figures["report"])
    return int(is_missed or figures["report"]["elapsed_s"] > REPORT_LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
