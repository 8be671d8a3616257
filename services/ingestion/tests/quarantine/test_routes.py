"""Reprocessing: what passes today's rules comes to Bronze once, in the order in which its source stated it."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from altscore_ingestion.batches.objects import encrypt_quarantine
from altscore_libs.testing import api_client

from ..connector import Connector, batch_of, invoice, payment, retailer, returned
from ..world import BRONZE, QUARANTINE, Store, VaultSide, Wiring, World, rows
from .orders import TOO_MUCH, live, quarantined, raise_amount, reprocess, sent

GSTIN, OTHER_GSTIN = "27AAACZ0000A1Z9", "29AAACZ0000A1Z5"
UNKNOWN_INVOICE = {
    "table": "payments",
    "field": "retailer_ref",
    "rule": "is missing, and the invoice is unknown",
    "records": 1,
}


async def test_what_passes_now_comes_to_bronze_as_a_batch_of_its_own_and_the_rest_stays_with_its_rule(
    world: World,
) -> None:
    connector = await world.onboard()
    source = await quarantined(
        world,
        connector,
        sequence=7,
        invoices=[invoice(), invoice("INV-2", amount_inr=TOO_MUCH, source_order=3), invoice("INV-3", amount_inr=0)],
        payments=[payment(amount_paid_inr=TOO_MUCH)],
    )
    await raise_amount(world)
    answer = await reprocess(world, source)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["accepted"], body["outdated"], body["duplicate"]) == (2, 0, 0)
    assert body["remaining"] == [
        {
            "table": "invoices",
            "field": "amount_inr",
            "rule": "is not an amount with at most two decimals, above zero",
            "records": 1,
        }
    ]
    objects = world.bronze(body["batch_id"])
    [bought], [paid] = rows(objects, "invoices"), rows(objects, "payments")
    first = rows(world.bronze(source), "invoices")[0]
    assert (bought["invoice_id"], bought["amount_inr"], paid["amount_inr"]) == ("INV-2", TOO_MUCH, TOO_MUCH)
    assert (bought["source_order"], bought["sequence"], bought["content_version"]) == (3, 7, 1)
    assert (bought["subject_token"], bought["sealed_identity"]) == (first["subject_token"], first["sealed_identity"])
    manifest = world.manifest(body["batch_id"])
    assert [manifest[name] for name in ("submitted", "accepted", "quarantined", "duplicate")] == [2, 2, 0, 0]
    assert [manifest[name] for name in ("sync_from", "sync_to", "sequence")] == [
        world.manifest(source)[name] for name in ("sync_from", "sync_to", "sequence")
    ]


async def test_it_is_announced_and_audited_like_a_batch_and_as_an_order(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH), invoice("B", amount_inr=0)])
    await raise_amount(world)
    told = (await reprocess(world, source)).json()
    events = [data for name, data in await world.events() if name == "ingestion.batch.complete"]
    assert (events[-1]["batch_id"], events[-1]["record_count"]) == (told["batch_id"], 1)
    ingested = (await world.audited("batch_ingested"))[-1]
    assert (ingested["actor"], ingested["subject"]) == ("admin", told["batch_id"])
    assert ingested["details"]["reprocessed_from"] == source
    [entry] = await world.audited("quarantine_reprocessed")
    assert (entry["actor"], entry["subject"], entry["outcome"]) == ("admin", source, "success")
    assert entry["details"] == {
        "batch_id": told["batch_id"],
        "accepted": "1",
        "outdated": "0",
        "duplicate": "0",
        "remaining": "1",
    }


async def test_a_second_call_takes_nothing_again(world: World, object_store: Store) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH), invoice("B", amount_inr=0)])
    await raise_amount(world)
    first = (await reprocess(world, source)).json()
    before = len(object_store.versions(BRONZE, "bronze/dist=dist_a/"))
    states = await world.pool.fetch("SELECT * FROM record ORDER BY record_key")
    again = (await reprocess(world, source)).json()
    assert (again["batch_id"], again["accepted"], again["duplicate"]) == (None, 0, 0)
    assert again["remaining"] == first["remaining"]
    assert len(object_store.versions(BRONZE, "bronze/dist=dist_a/")) == before
    assert await world.pool.fetch("SELECT * FROM record ORDER BY record_key") == states
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 2


async def test_calls_at_once_take_a_record_once(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    answers = await asyncio.gather(*(reprocess(world, source) for _ in range(4)))
    accepted = [answer.json()["accepted"] for answer in answers if answer.status_code == 200]
    assert sum(accepted) == 1
    assert {answer.status_code for answer in answers} <= {200, 503}


@pytest.mark.parametrize("how", ["source_order", "sequence", "arrival"])
async def test_a_record_that_the_source_corrected_later_is_history(world: World, how: str) -> None:
    connector = await world.onboard()
    older, newer = [
        {"invoices": [invoice(amount_inr=amount) | ({how: place} if how == "source_order" else {})]}
        | ({how: place} if how == "sequence" else {})
        for place, amount in ((1, TOO_MUCH), (2, 500))
    ]
    source = await quarantined(world, connector, **older)
    await sent(world, connector, **newer)
    await raise_amount(world)
    told = (await reprocess(world, source)).json()
    assert (told["accepted"], told["outdated"]) == (1, 1)
    assert await live(world) == {"INV-1": Decimal("500.00")}
    [history] = rows(world.bronze(told["batch_id"]), "invoices")
    assert (history["is_outdated"], history["content_version"]) == (True, 2)
    totals = {item["month"]: item for item in (await world.totals(connector))["months"]}
    assert totals["2026-05"]["bronze"]["amount_inr"] == "500.00"


async def test_a_record_that_the_source_stated_before_is_corrected(world: World) -> None:
    connector = await world.onboard()
    await sent(world, connector, invoices=[invoice(amount_inr=500)])
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    told = (await reprocess(world, source)).json()
    assert (told["accepted"], told["outdated"]) == (1, 0)
    assert await live(world) == {"INV-1": Decimal(TOO_MUCH)}


async def test_a_content_that_was_only_stated_again_later_stands_against_an_older_one(world: World) -> None:
    connector = await world.onboard()
    await sent(world, connector, invoices=[invoice(amount_inr=500)])
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    answer = await world.send(connector, batch_of(invoices=[invoice(amount_inr=500), invoice("INV-2")]))
    assert answer.json()["duplicate"] == 1
    await raise_amount(world)
    assert (await reprocess(world, source)).json()["outdated"] == 1
    assert (await live(world))["INV-1"] == Decimal("500.00")


async def test_of_two_quarantined_statements_the_later_is_live_in_whatever_order_they_come_back(world: World) -> None:
    connector = await world.onboard()
    first = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    second = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH + 1)])
    await raise_amount(world)
    assert (await reprocess(world, second)).json()["outdated"] == 0
    assert (await reprocess(world, first)).json()["outdated"] == 1
    assert await live(world) == {"INV-1": Decimal(TOO_MUCH + 1)}


async def test_a_record_that_the_connector_sent_again_is_a_duplicate_and_leaves_quarantine(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    await sent(world, connector, invoices=[invoice(amount_inr=TOO_MUCH), invoice("INV-2")])
    told = (await reprocess(world, source)).json()
    assert (told["accepted"], told["duplicate"], told["remaining"]) == (0, 1, [])
    path = "/v1/connector/quarantine"
    assert (await world.call(connector, "GET", path)).json()["records"] == []
    assert (await world.status(connector, source)).json()["records"] == []


async def test_a_payment_whose_invoice_came_later_finds_its_retailer(world: World) -> None:
    connector = await world.onboard()
    pointer = payment(retailer_ref=None, invoice_id="INV-1")
    source = await quarantined(world, connector, payments=[pointer])
    assert (await reprocess(world, source)).json() == {
        "batch_id": None,
        "accepted": 0,
        "outdated": 0,
        "duplicate": 0,
        "remaining": [UNKNOWN_INVOICE],
    }
    bought = await sent(world, connector, invoices=[invoice()])
    told = (await reprocess(world, source)).json()
    [paid], [owner] = rows(world.bronze(told["batch_id"]), "payments"), rows(world.bronze(bought), "invoices")
    assert paid["subject_token"] == owner["subject_token"]


async def test_a_payment_belongs_to_the_newest_owner_of_its_invoice_not_to_a_quarantined_one(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(
        world,
        connector,
        invoices=[invoice(retailer_ref="ledger-9", amount_inr=TOO_MUCH)],
        payments=[payment(retailer_ref=None, invoice_id="INV-1", amount_paid_inr=TOO_MUCH)],
    )
    newest = await sent(world, connector, invoices=[invoice(retailer_ref="ledger-1")])
    await raise_amount(world)
    told = (await reprocess(world, source)).json()
    [paid], [owner] = rows(world.bronze(told["batch_id"]), "payments"), rows(world.bronze(newest), "invoices")
    assert paid["subject_token"] == owner["subject_token"]


async def retailer_id_of(world: World, token: str) -> Any:
    return await world.vault.pool.fetchval(
        "SELECT retailer_id FROM subject WHERE subject_token = $1", bytes.fromhex(token)
    )


class OlderRelease:
    """A release whose rules refused what today's take: it left a sound line of the master in quarantine."""

    def __init__(self, world: World, store: Store, wiring: Wiring) -> None:
        self._world, self._store, self._wiring = world, store, wiring

    async def refuses(self, connector: Connector, line: dict[str, Any]) -> str:
        """Sends a line with something wrong and leaves the sound one in its place."""
        source = await quarantined(self._world, connector, retailers=[line | {"district": "Pu\x01ne"}])
        entry = {"table": "retailers", "index": 0, "reasons": [], "record": json.dumps(line)}
        [key] = self._store.objects(QUARANTINE, containing=source)
        body = await encrypt_quarantine(self._wiring.wrapper, source, [entry])
        self._store.client.put_object(Bucket=QUARANTINE, Key=key, Body=body)
        return source


