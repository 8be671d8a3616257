"""The lake sees what the database counts, and nothing else, wherever a process ends and whoever comes back."""

import hashlib
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from altscore_ingestion.batches.store import MEASURES
from altscore_libs.errors import Unavailable
from altscore_libs.state_gauges import StateGauges
from altscore_libs.testing import Database
from botocore.exceptions import EndpointConnectionError
from prometheus_client import CollectorRegistry

from ..connector import Connector, batch_of, invoice
from ..world import BRONZE, Store, Wiring, World


class StoreWithoutManifests:
    """The object store, which takes no manifest while it is `broken`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.broken = True
        self.broken_for = ""

    def put_object(self, **options: Any) -> Any:
        """Writes what is no manifest."""
        if self.broken and options["Key"].endswith("manifest.json") and self.broken_for in options["Key"]:
            raise EndpointConnectionError(endpoint_url="https://store.test")
        return self._client.put_object(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@pytest.fixture
def store(object_store: Store, wiring: Wiring) -> StoreWithoutManifests:
    """What stands between ingestion and its object store."""
    wiring.s3_client = store = StoreWithoutManifests(object_store.client)
    return store


@pytest.fixture
def between(store: StoreWithoutManifests, world: World) -> World:  # in this order: the world takes the store
    """Ingestion that ends between the transaction that makes a batch count and its manifest."""
    assert store.broken
    return world


async def owing(world: World, connector: Connector, *, batch_id: str | None = None) -> tuple[str, dict[str, Any]]:
    """Sends a batch that counts and has no manifest; its id and body."""
    payload = batch_of(invoices=[invoice()])
    answer = await world.send(connector, payload, batch_id=batch_id)
    assert answer.status_code == 503
    row = await world.pool.fetchrow("SELECT batch_id, state FROM batch")
    assert row["state"] == "complete"
    assert list(world.bronze(row["batch_id"])) == ["invoices.parquet"]
    return row["batch_id"], payload


async def announced(world: World) -> list[dict[str, Any]]:
    """Events about batches."""
    return [data for name, data in await world.events() if name == "ingestion.batch.complete"]


async def assert_agrees(world: World, batch_id: str) -> None:
    """Bronze, database and the one event are about the same manifest."""
    manifest = world.bronze(batch_id)["manifest.json"]
    digest = hashlib.sha256(manifest).hexdigest()
    assert await world.pool.fetchval("SELECT manifest_sha256 FROM batch WHERE batch_id = $1", batch_id) == digest
    [event] = [event for event in await announced(world) if event["batch_id"] == batch_id]
    assert (event["manifest_sha256"], event["record_count"], event["amount_inr"]) == (digest, 1, 42000)
    assert await world.pool.fetchval("SELECT count(*) FROM pending_manifest WHERE batch_id = $1", batch_id) == 0


async def test_what_the_database_does_not_count_has_no_manifest(world: World, database: Database) -> None:
    connector = await world.onboard()
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(
            "CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'crash' USING ERRCODE = '57P02'; END$$"
        )
        superuser.execute("CREATE TRIGGER crash BEFORE INSERT ON record FOR EACH ROW EXECUTE FUNCTION crash()")
        assert (await world.send(connector, batch_of(invoices=[invoice()]))).status_code == 503
    row = await world.pool.fetchrow("SELECT batch_id, state FROM batch")
    assert row["state"] == "received"
    assert list(world.bronze(row["batch_id"])) == ["invoices.parquet"]
    await world.writer.publish_pending()
    assert list(world.bronze(row["batch_id"])) == ["invoices.parquet"]


async def test_a_batch_whose_connector_never_comes_back_is_shown_to_the_lake_and_announced(
    between: World, store: StoreWithoutManifests
) -> None:
    connector = await between.onboard()
    batch_id, _ = await owing(between, connector)
    assert await announced(between) == []
    status = (await between.status(connector, batch_id)).json()
    assert (status["status"], status["pipeline_triggered"]) == ("complete", False)
    await between.services.distributors.revoke("dist_a")
    store.broken = False
    await between.writer.publish_pending()
    await assert_agrees(between, batch_id)
    await between.writer.publish_pending()
    await assert_agrees(between, batch_id)


async def test_a_repeat_is_told_the_result_once_the_lake_can_see_it(
    between: World, store: StoreWithoutManifests
) -> None:
    connector, own_id = await between.onboard(), str(uuid4())
    batch_id, payload = await owing(between, connector, batch_id=own_id)
    assert (await between.send(connector, payload, batch_id=own_id)).status_code == 503
    store.broken = False
    answer = await between.send(connector, payload, batch_id=own_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "BATCH_ALREADY_PROCESSED")
    assert answer.json()["result"]["accepted"] == 1
    await assert_agrees(between, batch_id)


async def test_the_next_batch_of_the_distributor_comes_after_the_manifest_that_is_owed(
    between: World, store: StoreWithoutManifests
) -> None:
    connector = await between.onboard()
    first, _ = await owing(between, connector)
    store.broken = False
    second = (await between.send(connector, batch_of(invoices=[invoice(amount_inr=1)]))).json()["batch_id"]
    await assert_agrees(between, first)
    assert [event["batch_id"] for event in await announced(between)] == [first, second]


async def test_a_crash_after_the_manifest_writes_no_second_copy_and_announces_once(
    world: World, database: Database, object_store: Store
) -> None:
    connector = await world.onboard()
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(
            "CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'crash' USING ERRCODE = '57P02'; END$$"
        )
        superuser.execute(
            "CREATE TRIGGER crash BEFORE INSERT ON outbox FOR EACH ROW "
            "WHEN (NEW.name = 'ingestion.batch.complete') EXECUTE FUNCTION crash()"
        )
        assert (await world.send(connector, batch_of(invoices=[invoice()]))).status_code == 503
        superuser.execute("DROP TRIGGER crash ON outbox")
    batch_id = await world.pool.fetchval("SELECT batch_id FROM batch WHERE state = 'complete'")
    await world.writer.publish_pending()
    await assert_agrees(world, batch_id)
    versions = [item["Key"] for item in object_store.versions(BRONZE, "bronze/") if batch_id in item["Key"]]
    assert len(versions) == len(set(versions)) == 2


async def test_an_object_in_the_place_of_a_manifest_stays_and_stops_no_later_batch(
    between: World, store: StoreWithoutManifests
) -> None:
    connector = await between.onboard()
    first, _ = await owing(between, connector)
    uri = await between.pool.fetchval("SELECT manifest_uri FROM batch WHERE batch_id = $1", first)
    store.broken = False
    store.put_object(Bucket=BRONZE, Key=uri.removeprefix(f"s3://{BRONZE}/"), Body=b"{}", ChecksumAlgorithm="SHA256")
    second = (await between.send(connector, batch_of(invoices=[invoice(amount_inr=1)]))).json()["batch_id"]
    await between.writer.publish_pending()
    assert [event["batch_id"] for event in await announced(between)] == [second]
    assert await between.pool.fetchval("SELECT batch_id FROM pending_manifest") == first
    assert between.bronze(first)["manifest.json"] == b"{}"


async def test_manifests_that_are_owed_for_more_than_a_minute_are_told(between: World) -> None:
    async def measured() -> float | None:
        gauges, registry = StateGauges(between.pool, MEASURES), CollectorRegistry()
        registry.register(gauges)
        await gauges.measure()
        return registry.get_sample_value("altscore_ingest_pending_manifests")

    assert await measured() == 0
    await owing(between, await between.onboard())
    await between.pool.execute("UPDATE batch SET completed_at = now() - interval '2 minutes'")
    assert await measured() == 1


async def test_a_manifest_that_the_store_refuses_stops_no_other_distributors(
    between: World, store: StoreWithoutManifests
) -> None:
    for distributor_id in ("dist_a", "dist_b"):
        connector = await between.onboard(distributor_id)
        assert (await between.send(connector, batch_of(distributor_id, invoices=[invoice()]))).status_code == 503
    store.broken_for = "dist=dist_a"
    with pytest.raises(Unavailable):
        await between.writer.publish_pending()
    owed = await between.pool.fetch("SELECT distributor_id FROM pending_manifest")
    assert [row["distributor_id"] for row in owed] == ["dist_a"]
    assert [event["distributor_id"] for event in await announced(between)] == ["dist_b"]
