"""`python -m bench.audit_search`: every search of the audit API over millions of entries; a PostgreSQL of its own.

Every request goes through the audit service's own application, without TLS and network. Writes
var/bench/audit_search.json.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
from altscore_audit.app import create_app
from altscore_audit.main import create_services
from altscore_audit.search import store
from altscore_audit.search.schemas import SearchIn
from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.testing import api_client
from altscore_local.layout import ROOT
from rich.console import Console
from rich.table import Table

from bench.audit_search import entries
from bench.databases import migrated_database

SEARCHES = ("request", "retailer", "lender", "actor", "action", "time", "retailer and action", "lender and time")
PAGE = 100
DEEP = 20
"""The deep page: as many pages are read before it, or as many as there are."""
NAIVE = """
SELECT * FROM audit_log WHERE payload::jsonb ->> 'subject' = $1 ORDER BY occurred_at DESC, event_id DESC LIMIT 100
"""


def main() -> int:
    """Loads, measures, prints the table, writes the figures."""
    parser = argparse.ArgumentParser(prog="bench.audit_search", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--calls", type=int, default=100, help="of each search, each with other values")
    options = parser.parse_args()
    with migrated_database("audit", "services/audit/migrations") as server:
        loaded = entries.load(server.dsn("audit"), options.rows)
        figures = asyncio.run(measure(server.dsn("audit", "audit"), options.rows, options.calls))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    figures = {"machine": machine, "rows": options.rows, **loaded, **figures}
    out = ROOT / "var" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "audit_search.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures)
    return 0


async def measure(dsn: str, rows: int, calls: int) -> dict[str, Any]:
    """Times of every search, the index that each reads, and the time of the naive query."""
    draw = random.Random(7)  # which entries are asked for; the same in every run
    figures: dict[str, Any] = {}
    async with await db.create_pool(dsn) as pool:
        async with api_client(create_app(create_services(pool, SystemClock())), "admin") as client:
            for search in SEARCHES:
                queries = [query_of(search, draw.randrange(rows), rows) for _ in range(calls)]
                await client.get("/internal/search", params=queries[0])
                figures[search] = {
                    "index": await index_of(pool, queries[0]),
                    "first": percentiles([await timed(client, query) for query in queries]),
                    "deep": percentiles(
                        [await timed(client, await deep(client, query)) for query in queries[: max(5, calls // 10)]]
                    ),
                }
        naive = [await naive_ms(pool, entries.retailer_id(draw.randrange(rows), rows)) for _ in range(3)]
    return {"searches": figures, "naive_retailer_ms": percentiles(naive)}


def query_of(search: str, number: int, rows: int) -> dict[str, str]:
    """A search that finds the entry of that number."""
    at = entries.END_AT - entries.SPAN * ((rows - number) / rows)
    actor = json.loads(entries.payload(number, rows))["actor"]
    parameters = {
        "request": {"request_id": entries.request_id(number)},
        "retailer": {"retailer_id": entries.retailer_id(number, rows)},
        "lender": {"lender_id": entries.lender_id(number)},
        "actor": {"actor": actor},
        "action": {"action": entries.action(number)},
        "time": {"since": (at - timedelta(days=1)).isoformat(), "until": (at + timedelta(seconds=1)).isoformat()},
    }
    chosen = {name: value for part in search.split(" and ") for name, value in parameters[part].items()}
    return chosen | {"limit": str(PAGE)}


async def timed(client: httpx.AsyncClient, query: dict[str, str]) -> float:
    """Milliseconds of a page."""
    begun = time.perf_counter()
    answer = await client.get("/internal/search", params=query)
    elapsed_ms = (time.perf_counter() - begun) * 1000
    answer.raise_for_status()
    return elapsed_ms


async def deep(client: httpx.AsyncClient, query: dict[str, str]) -> dict[str, str]:
    """The same search at its twentieth page, or at its last."""
    for _ in range(DEEP):
        answer = await client.get("/internal/search", params=query)
        answer.raise_for_status()
        if (cursor := answer.json()["next"]) is None:
            break
        query = query | {"cursor": cursor}
    return query


async def index_of(pool: asyncpg.Pool, query: dict[str, str]) -> str:
    """What the plan of a search reads."""
    criteria = SearchIn.model_validate(query).criteria()
    term = criteria.driver()
    async with db.transaction(pool) as connection:
        await connection.execute(store.SETTINGS)
        rows = await connection.fetch(
            "EXPLAIN (FORMAT JSON) " + store.search_statement(term),
            *criteria.start(None),
            criteria.oldest(),
            5_000,
            "any" if term == "any" else getattr(criteria, term),
            *(criteria.request, criteria.retailer, criteria.lender, criteria.actor, criteria.action),
            PAGE,
        )
    return ", ".join(sorted(set(_indexes(json.loads(rows[0][0])[0]["Plan"])))) or "none"


def _indexes(plan: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in plan:
        yield plan["Index Name"]
    for child in plan.get("Plans", []):
        yield from _indexes(child)


async def naive_ms(pool: asyncpg.Pool, retailer: str) -> float:
    """Milliseconds of one retailer's entries without an index for the search."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_indexscan = off; SET LOCAL statement_timeout = '10min'")
        begun = time.perf_counter()
        await connection.fetch(NAIVE, retailer, timeout=600)
        return (time.perf_counter() - begun) * 1000


def percentiles(latencies_ms: list[float]) -> dict[str, float]:
    """p50 and p95, milliseconds."""
    ordered = sorted(latencies_ms)
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)
        for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95))
    }


def show(figures: dict[str, Any]) -> None:
    """The table."""
    console = Console(width=140)
    console.print(figures["machine"])
    loaded = {name: figures[name] for name in ("rows", "copy_s", "indexes_s", "size_mib")}
    console.print(loaded)
    table = Table("search", "first p50 ms", "p95", f"page {DEEP + 1} p50 ms", "p95", "index")
    for name, figure in figures["searches"].items():
        pages = [str(figure[page][share]) for page in ("first", "deep") for share in ("p50_ms", "p95_ms")]
        table.add_row(name, *pages, figure["index"])
    console.print(table)
    console.print("a retailer without an index (sequential):", figures["naive_retailer_ms"])


if __name__ == "__main__":
    sys.exit(main())