@pytest.fixture
def older_release(world: World, object_store: Store, wiring: Wiring) -> OlderRelease:
    """A release before this one."""
    return OlderRelease(world, object_store, wiring)


async def test_a_line_of_the_master_brings_its_phone_where_no_later_line_stands(
    world: World, older_release: OlderRelease
) -> None:
    connector = await world.onboard()
    await sent(world, connector, invoices=[invoice()])
    source = await older_release.refuses(connector, retailer(phone="9000000000", gst=GSTIN))
    told = (await reprocess(world, source)).json()
    [line] = rows(world.bronze(told["batch_id"]), "retailers")
    assert (line["district"], line["gst_status"]) == ("Pune", "verified")
    async with api_client(world.vault.app, "webhook") as client:
        resolved = await client.post("/internal/phones/resolve", json={"phone": "+91 90000 00000"})
    [item] = resolved.json()["retailers"]
    assert item["retailer_id"] == await retailer_id_of(world, line["subject_token"])


async def test_an_older_line_of_the_master_stays_out_of_bronze_and_of_the_vault(
    world: World, older_release: OlderRelease
) -> None:
    connector = await world.onboard()
    source = await older_release.refuses(connector, retailer(phone="9000000000", gst=OTHER_GSTIN))
    batch_id = await sent(world, connector, retailers=[retailer(phone="9000000001", gst=GSTIN)])
    ledgers = await world.vault.pool.fetch("SELECT * FROM subject ORDER BY subject_token")
    told = (await reprocess(world, source)).json()
    assert (told["batch_id"], told["accepted"]) == (None, 0)
    assert told["remaining"] == [
        {
            "table": "retailers",
            "field": "retailer_ref",
            "rule": "has a later line in the customer master, which stands",
            "records": 1,
        }
    ]
    assert await world.vault.pool.fetch("SELECT * FROM subject ORDER BY subject_token") == ledgers
    assert len(rows(world.bronze(batch_id), "retailers")) == 1


