"""Erasure: everything goes at once and is certified, nothing brings the identity back, and nobody else is touched."""

from typing import Any

import asyncpg
import pytest
from altscore_ingestion.vault.erasures import store
from altscore_ingestion.vault.erasures.domain import is_certified, read_document
from altscore_libs.errors import Unavailable
from altscore_libs.testing import SoftwareSigner, api_client

from ...connector import batch_of, invoice, payment, retailer
from ...world import CATALOGUE, VaultSide, World
from ..client import GSTIN, OTHER_GSTIN, PHONE, audited, call, put, retailer_of

REQUEST, OTHER_REQUEST = "rgt_" + "1" * 32, "rgt_" + "2" * 32
WHOLE = {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Corner shop"}


async def erase(vault: VaultSide, retailer_id: str, request_id: str = REQUEST) -> Any:
    return await call(vault, "admin", f"/admin/retailers/{retailer_id}/erase", request_id=request_id)


async def stored_and_erased(vault: VaultSide) -> tuple[str, dict[str, Any]]:
    """A retailer with everything that can be known of it, erased; its id and the certificate."""
    [answer] = await put(vault, "dist_a", WHOLE)
    retailer_id = await retailer_of(vault, answer["subject_token"])
    erased = await erase(vault, retailer_id)
    assert erased.status_code == 200, erased.text
    return retailer_id, erased.json()


async def erased_events(vault: VaultSide) -> list[dict[str, Any]]:
    rows = await vault.pool.fetch("SELECT payload, key FROM outbox WHERE name = 'retailer.erased' ORDER BY id")
    return [CATALOGUE.decode("retailer.erased", row["payload"]) for row in rows]


async def refused(vault: VaultSide, distributor_id: str, **identity: Any) -> list[str]:
    """References of a request that belong to erased retailers."""
    async with api_client(vault.app, "ingestion") as client:
        answer = await client.post(
            "/internal/identities", json={"distributor_id": distributor_id, "identities": [identity]}
        )
    refs: list[str] = answer.json()["erased"]
    return refs


async def test_nothing_is_left_of_an_erased_retailer_and_a_certificate_says_so(vault: VaultSide) -> None:
    retailer_id, document = await stored_and_erased(vault)
    for table in ("retailer", "subject"):
        assert await vault.pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert (await call(vault, "score", "/lookup", gst=GSTIN)).json() == {"retailer_id": None}
    assert (await call(vault, "webhook", "/phones/resolve", phone=PHONE)).json() == {"retailers": []}
    assert (await call(vault, "pipeline", "/identities/map", retailer_ids=[retailer_id])).json() == {"map": []}
    certificate = document["certificate"]
    assert certificate["retailer_ids"] == [retailer_id]
    assert (certificate["request_id"], certificate["ledgers_erased"]) == (REQUEST, 1)
    assert is_certified(read_document(document), vault.signer.public_keys())


@pytest.mark.parametrize("field", ["request_id", "retailer_ids", "erased_at", "ledgers_erased", "key_id"])
async def test_a_certificate_that_was_changed_or_signed_by_another_key_is_none(vault: VaultSide, field: str) -> None:
    _, document = await stored_and_erased(vault)
    forged = {**document, "certificate": document["certificate"] | {field: "forged"}}
    assert not is_certified(read_document(forged), vault.signer.public_keys())
    assert not is_certified(read_document(document), SoftwareSigner("erasure-signing").public_keys())


async def test_a_key_of_another_service_certifies_no_erasure(vault: VaultSide) -> None:
    other = SoftwareSigner("consent-signing", vault.signer._key)
    vault.signer.key_id = other.key_id
    _, document = await stored_and_erased(vault)
    assert not is_certified(read_document(document), other.public_keys())


async def test_erasing_again_gives_the_first_certificate_and_no_second_event(vault: VaultSide) -> None:
    retailer_id, document = await stored_and_erased(vault)
    for request_id in (REQUEST, OTHER_REQUEST):
        assert (await erase(vault, retailer_id, request_id)).json() == document
    assert len(await erased_events(vault)) == 1
    entries = await audited(vault, "retailer_erased")
    assert [(row["actor"], row["outcome"]) for row in entries] == [
        ("admin", "erased"),
        ("admin", "already_erased"),
        ("admin", "already_erased"),
    ]
    assert {row["subject"] for row in entries} == {retailer_id}


async def test_the_event_carries_what_a_restored_vault_needs(vault: VaultSide) -> None:
    retailer_id, document = await stored_and_erased(vault)
    [event] = await erased_events(vault)
    assert (event["retailer_id"], event["retailer_ids"]) == (retailer_id, [retailer_id])
    assert event["signature"] == document["signature"]
    tombstones = {bytes(row["digest"]).hex() for row in await vault.pool.fetch("SELECT digest FROM tombstone")}
    assert set(event["tombstones"]) == tombstones
    assert len(tombstones) == 3  # its ledger, its GSTIN, its phone


async def test_the_same_ledger_or_gstin_is_refused_and_the_rest_of_the_request_is_stored(vault: VaultSide) -> None:
    await stored_and_erased(vault)
    assert await refused(vault, "dist_a", **WHOLE) == ["r-1"]
    assert await refused(vault, "dist_a", retailer_ref="r-1") == ["r-1"]
    assert await refused(vault, "dist_b", retailer_ref="x-9", gst=GSTIN.lower()) == ["x-9"]
    assert await vault.pool.fetchval("SELECT count(*) FROM subject") == 0
    stored = await put(vault, "dist_a", WHOLE, {"retailer_ref": "r-2"}, {"retailer_ref": "r-3", "gst": OTHER_GSTIN})
    assert [row["retailer_ref"] for row in stored] == ["r-2", "r-3"]


async def test_a_known_ledger_that_turns_out_to_be_an_erased_shop_learns_nothing_of_it(vault: VaultSide) -> None:
    await stored_and_erased(vault)
    [before] = await put(vault, "dist_b", {"retailer_ref": "x-9"})
    assert await refused(vault, "dist_b", retailer_ref="x-9", gst=GSTIN, phone="9111111111") == ["x-9"]
    assert await put(vault, "dist_b", {"retailer_ref": "x-9"}) == [before]
    assert (await call(vault, "webhook", "/phones/resolve", phone="9111111111")).json() == {"retailers": []}


async def test_an_erased_phone_is_not_stored_for_anybody(vault: VaultSide) -> None:
    await stored_and_erased(vault)
    [answer] = await put(vault, "dist_b", {"retailer_ref": "x-9", "phone": PHONE, "shop_name": "Another"})
    assert (await call(vault, "webhook", "/phones/resolve", phone=PHONE)).json() == {"retailers": []}
    retailer_id = await retailer_of(vault, answer["subject_token"])
    assert (await call(vault, "notification", "/phones/reveal", retailer_id=retailer_id)).status_code == 404


async def test_a_phone_that_another_retailer_shows_goes_on_standing_for_them(vault: VaultSide) -> None:
    [other] = await put(vault, "dist_b", {"retailer_ref": "x-9", "phone": PHONE})
    await stored_and_erased(vault)
    resolved = (await call(vault, "webhook", "/phones/resolve", phone=PHONE)).json()["retailers"]
    assert [row["retailer_id"] for row in resolved] == [await retailer_of(vault, other["subject_token"])]
    [later] = await put(vault, "dist_b", {"retailer_ref": "x-9", "phone": PHONE, "shop_name": "Renamed"})
    assert later["sealed_identity"] != other["sealed_identity"]
    await put(vault, "dist_b", {"retailer_ref": "x-10", "phone": PHONE})
    assert len((await call(vault, "webhook", "/phones/resolve", phone=PHONE)).json()["retailers"]) == 2


@pytest.mark.parametrize("by", ["winner", "alias"])
async def test_every_id_of_the_shop_is_erased_whichever_is_named(vault: VaultSide, by: str) -> None:
    await put(vault, "dist_a", WHOLE)
    [late] = await put(vault, "dist_b", {"retailer_ref": "x-9", "phone": "9111111111"})
    alias = await retailer_of(vault, late["subject_token"])
    await put(vault, "dist_b", {"retailer_ref": "x-9", "gst": GSTIN})
    winner = await retailer_of(vault, late["subject_token"])
    document = (await erase(vault, {"winner": winner, "alias": alias}[by])).json()
    assert document["certificate"]["retailer_ids"] == sorted([winner, alias])
    assert document["certificate"]["data_keys_destroyed"] == 2
    assert await vault.pool.fetchval("SELECT count(*) FROM retailer") == 0
    for retailer_id in (winner, alias):
        assert (await erase(vault, retailer_id)).json() == document


async def test_other_retailers_keep_everything(vault: VaultSide) -> None:
    other = {"retailer_ref": "r-2", "gst": OTHER_GSTIN, "phone": "9222222222", "shop_name": "Next shop"}
    before = await put(vault, "dist_a", other)
    await stored_and_erased(vault)
    assert await put(vault, "dist_a", other) == before
    assert len((await call(vault, "webhook", "/phones/resolve", phone="9222222222")).json()["retailers"]) == 1


@pytest.mark.parametrize("step", ["destroy", "insert_tombstones", "insert_erasure"])
async def test_an_erasure_that_is_cut_off_changes_nothing(
    vault: VaultSide, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [answer] = await put(vault, "dist_a", WHOLE)
    retailer_id = await retailer_of(vault, answer["subject_token"])
    whole = getattr(store, step)

    async def cut_off(connection: asyncpg.Connection, *args: Any) -> None:
        await whole(connection, *args)
        raise Unavailable("cut off")

    monkeypatch.setattr(store, step, cut_off)
    assert (await erase(vault, retailer_id)).status_code == 503
    monkeypatch.undo()
    assert await put(vault, "dist_a", WHOLE) == [answer]
    assert await erased_events(vault) == []
    assert (await erase(vault, retailer_id)).status_code == 200


async def test_an_unknown_retailer_is_not_found_and_audited(vault: VaultSide) -> None:
    answer = await erase(vault, "ret_" + "0" * 16)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    [entry] = await audited(vault, "retailer_erased")
    assert entry["outcome"] == "not_found"


@pytest.mark.parametrize("body", [{}, {"request_id": "yes"}, {"request_id": None}, {"request_id": REQUEST, "why": "x"}])
async def test_a_request_without_its_approval_is_refused(vault: VaultSide, body: dict[str, Any]) -> None:
    [answer] = await put(vault, "dist_a", WHOLE)
    retailer_id = await retailer_of(vault, answer["subject_token"])
    assert (await call(vault, "admin", f"/admin/retailers/{retailer_id}/erase", **body)).status_code == 400
    assert await vault.pool.fetchval("SELECT count(*) FROM subject") == 1


async def test_the_role_of_the_vault_cannot_forget_an_erasure(vault: VaultSide) -> None:
    await stored_and_erased(vault)
    for statement in ("DELETE FROM tombstone", "DELETE FROM erasure", "UPDATE tombstone SET erased_at = now()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await vault.pool.execute(statement)


async def test_an_erased_retailer_stops_no_batch_and_nothing_of_theirs_is_kept(world: World) -> None:
    connector = await world.onboard()
    batch = batch_of(retailers=[retailer("r-1", gst=GSTIN, phone=PHONE)], invoices=[invoice(retailer_ref="r-1")])
    assert (await world.send(connector, batch)).status_code == 202
    retailer_id = await world.vault.pool.fetchval("SELECT retailer_id FROM retailer")
    await erase(world.vault, retailer_id)
    again = batch_of(
        retailers=[retailer("r-1", gst=GSTIN, phone=PHONE)],
        invoices=[invoice("INV-7", retailer_ref="r-1"), invoice("INV-8", retailer_ref="r-2")],
        payments=[payment("PAY-7", retailer_ref="r-1")],
    )
    answer = await world.send(connector, again)
    counts = {name: answer.json()[name] for name in ("submitted", "accepted", "quarantined")}
    assert counts == {"submitted": 4, "accepted": 1, "quarantined": 3}
    assert world.quarantine(answer.json()["batch_id"]) == {}
    status = await world.status(connector, answer.json()["batch_id"])
    assert {row["reasons"][0]["field"] for row in status.json()["records"]} == {"retailer_ref"}
    assert await world.vault.pool.fetchval("SELECT count(*) FROM subject") == 1


async def test_a_payment_that_only_names_an_invoice_of_an_erased_retailer_is_set_aside_and_not_kept(
    world: World,
) -> None:
    connector = await world.onboard()
    first = batch_of(
        retailers=[retailer("r-1", gst=GSTIN, phone=PHONE)],
        invoices=[invoice("INV-1", retailer_ref="r-1"), invoice("INV-2", retailer_ref="r-2")],
    )
    assert (await world.send(connector, first)).status_code == 202
    owner = await world.pool.fetchval("SELECT subject_token FROM record WHERE record_key = 'INV-1'")
    await erase(world.vault, await retailer_of(world.vault, owner))
    payments = [payment(f"PAY-{number}", invoice_id=f"INV-{number}") for number in (1, 2)]
    for item in payments:
        del item["retailer_ref"]
    answer = await world.send(connector, batch_of(payments=payments))
    counts = {name: answer.json()[name] for name in ("submitted", "accepted", "quarantined")}
    assert counts == {"submitted": 2, "accepted": 1, "quarantined": 1}
    assert world.quarantine(answer.json()["batch_id"]) == {}
    stored = await world.pool.fetch("SELECT record_key FROM record WHERE table_name = 'payments'")
    assert [row["record_key"].partition("#")[0] for row in stored] == ["PAY-2"]
    status = await world.status(connector, answer.json()["batch_id"])
    [row] = status.json()["records"]
    assert "erased" in str(row["reasons"])
