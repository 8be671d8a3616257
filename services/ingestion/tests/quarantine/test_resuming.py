"""A crash or a revocation in between leaves all in quarantine; the next call resumes."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
from altscore_libs.clock import FixedClock
from altscore_libs.testing import Database
from altscore_libs.testing_postgres import HANG_S

from ..connector import invoice
from ..world import BRONZE, Store, VaultSide, Wiring, World, make_world
from .orders import TOO_MUCH, live, quarantined, raise_amount, reprocess, sent

CRASH = (
    "CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'crash' "
    "USING ERRCODE = '57P02'; END$$"
)


async def test_a_crash_before_the_last_transaction_leaves_all_in_quarantine_and_the_next_call_resumes(
    world: World, database: Database, object_store: Store
) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(CRASH)
        superuser.execute(
            "CREATE TRIGGER crash BEFORE UPDATE OF reprocessed_in ON batch_record FOR EACH ROW EXECUTE FUNCTION crash()"
        )
        assert (await reprocess(world, source)).status_code == 503
        assert await world.pool.fetchval("SELECT count(*) FROM record") == 0
        assert await world.pool.fetchval("SELECT count(*) FROM batch_record WHERE reprocessed_in IS NOT NULL") == 0
        superuser.execute("DROP TRIGGER crash ON batch_record")
    world.clock.advance(seconds=60)
    told = (await reprocess(world, source)).json()
    assert told["accepted"] == 1
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 2
    versions = [item for item in object_store.versions(BRONZE, "bronze/") if told["batch_id"] in item["Key"]]
    assert len(versions) == 2  # the table and the manifest, each once
    assert [name for name, _ in await world.events()].count("ingestion.batch.complete") == 2


async def test_what_a_crash_left_and_a_connector_repaired_meanwhile_ends_as_a_duplicate(
    world: World, database: Database
) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(CRASH)
        superuser.execute(
            "CREATE TRIGGER crash BEFORE UPDATE OF reprocessed_in ON batch_record FOR EACH ROW EXECUTE FUNCTION crash()"
        )
        assert (await reprocess(world, source)).status_code == 503
        superuser.execute("DROP TRIGGER crash ON batch_record")
    await sent(world, connector, invoices=[invoice(amount_inr=TOO_MUCH), invoice("INV-2")])
    told = (await reprocess(world, source)).json()
    assert (told["accepted"], told["duplicate"]) == (0, 1)
    assert await world.pool.fetchval("SELECT count(*) FROM batch WHERE state = 'received'") == 0
    assert await live(world) == {"INV-1": Decimal(TOO_MUCH), "INV-2": Decimal("42000.00")}


class StoreThatRevokes:
    """The object store, where a revocation comes in after a table was written."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.revoke: Callable[[], Any] | None = None

    def put_object(self, **options: Any) -> Any:
        """Writes, then revokes."""
        answer = self._client.put_object(**options)
        if self.revoke is not None and options["Key"].endswith(".parquet"):
            self.revoke()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


async def test_a_revocation_while_records_are_written_stops_them_before_the_lake_can_see_them(
    pool: Any, object_store: Store, vault: VaultSide, clock: FixedClock, wiring: Wiring
) -> None:
    wiring.s3_client = store = StoreThatRevokes(object_store.client)
    world, loop = make_world(pool, object_store, vault, clock, wiring), asyncio.get_running_loop()
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    store.revoke = lambda: asyncio.run_coroutine_threadsafe(world.services.distributors.revoke("dist_a"), loop).result(
        HANG_S
    )
    answer = await reprocess(world, source)
    assert (answer.status_code, answer.json()["code"]) == (409, "DISTRIBUTOR_REVOKED")
    unfinished = await world.pool.fetchval("SELECT batch_id FROM batch WHERE state = 'received'")
    assert list(world.bronze(unfinished)) == ["invoices.parquet"]
    assert await world.pool.fetchval("SELECT count(*) FROM record") == 0
