"""A run is told of once, with its audit event, in one transaction."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database, execute_as_relay
from altscore_libs.trace_context import trace_id_of
from altscore_pipelines.errors import Missing, TotalsDisagree
from altscore_pipelines.hooks.run_store import is_announced
from altscore_pipelines.jobs.announce import announce, report_stop
from altscore_pipelines.main import trace_of
from altscore_pipelines.storage import FolderStorage

RUN = "run_" + "0" * 25 + "1"
CATALOGUE = SchemaCatalog.load(SCHEMAS)
MANIFEST = {
    "run_id": RUN,
    "run_key": "a" * 64,
    "as_of_on": "2026-06-01",
    "consent_version": 7,
    "code_version": "duckdb-abc",
    "retailers": 3,
    "features": 55,
    "set_aside": [],
    "late_ledgers": [],
}
LEFT_OUT = {"batch": "bronze/dist=d/day=2026-05-31/batch=b", "reason": "missing"}


@pytest.fixture
def lake(tmp_path: Path) -> FolderStorage:
    lake = FolderStorage(tmp_path)
    lake.write(f"gold/run={RUN}/manifest.json", json.dumps(MANIFEST).encode())
    return lake


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(CATALOGUE, "pipeline", FixedClock(datetime(2026, 6, 1, tzinfo=UTC)), mac_key=OUTBOX_KEY)


async def sent(pool: asyncpg.Pool) -> list[tuple[str, dict[str, Any]]]:
    rows = await pool.fetch("SELECT name, payload FROM outbox ORDER BY id")
    return [(row["name"], CATALOGUE.decode(row["name"], row["payload"])) for row in rows]


async def test_a_run_is_announced_with_its_audit_event(lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox) -> None:
    assert await announce(lake, pool, outbox=outbox, run_id=RUN)
    (ready, event), (audit, entry) = await sent(pool)
    assert (ready, audit) == ("pipeline.gold.ready", "audit_event")
    digest = lake.read(f"gold/run={RUN}/manifest.json").tag
    assert (event["run_id"], event["retailers"], event["manifest_sha256"]) == (RUN, 3, digest)
    assert (entry["action"], entry["subject"], entry["outcome"]) == ("pipeline_run", RUN, "ok")


async def test_the_events_of_a_run_have_the_trace_that_follows_from_its_id(
    lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox
) -> None:
    with trace_of(RUN):
        assert await announce(lake, pool, outbox=outbox, run_id=RUN)
    assert {data["trace_id"] for _, data in await sent(pool)} == {trace_id_of(RUN)}


async def test_the_batches_that_a_run_left_out_are_counted_and_audited_by_name(
    lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox
) -> None:
    lake.write(f"gold/run={RUN}/manifest.json", json.dumps(MANIFEST | {"set_aside": [LEFT_OUT]}).encode())
    assert await announce(lake, pool, outbox=outbox, run_id=RUN)
    assert await pool.fetchval("SELECT set_aside FROM runs") == 1
    details = (await sent(pool))[1][1]["details"]
    assert (details["set_aside"], details["set_aside_batches"]) == ("1", f"{LEFT_OUT['batch']}: missing")


async def test_late_ledgers_are_counted_and_the_latest_named_first(
    lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox
) -> None:
    late = [
        {"distributor_id": name, "covered_on": "2026-05-01", "late_days": days, "effect": "warned"}
        for name, days in (("dist_a", 2), ("dist_b", 50), ("dist_c", 2))
    ]
    lake.write(f"gold/run={RUN}/manifest.json", json.dumps(MANIFEST | {"late_ledgers": late}).encode())
    assert await announce(lake, pool, outbox=outbox, run_id=RUN)
    assert await pool.fetchval("SELECT late_ledgers FROM runs") == 3
    details = (await sent(pool))[1][1]["details"]
    assert details["late_ledgers"] == "3"
    assert details["late_ledger_names"] == "dist_b: 50 days; dist_a: 2 days; dist_c: 2 days"


async def test_ledgers_that_differ_from_their_erp_are_counted_and_the_worst_named_first(
    lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox
) -> None:
    ledgers = [
        {"distributor_id": name, "agreeing": 5, "differing": differing, "not_compared": silent, "differences": []}
        for name, differing, silent in (("dist_a", 1, 0), ("dist_b", 0, 3), ("dist_c", 4, 1))
    ]
    comparison = {"agreeing": 15, "differing": 5, "not_compared": 4, "ledgers": ledgers}
    lake.write(f"gold/run={RUN}/manifest.json", json.dumps(MANIFEST | {"erp_comparison": comparison}).encode())
    assert await announce(lake, pool, outbox=outbox, run_id=RUN)
    row = await pool.fetchrow("SELECT differing_ledgers, uncompared_ledgers FROM runs")
    assert tuple(row) == (2, 2)
    details = (await sent(pool))[1][1]["details"]
    names = ("differing_ledgers", "differing_ledger_names", "uncompared_ledgers")
    assert [details[name] for name in names] == ["2", "dist_c: 4 months; dist_a: 1 months", "2"]


async def test_a_manifest_of_an_earlier_version_compared_no_ledger_and_says_so(
    lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox
) -> None:
    assert await announce(lake, pool, outbox=outbox, run_id=RUN)
    assert await pool.fetchval("SELECT differing_ledgers IS NULL AND uncompared_ledgers IS NULL FROM runs")


async def test_a_manifest_of_an_earlier_version_names_no_late_ledger(
    lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox
) -> None:
    earlier = {name: value for name, value in MANIFEST.items() if name != "late_ledgers"}
    lake.write(f"gold/run={RUN}/manifest.json", json.dumps(earlier).encode())
    assert await announce(lake, pool, outbox=outbox, run_id=RUN)
    assert await pool.fetchval("SELECT late_ledgers FROM runs") == 0


async def test_a_run_is_announced_once(lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox) -> None:
    assert await announce(lake, pool, outbox=outbox, run_id=RUN)
    assert not await announce(lake, pool, outbox=outbox, run_id=RUN)
    assert len(await sent(pool)) == 2


async def test_a_run_counts_as_announced_when_the_broker_has_it(
    lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox, database: Database
) -> None:
    async with pool.acquire() as connection:
        assert not await is_announced(connection, RUN)
        await announce(lake, pool, outbox=outbox, run_id=RUN)
        assert not await is_announced(connection, RUN)
        await execute_as_relay(database, "UPDATE outbox SET sent_at = now()")
        assert await is_announced(connection, RUN)


async def test_a_run_without_a_manifest_is_not_announced(tmp_path: Path, pool: asyncpg.Pool, outbox: Outbox) -> None:
    with pytest.raises(Missing):
        await announce(FolderStorage(tmp_path), pool, outbox=outbox, run_id=RUN)
    assert await sent(pool) == []


async def test_a_stopped_run_is_audited_with_the_rows_that_stopped_it(pool: asyncpg.Pool, outbox: Outbox) -> None:
    error = TotalsDisagree(["bronze_silver returns rec_1 (missing)"])
    await report_stop(pool, outbox, step="bronze_to_silver", error=error)
    ((_, entry),) = await sent(pool)
    assert (entry["outcome"], entry["reason"]) == ("refused", "TotalsDisagree")
    assert "rec_1" in entry["details"]["what"]


async def test_the_application_cannot_change_a_run(lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox) -> None:
    await announce(lake, pool, outbox=outbox, run_id=RUN)
    for statement in ("UPDATE runs SET retailers = 0", "DELETE FROM runs"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