async def test_an_older_gstin_of_an_invoice_moves_no_ledger(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(retailer_gst=OTHER_GSTIN, amount_inr=TOO_MUCH)])
    await sent(world, connector, invoices=[invoice("INV-2", retailer_gst=GSTIN)])
    before = await world.vault.pool.fetch("SELECT subject_token, retailer_id FROM subject")
    await raise_amount(world)
    assert (await reprocess(world, source)).json()["accepted"] == 1
    assert await world.vault.pool.fetch("SELECT subject_token, retailer_id FROM subject") == before
    assert await world.vault.pool.fetchval("SELECT count(*) FROM retailer") == 1


async def test_records_of_an_erased_retailer_stay_out(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice("I-0"), invoice(amount_inr=TOO_MUCH)])
    token = rows(world.bronze(source), "invoices")[0]["subject_token"]
    retailer_id = await retailer_id_of(world, token)
    async with api_client(world.vault.app, "admin") as client:
        erased = await client.post(
            f"/internal/admin/retailers/{retailer_id}/erase", json={"request_id": f"rgt_{'1' * 32}"}
        )
    assert erased.status_code == 200, erased.text
    await raise_amount(world)
    told = (await reprocess(world, source)).json()
    assert (told["batch_id"], told["accepted"]) == (None, 0)
    assert "erased" in told["remaining"][0]["rule"]


