"""From records to Bronze: versions, retailers, the exact schema, the lock, and what survives a failure."""

import asyncio
import base64
import hashlib
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pyarrow.parquet as pq
import pytest
from altscore_ingestion.batches.bronze import SCHEMAS, row_sha256
from altscore_libs.clock import FixedClock
from altscore_libs.testing import Database
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..connector import batch_of, invoice, payment, retailer
from ..world import BRONZE, Store, VaultSide, Wiring, World, make_world, rows, s3

GSTIN, OTHER_GSTIN, WRONG_GSTIN = "27AAACZ0000A1Z9", "29AAACZ0000A1Z5", "27AAACZ0000A1Z1"


async def test_bronze_has_exactly_the_agreed_columns_and_the_manifest_their_digests(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(
        connector,
        batch_of(
            retailers=[retailer(gst=GSTIN, phone="9000000000")],
            invoices=[invoice(bill_ref="B/1", sku_category="FMCG", line_count=3), invoice("INV-0", due_date=None)],
            payments=[payment(line_no=2, payment_method="upi", is_bounced=True)],
            returns=[
                {"return_id": "CN-1", "retailer_ref": "ledger-1", "return_date": "2026-05-10", "amount_inr": 10.5}
            ],
        ),
        erp_type="tally_prime",
    )
    batch_id = answer.json()["batch_id"]
    objects = world.bronze(batch_id)
    manifest = json.loads(objects["manifest.json"])
    assert [file_entry["name"] for file_entry in manifest["files"]] == [
        "invoices.parquet",
        "payments.parquet",
        "returns.parquet",
        "retailers.parquet",
    ]
    for file_entry in manifest["files"]:
        body = objects[file_entry["name"]]
        assert file_entry["sha256"] == hashlib.sha256(body).hexdigest()
        assert file_entry["bytes"] == len(body)
        file = pq.ParquetFile(io.BytesIO(body))
        assert file.schema_arrow.equals(SCHEMAS[file_entry["name"].removesuffix(".parquet")])
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
        for row in file.read().to_pylist():
            assert row["row_sha256"] == row_sha256(row)
            assert (row["distributor_id"], row["batch_id"], row["erp_type"]) == ("dist_a", batch_id, "tally_prime")
            assert row["ingested_at"] == world.clock.now()
    first, second = rows(objects, "invoices")
    assert (first["invoice_id"], first["due_on"], first["content_version"]) == ("INV-0", None, 1)
    assert second["amount_inr"] == Decimal("42000.00")
    assert (second["invoice_on"], second["line_count"]) == (date(2026, 5, 3), 3)
    assert rows(objects, "retailers")[0]["gst_status"] == "verified"
    assert (
        len(
            {
                row["subject_token"]
                for table in ("invoices", "payments", "returns", "retailers")
                for row in rows(objects, table)
            }
        )
        == 1
    )


async def test_control_totals_count_and_sum_every_month_to_the_paisa(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(
        connector,
        batch_of(
            invoices=[
                invoice("A", amount_inr=0.1),
                invoice("B", amount_inr=0.2),
                invoice("C", invoice_date="2026-04-30", amount_inr=1000000000.00),
            ],
            payments=[payment(amount_paid_inr=1)],
        ),
    )
    assert world.manifest(answer.json()["batch_id"])["totals"] == [
        {"table": "invoices", "month": "2026-04", "count": 1, "amount_inr": "1000000000.00"},
        {"table": "invoices", "month": "2026-05", "count": 2, "amount_inr": "0.30"},
        {"table": "payments", "month": "2026-05", "count": 1, "amount_inr": "1.00"},
    ]


async def test_a_changed_invoice_is_a_correction_and_an_equal_one_a_duplicate(world: World) -> None:
    connector = await world.onboard()
    first = await world.send(connector, batch_of(invoices=[invoice(), invoice("INV-2")]))
    second = await world.send(
        connector, batch_of(invoices=[invoice(amount_inr=41000), invoice("INV-2"), invoice("INV-3")])
    )
    assert (first.json()["accepted"], first.json()["duplicate"]) == (2, 0)
    assert (second.json()["accepted"], second.json()["duplicate"]) == (2, 1)
    invoices = rows(world.bronze(second.json()["batch_id"]), "invoices")
    assert [(row["invoice_id"], row["content_version"]) for row in invoices] == [("INV-1", 2), ("INV-3", 1)]


async def test_two_versions_in_one_batch_are_both_kept_in_order(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(
        connector, batch_of(invoices=[invoice(amount_inr=1), invoice(amount_inr=2), invoice(amount_inr=2)])
    )
    assert (answer.json()["accepted"], answer.json()["duplicate"]) == (2, 1)
    invoices = rows(world.bronze(answer.json()["batch_id"]), "invoices")
    assert [(row["content_version"], row["amount_inr"]) for row in invoices] == [(1, 1), (2, 2)]


async def test_the_plain_shape_of_the_specification_is_enough(world: World) -> None:
    connector = await world.onboard()
    plain = {
        "invoice_id": "INV-2026-001",
        "retailer_gst": GSTIN,
        "invoice_date": "2026-05-03",
        "amount_inr": 42000,
        "due_date": "2026-05-17",
    }
    paid = {
        "payment_id": "PAY-2026-001",
        "invoice_id": "INV-2026-001",
        "paid_date": "2026-05-15",
        "amount_paid_inr": 42000,
    }
    first = await world.send(connector, batch_of(invoices=[plain]))
    later = await world.send(connector, batch_of(payments=[paid]))
    [bought] = rows(world.bronze(first.json()["batch_id"]), "invoices")
    [settled] = rows(world.bronze(later.json()["batch_id"]), "payments")
    assert settled["subject_token"] == bought["subject_token"]
    assert settled["sealed_identity"] == bought["sealed_identity"]


async def test_a_payment_that_points_to_nobody_is_quarantined_and_one_on_account_is_not(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(
        connector,
        batch_of(payments=[payment("P1", retailer_ref=None, invoice_id="none"), payment("P2", invoice_id="none")]),
    )
    assert (answer.json()["accepted"], answer.json()["quarantined"]) == (1, 1)
    status = await world.status(connector, answer.json()["batch_id"])
    assert status.json()["records"][0]["reasons"] == [
        {"field": "retailer_ref", "reason": "is missing, and the invoice is unknown"}
    ]


async def test_a_gstin_with_a_wrong_check_digit_keeps_the_record_and_is_flagged(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(
        connector,
        batch_of(
            invoices=[invoice(retailer_ref=None, retailer_gst=WRONG_GSTIN)],
            retailers=[retailer("r-1", gst=WRONG_GSTIN), retailer("r-2", gst="URP")],
        ),
    )
    assert answer.json()["accepted"] == 3
    retailers = rows(world.bronze(answer.json()["batch_id"]), "retailers")
    assert [row["gst_status"] for row in retailers] == ["invalid", "invalid"]
    assert await world.vault.pool.fetchval("SELECT count(*) FROM retailer WHERE gst_token IS NOT NULL") == 0
    assert await world.vault.pool.fetchval("SELECT count(*) FROM retailer") == 3


async def test_a_new_phone_is_a_new_version_of_the_master_and_silence_is_none(world: World) -> None:
    connector = await world.onboard()
    counts: list[tuple[int, int]] = []
    for fields in ({"phone": "9000000000"}, {"phone": "9000000001"}, {"phone": "+91 90000 00001"}, {}):
        answer = await world.send(connector, batch_of(retailers=[retailer(**fields)], sync_to=_later(len(counts))))
        counts.append((answer.json()["accepted"], answer.json()["duplicate"]))
    assert counts == [(1, 0), (1, 0), (0, 1), (0, 1)]


def _later(days: int) -> str:
    return f"2026-05-{20 + days}T00:00:00Z"


async def test_bronze_cannot_be_deleted_shortened_or_overwritten(world: World, object_store: Store) -> None:
    connector = await world.onboard()
    answer = await world.send(connector, batch_of(invoices=[invoice()]))
    versions = [
        version for version in object_store.versions(BRONZE, "bronze/") if answer.json()["batch_id"] in version["Key"]
    ]
    assert len(versions) == 2
    for version in versions:
        where = {"Bucket": BRONZE, "Key": version["Key"], "VersionId": version["VersionId"]}
        head = object_store.client.head_object(**where)
        assert head["ObjectLockMode"] == "COMPLIANCE"
        assert head["ObjectLockRetainUntilDate"] == world.clock.now() + timedelta(days=1)
        assert head["ServerSideEncryption"] == "AES256"
        with pytest.raises(ClientError):
            object_store.client.delete_object(**where, BypassGovernanceRetention=True)
        shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": world.clock.now() + timedelta(minutes=1)}
        with pytest.raises(ClientError):
            object_store.client.put_object_retention(**where, Retention=shorter)


async def test_quarantine_opens_only_with_the_wrapped_key(world: World, wiring: Wiring) -> None:
    connector = await world.onboard()
    answer = await world.send(connector, batch_of(invoices=[invoice("INV-SECRET", amount_inr="12")]))
    batch_id = answer.json()["batch_id"]
    [encrypted] = world.quarantine(batch_id).values()
    assert b"INV-SECRET" not in encrypted
    envelope = json.loads(encrypted)
    key = await wiring.wrapper.unwrap(base64.b64decode(envelope["wrapped_key"]))
    nonce, body = (base64.b64decode(envelope[name]) for name in ("nonce", "ciphertext"))
    [record] = json.loads(AESGCM(key).decrypt(nonce, body, batch_id.encode()))
    assert json.loads(record["record"])["invoice_id"] == "INV-SECRET"
    assert record["reasons"] == [{"field": "amount_inr", "reason": "is not a number"}]


Parts = tuple[Any, Store, VaultSide, FixedClock, Wiring]


@pytest.fixture
def parts(pool: Any, object_store: Store, vault: VaultSide, clock: FixedClock, wiring: Wiring) -> Parts:
    return pool, object_store, vault, clock, wiring


async def test_a_vault_or_store_that_is_down_announces_nothing_and_the_same_batch_succeeds_later(parts: Parts) -> None:
    pool, store, vault, clock, wiring = parts
    whole = make_world(pool, store, vault, clock, wiring)
    connector, own_id = await whole.onboard(), str(uuid4())
    payload = batch_of(invoices=[invoice(), invoice("INV-2", amount_inr=0)])
    silent = httpx.ASGITransport(app=_nobody)
    for broken in (
        Wiring(wiring.keys, wiring.ca, wiring.wrapper, vault_transport=silent),
        Wiring(wiring.keys, wiring.ca, wiring.wrapper, s3_client=s3("http://127.0.0.1:9")),
    ):
        world = make_world(pool, store, vault, clock, broken)
        answer = await world.send(connector, payload, batch_id=own_id)
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert "Retry-After" in answer.headers
        assert [name for name, _ in await world.events()] == ["audit_event"]
        status = (await world.status(connector, own_id)).json()
        assert (status["status"], status["pipeline_triggered"]) == ("processing", False)
    answer = await whole.send(connector, payload, batch_id=own_id)
    assert (answer.status_code, answer.json()["accepted"], answer.json()["quarantined"]) == (202, 1, 1)
    assert await pool.fetchval("SELECT count(*) FROM batch") == 1
    assert [name for name, _ in await whole.events()].count("ingestion.batch.complete") == 1


async def _nobody(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def test_a_crash_between_writing_and_counting_is_resumed_without_a_second_copy(
    world: World, database: Database, object_store: Store
) -> None:
    connector, own_id = await world.onboard(), str(uuid4())
    payload = batch_of(invoices=[invoice()], retailers=[retailer(phone="9000000000")])
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(
            "CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'crash' USING ERRCODE = '57P02'; END$$"
        )
        superuser.execute(
            "CREATE TRIGGER crash BEFORE INSERT ON pending_manifest FOR EACH ROW EXECUTE FUNCTION crash()"
        )
        cut = await world.send(connector, payload, batch_id=own_id)
        assert cut.status_code == 503
        assert await world.pool.fetchval("SELECT state FROM batch") == "received"
        assert await world.pool.fetchval("SELECT count(*) FROM record") == 0
        superuser.execute("DROP TRIGGER crash ON pending_manifest")
    world.clock.advance(seconds=3_600)
    answer = await world.send(connector, payload, batch_id=own_id)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    versions = [
        version for version in object_store.versions(BRONZE, "bronze/") if answer.json()["batch_id"] in version["Key"]
    ]
    assert len(versions) == 3  # two tables and the manifest, each written once
    assert [name for name, _ in await world.events()].count("ingestion.batch.complete") == 1


async def test_a_batch_sent_many_times_at_once_is_stored_once(world: World) -> None:
    connector, own_id = await world.onboard(), str(uuid4())
    payload = batch_of(invoices=[invoice(f"INV-{number}") for number in range(50)])
    answers = await asyncio.gather(*(world.send(connector, payload, batch_id=own_id) for _ in range(6)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(202) == 1
    assert set(statuses) <= {202, 409, 503}
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 1
    assert [name for name, _ in await world.events()].count("ingestion.batch.complete") == 1


async def test_two_batches_with_one_invoice_never_both_call_it_new(world: World) -> None:
    connector = await world.onboard()
    answers = await asyncio.gather(
        *(world.send(connector, batch_of(invoices=[invoice()], sync_to=_later(day))) for day in range(4))
    )
    accepted = [answer.json()["accepted"] for answer in answers if answer.status_code == 202]
    assert sum(accepted) == 1
    assert {answer.status_code for answer in answers} <= {202, 503}
