"""`python -m bench.vault`: the vault with half a million identities; servers of its own, needs no running stack.

Every request goes through the vault's own application (routes, audit, PostgreSQL, SoftHSM), without TLS and network.
"""

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from altscore_ingestion.vault.app import create_app
from altscore_ingestion.vault.crypto import VaultKeys, WrappingKeys
from altscore_ingestion.vault.rewrapping.service import RewrappingService
from altscore_ingestion.vault.wiring import create_services
from altscore_libs import db
from altscore_libs.clock import FixedClock, SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.identifiers import parse_gstin
from altscore_libs.outbox import Outbox
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import open_signer, open_wrapper
from altscore_libs.testing import OUTBOX_KEY, api_client
from rich.console import Console
from rich.table import Table

from bench.databases import migrated_database
from bench.vault.servers import token
from demo.context import ROOT

BATCH, PAGE = 1_000, 5_000
REPEATS = 20
RESOLVE_LIMIT_MS, MAP_LIMIT_S = 150.0, 30.0
MONTH_S = 31 * 86_400
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def main() -> int:
    """Measures, prints the table, writes var/bench/vault.json; status 1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="bench.vault", description=__doc__)
    parser.add_argument("--var", type=Path, default=ROOT / os.environ.get("ALTSCORE_VAR", "var"))
    parser.add_argument("--identities", type=int, default=500_000)
    options = parser.parse_args()
    with migrated_database("vault", "services/ingestion/migrations_vault") as server, token() as settings:
        figures = asyncio.run(measure(server.dsn("vault", "vault"), settings, options.identities))
    out = options.var / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "vault.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures)
    return 0 if figures["resolve_1000_ms"]["p95"] <= RESOLVE_LIMIT_MS and figures["map_all_s"] <= MAP_LIMIT_S else 1


def identities(count: int) -> Iterator[list[dict[str, str]]]:
    """Batches of a distributor: every second retailer has a GSTIN, all have a phone."""
    for start in range(0, count, BATCH):
        yield [_identity(number) for number in range(start, min(start + BATCH, count))]


def _identity(number: int) -> dict[str, str]:
    fields = {"retailer_ref": f"r-{number}", "phone": f"9{number:09d}", "shop_name": f"Shop {number}"}
    return fields | ({"gst": _gstin(number)} if number % 2 else {})


def _gstin(number: int) -> str:
    letters = "".join(chr(ord("A") + number // 26**place // 10_000 % 26) for place in range(5))
    stem = f"27{letters}{number % 10_000:04d}A1Z"
    return next(stem + digit for digit in _DIGITS if parse_gstin(stem + digit))


async def measure(dsn: str, settings: SignerSettings, count: int) -> dict[str, Any]:
    """All figures."""
    clock = FixedClock(SystemClock().now())
    outbox = Outbox(SchemaCatalog.load(ROOT / "schemas"), "vault", clock, mac_key=OUTBOX_KEY)
    keys = await VaultKeys.open(WrappingKeys(await open_wrapper(settings, "vault-kek"), "vault-kek"))
    signer = await open_signer(settings, "erasure-signing")
    async with await db.create_pool(dsn) as pool:
        app = create_app(create_services(pool, outbox=outbox, keys=keys, signer=signer, clock=clock))
        figures: dict[str, Any] = {"identities": count, "fill_s": await _seconds(lambda: _fill(app, count))}
        figures["resolve_1000_ms"] = await _bulk(app, count)
        figures["phone_ms"] = await _phones(app, count)
        figures["map_all_s"] = await _seconds(lambda: _map_all(app, pool))
        figures["erase_ms"] = await _erasures(app, pool)
        clock.advance(seconds=MONTH_S)
        service = RewrappingService(pool, outbox=outbox, keys=keys, clock=clock)
        figures["rewrap_all_s"] = await _seconds(service.run_all)
    return figures


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return round(time.perf_counter() - started, 3)


async def _fill(app: Any, count: int) -> None:
    async with api_client(app, "ingestion") as client:
        for batch in identities(count):
            await _post(client, "/internal/identities", distributor_id="dist_bench", identities=batch)


async def _post(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(path, json=body)
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return answer.json()


async def _times(work: Callable[[int], Awaitable[object]]) -> dict[str, float]:
    """Milliseconds of a call, and the processor time of one; PostgreSQL's is not in it."""
    times_ms, cpu_started = [], time.process_time()
    for number in range(REPEATS):
        started = time.perf_counter()
        await work(number)
        times_ms.append(1_000 * (time.perf_counter() - started))
    cpu_ms = 1_000 * (time.process_time() - cpu_started) / REPEATS
    p95 = sorted(times_ms)[int(0.95 * REPEATS) - 1]
    return {"p50": round(statistics.median(times_ms), 1), "p95": round(p95, 1), "cpu": round(cpu_ms, 1)}


async def _bulk(app: Any, count: int) -> dict[str, float]:
    """A thousand known ledgers in one request, as each night's batches ask."""
    batches = list(identities(count))
    async with api_client(app, "ingestion") as client:
        return await _times(
            lambda number: _post(
                client,
                "/internal/identities",
                distributor_id="dist_bench",
                identities=batches[number * len(batches) // REPEATS],
            )
        )


async def _phones(app: Any, count: int) -> dict[str, float]:
    async with api_client(app, "webhook") as client:
        return await _times(
            lambda number: _post(client, "/internal/phones/resolve", phone=f"9{number * count // REPEATS:09d}")
        )


async def _map_all(app: Any, pool: asyncpg.Pool) -> None:
    """Every token of every retailer, in the pages that the pipeline asks for."""
    rows = await pool.fetch("SELECT retailer_id FROM retailer ORDER BY retailer_id")
    ids = [row["retailer_id"] for row in rows]
    async with api_client(app, "pipeline") as client:
        for start in range(0, len(ids), PAGE):
            answer = await _post(client, "/internal/identities/map", retailer_ids=ids[start : start + PAGE])
            if len(answer["map"]) < len(ids[start : start + PAGE]):
                raise RuntimeError("a retailer has no token")


async def _erasures(app: Any, pool: asyncpg.Pool) -> dict[str, float]:
    ids = [row["retailer_id"] for row in await pool.fetch("SELECT retailer_id FROM retailer LIMIT $1", REPEATS)]
    async with api_client(app, "admin") as client:
        return await _times(
            lambda number: _post(
                client, f"/internal/admin/retailers/{ids[number]}/erase", request_id=f"rgt_{number:032x}"
            )
        )


def show(figures: dict[str, Any]) -> None:
    """Prints the table."""
    table = Table("what", "p50 ms", "p95 ms", "CPU ms", "limit", title=f"vault, {figures['identities']:,} identities")
    for name, label, limit in (
        ("resolve_1000_ms", "1,000 known ledgers in one call", f"{RESOLVE_LIMIT_MS:.0f} ms"),
        ("phone_ms", "retailers of a phone", ""),
        ("erase_ms", "erase one retailer", ""),
    ):
        table.add_row(label, *(str(figures[name][column]) for column in ("p50", "p95", "cpu")), limit)
    for name, label, limit in (
        ("map_all_s", "map all, seconds", f"{MAP_LIMIT_S:.0f} s"),
        ("rewrap_all_s", "wrap all anew, seconds", ""),
        ("fill_s", "fill, seconds", ""),
    ):
        table.add_row(label, str(figures[name]), "", "", limit)
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main())