async def test_what_is_no_longer_kept_is_gone_and_says_so(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    world.clock.advance(seconds=30 * 86_400)
    answer = await reprocess(world, source)
    assert (answer.status_code, answer.json()["code"]) == (410, "QUARANTINE_EXPIRED")


async def test_an_object_that_the_store_has_removed_is_not_found(world: World, object_store: Store) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    [key] = object_store.objects(QUARANTINE, containing=source)
    object_store.client.delete_object(Bucket=QUARANTINE, Key=key)
    assert (await reprocess(world, source)).status_code == 404


async def test_records_of_a_revoked_distributor_are_refused(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    await world.services.distributors.revoke("dist_a")
    answer = await reprocess(world, source)
    assert (answer.status_code, answer.json()["code"]) == (409, "DISTRIBUTOR_REVOKED")
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 1


async def test_batches_of_others_of_nobody_and_incomplete_ones_are_not_opened(world: World) -> None:
    connector = await world.onboard()
    await world.onboard("dist_b")
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    assert (await reprocess(world, source, distributor_id="dist_b")).status_code == 404
    assert (await reprocess(world, source, distributor_id="dist_none")).status_code == 404
    assert (await reprocess(world, f"bat_{'0' * 32}")).status_code == 404
    assert (await reprocess(world, "bat_x")).status_code == 400
    for caller in ("score", "ingestion"):
        assert (await reprocess(world, source, caller=caller)).status_code == 403
    await world.pool.execute("UPDATE batch SET state = 'received', completed_at = NULL")
    answer = await reprocess(world, source)
    assert (answer.status_code, answer.json()["code"]) == (409, "BATCH_INCOMPLETE")


@pytest.mark.parametrize("what", ["not JSON", "another batch's", "another key"])
async def test_an_object_that_the_batch_did_not_leave_is_refused(
    world: World, object_store: Store, wiring: Wiring, what: str
) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    other = await quarantined(world, connector, invoices=[invoice("INV-2", amount_inr=TOO_MUCH)])
    [key] = object_store.objects(QUARANTINE, containing=source)
    body = {"not JSON": b"{", "another key": b'{"wrapped_key": "AAAA", "nonce": "AAAA", "ciphertext": "AAAA"}'}.get(
        what, next(iter(world.quarantine(other).values()))
    )
    object_store.client.put_object(Bucket=QUARANTINE, Key=key, Body=body)
    await raise_amount(world)
    answer = await reprocess(world, source)
    assert (answer.status_code, answer.json()["code"]) == (409, "QUARANTINE_UNREADABLE")
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 2


async def test_a_reprocessed_batch_costs_nothing_of_the_connectors_quota(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(world, connector, invoices=[invoice(amount_inr=TOO_MUCH)])
    await raise_amount(world)
    assert (await reprocess(world, source)).json()["accepted"] == 1
    answer = await world.send(connector, batch_of(invoices=[invoice("INV-2")]))
    assert answer.headers["X-RateLimit-Remaining"] == "8"


async def test_nothing_in_answer_audit_or_database_names_a_person(world: World) -> None:
    connector = await world.onboard()
    source = await quarantined(
        world,
        connector,
        invoices=[invoice(amount_inr=TOO_MUCH, retailer_gst=GSTIN)],
        retailers=[retailer(phone="9000000000", shop_name="Secret shop", unknown="9000000000")],
        returns=[returned(amount_inr=TOO_MUCH)],
    )
    await raise_amount(world)
    answer = await reprocess(world, source)
    tables = ("batch", "batch_record", "record", "subject", "superseded_content")
    told = answer.text + str(await world.events())
    told += str([tuple(row) for table in tables for row in await world.pool.fetch(f"TABLE {table}")])
    assert answer.json()["accepted"] == 2
    for personal in ("9000000000", "Secret shop", GSTIN):
        assert personal not in told


async def test_records_of_a_retailer_whose_rows_the_vault_did_not_write_wait_until_these_are_mended(
    world: World, vault: VaultSide
) -> None:
    connector = await world.onboard()
    await sent(world, connector, sequence=1, invoices=[invoice()])
    mac = await vault.pool.fetchval("SELECT row_mac FROM subject")
    await vault.pool.execute("UPDATE subject SET row_mac = NULL")
    source = await quarantined(world, connector, sequence=2, invoices=[invoice("INV-2")])
    assert "INV-2" not in str(await live(world))
    await vault.pool.execute("UPDATE subject SET row_mac = $1", mac)
    answer = (await reprocess(world, source)).json()
    assert (answer["accepted"], answer["remaining"]) == (1, [])
