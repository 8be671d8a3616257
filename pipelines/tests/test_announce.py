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
from altscore_libs.testing import SCHEMAS
from altscore_pipelines.errors import BronzeTampered, Missing
from altscore_pipelines.hooks.ledger import is_announced
from altscore_pipelines.jobs.announce import announce, report_stop
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
}


@pytest.fixture
def lake(tmp_path: Path) -> FolderStorage:
    lake = FolderStorage(tmp_path)
    lake.write(f"gold/run={RUN}/manifest.json", json.dumps(MANIFEST).encode())
    return lake


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(CATALOGUE, "pipeline", FixedClock(datetime(2026, 6, 1, tzinfo=UTC)))


async def sent(pool: asyncpg.Pool) -> list[tuple[str, dict[str, Any]]]:
    rows = await pool.fetch("SELECT name, payload FROM outbox ORDER BY id")
    return [(row["name"], CATALOGUE.decode(row["name"], row["payload"])) for row in rows]


async def test_a_run_is_announced_with_its_audit_event(lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox) -> None:
    assert await announce(lake, pool, outbox, RUN)
    (ready, event), (audit, entry) = await sent(pool)
    assert (ready, audit) == ("pipeline.gold.ready", "audit_event")
    digest = lake.read(f"gold/run={RUN}/manifest.json").tag
    assert (event["run_id"], event["retailers"], event["manifest_sha256"]) == (RUN, 3, digest)
    assert (entry["action"], entry["subject"], entry["outcome"]) == ("pipeline_run", RUN, "ok")


async def test_a_run_is_announced_once(lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox) -> None:
    assert await announce(lake, pool, outbox, RUN)
    assert not await announce(lake, pool, outbox, RUN)
    assert len(await sent(pool)) == 2


async def test_a_run_counts_as_announced_when_the_broker_has_it(
    lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox
) -> None:
    async with pool.acquire() as connection:
        assert not await is_announced(connection, RUN)
        await announce(lake, pool, outbox, RUN)
        assert not await is_announced(connection, RUN)
        await connection.execute("UPDATE outbox SET sent_at = now()")
        assert await is_announced(connection, RUN)


async def test_a_run_without_a_manifest_is_not_announced(tmp_path: Path, pool: asyncpg.Pool, outbox: Outbox) -> None:
    with pytest.raises(Missing):
        await announce(FolderStorage(tmp_path), pool, outbox, RUN)
    assert await sent(pool) == []


async def test_a_stopped_run_is_audited_with_the_object_that_stopped_it(pool: asyncpg.Pool, outbox: Outbox) -> None:
    error = BronzeTampered("s3://bronze/x/payments.parquet", "its digest is not the manifest's")
    await report_stop(pool, outbox, "bronze_to_silver", error)
    ((_, entry),) = await sent(pool)
    assert (entry["outcome"], entry["reason"]) == ("refused", "BronzeTampered")
    assert "payments.parquet" in entry["details"]["what"]


async def test_the_application_cannot_change_a_run(lake: FolderStorage, pool: asyncpg.Pool, outbox: Outbox) -> None:
    await announce(lake, pool, outbox, RUN)
    for statement in ("UPDATE runs SET retailers = 0", "DELETE FROM runs"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
