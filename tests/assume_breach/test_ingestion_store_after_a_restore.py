"""Ingestion's user of the object store plants batches before a restore: catching up takes nothing of it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest_asyncio
from altscore_ingestion.batches.domain import BatchHeader
from altscore_ingestion.batches.objects import Buckets, ObjectStore
from altscore_ingestion.manifests.reading import SECOND_VERSION, SignedBronze
from altscore_ingestion.recovery.service import RecoveryReport, RecoveryService
from altscore_libs.clock import SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, postgres_fixtures

from .test_ingestion_store_bronze import (
    BUCKET,
    NOW,
    SIGNER,
    get,
    ingest,
    ingestion,
    invoices,
    plant_endorsement,
    put,
    pytestmark,
    rewrite,
    rewrite_file,
    store,
)

__all__ = ["ingestion", "pytestmark", "store"]
ROOT = Path(__file__).parents[2]
template, database, pool = postgres_fixtures("ingestion", ROOT / "services/ingestion/migrations")
VICTIM = "dist_restored"


@pytest_asyncio.fixture
async def restored(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    """A database of the day on which the distributor was onboarded: it knows none of its batches."""
    await pool.execute(
        "INSERT INTO distributor (distributor_id, name, api_key_hash, signing_secret_wrapped, created_at)"
        " VALUES ($1, 'A distributor', $2, $2, $3)",
        VICTIM,
        b"0" * 32,
        NOW - timedelta(days=30),
    )
    yield pool


async def catch_up(pool: asyncpg.Pool, client: Any) -> RecoveryReport:
    """As the command does it, with the same user of the store."""
    clock = SystemClock()
    objects = ObjectStore(client, Buckets(bronze=BUCKET, quarantine="", retention=timedelta(0)), clock)
    outbox = Outbox(SchemaCatalog.load(ROOT / "schemas"), "ingestion", clock, mac_key=OUTBOX_KEY)
    bronze = SignedBronze(objects, SIGNER.public_keys())
    service = RecoveryService(pool, outbox, objects=objects, bronze=bronze, clock=clock)
    return await service.catch_up(since=NOW.date() - timedelta(days=1))


async def plant(client: Any, number: int, source: BatchHeader, *, is_signed: bool) -> BatchHeader:
    """A batch that nobody sent, with the manifest of a real one."""
    planted = BatchHeader(
        batch_id=f"bat_{number:032x}",
        distributor_id=VICTIM,
        erp_type="csv",
        ingested_at=NOW,
        sync_from=NOW,
        sync_to=NOW,
    )
    put(client, planted, "invoices.parquet", invoices(planted, "1.00").body)
    manifest = json.loads(get(client, source, "manifest.json")) | {"batch_id": planted.batch_id}
    if not is_signed:
        del manifest["signature"]
    put(client, planted, "manifest.json", json.dumps(manifest).encode())
    return planted


async def test_catching_up_takes_in_what_ingestion_signed_and_names_the_rest(
    restored: asyncpg.Pool, ingestion: Any
) -> None:
    sound = await ingest(ingestion, 1, distributor_id=VICTIM)
    rewritten, of_another_file, endorsed = [await ingest(ingestion, n, distributor_id=VICTIM) for n in (2, 3, 4)]
    rewrite(ingestion, rewritten)
    rewrite_file(ingestion, of_another_file)
    plant_endorsement(ingestion, endorsed)
    unsigned = await plant(ingestion, 5, sound, is_signed=False)
    under_a_foreign_signature = await plant(ingestion, 6, sound, is_signed=True)

    report = await catch_up(restored, ingestion)

    assert (report.taken_in, report.is_whole) == (1, False)
    assert sorted(report.forged) == sorted(
        [
            (f"{rewritten.prefix}/manifest.json", "not signed by ingestion"),
            (f"{of_another_file.prefix}/invoices.parquet", SECOND_VERSION),
            (f"{endorsed.prefix}/signature.json", "not signed by ingestion"),
            (f"{unsigned.prefix}/manifest.json", "not signed"),
            (f"{under_a_foreign_signature.prefix}/manifest.json", "not signed by ingestion"),
        ]
    )
    batches = await restored.fetch("SELECT batch_id FROM batch")
    assert [row["batch_id"] for row in batches] == [sound.batch_id]
    amounts = await restored.fetch("SELECT amount_inr FROM record WHERE distributor_id = $1", VICTIM)
    assert [str(row["amount_inr"]) for row in amounts] == ["9999.00"]
