"""The vault: who is merged, who never is, what leaves it, and that every use is written down."""

import base64
import hashlib
from typing import Any

import pytest
from altscore_ingestion.vault.crypto import DataKey, unseal
from altscore_libs.clock import FixedClock
from altscore_libs.testing import api_client
from cryptography.exceptions import InvalidTag
from ingestion_world import CATALOGUE, VaultSide

GSTIN, OTHER_GSTIN, WRONG_GSTIN = "27AAACZ0000A1Z9", "29AAACZ0000A1Z5", "27AAACZ0000A1Z1"
PHONE = "9000000000"


async def put(vault: VaultSide, distributor_id: str, *identities: dict[str, Any]) -> list[dict[str, Any]]:
    async with api_client(vault.app, "ingestion") as client:
        answer = await client.post(
            "/internal/identities", json={"distributor_id": distributor_id, "identities": list(identities)}
        )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["identities"]
    return found


async def call(vault: VaultSide, caller: str, path: str, **body: Any) -> Any:
    async with api_client(vault.app, caller) as client:
        return await client.post(f"/internal{path}", json=body)


async def retailer_of(vault: VaultSide, token: str) -> str:
    found: str = await vault.pool.fetchval(
        "SELECT retailer_id FROM subject WHERE subject_token = $1", bytes.fromhex(token)
    )
    return found


async def audited(vault: VaultSide, action: str) -> list[dict[str, Any]]:
    rows = await vault.pool.fetch("SELECT name, payload FROM outbox ORDER BY id")
    events = [CATALOGUE.decode(row["name"], row["payload"]) for row in rows]
    return [one for one in events if one["action"] == action]


async def test_one_gstin_is_one_retailer_at_every_distributor(vault: VaultSide) -> None:
    [first] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN})
    [second] = await put(vault, "dist_b", {"retailer_ref": "x-9", "gst": GSTIN.lower()})
    assert first["gst_status"] == second["gst_status"] == "verified"
    assert first["subject_token"] != second["subject_token"]
    assert await retailer_of(vault, first["subject_token"]) == await retailer_of(vault, second["subject_token"])


async def test_two_ledgers_with_one_gstin_in_one_request_are_one_retailer(vault: VaultSide) -> None:
    one, two = await put(vault, "dist_a", {"retailer_ref": "a", "gst": GSTIN}, {"retailer_ref": "b", "gst": GSTIN})
    assert await retailer_of(vault, one["subject_token"]) == await retailer_of(vault, two["subject_token"])


async def test_a_phone_never_merges(vault: VaultSide) -> None:
    one, two = await put(vault, "dist_a", {"retailer_ref": "a", "phone": PHONE}, {"retailer_ref": "b", "phone": PHONE})
    assert await retailer_of(vault, one["subject_token"]) != await retailer_of(vault, two["subject_token"])
    resolved = (await call(vault, "webhook", "/phones/resolve", phone="+91 90000 00000")).json()["retailers"]
    assert len(resolved) == 2


async def test_a_gstin_with_a_wrong_check_digit_merges_nobody(vault: VaultSide) -> None:
    one, two = await put(
        vault, "dist_a", {"retailer_ref": "a", "gst": WRONG_GSTIN}, {"retailer_ref": "b", "gst": WRONG_GSTIN}
    )
    assert one["gst_status"] == two["gst_status"] == "invalid"
    assert await retailer_of(vault, one["subject_token"]) != await retailer_of(vault, two["subject_token"])


async def test_a_late_gstin_moves_the_ledger_and_leaves_an_alias_without_ledgers(
    vault: VaultSide, clock: FixedClock
) -> None:
    [owner] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE})
    clock.advance(seconds=1)
    [late] = await put(vault, "dist_b", {"retailer_ref": "x-9", "phone": "9000000001"})
    winner, loser = [await retailer_of(vault, one["subject_token"]) for one in (owner, late)]
    [moved] = await put(vault, "dist_b", {"retailer_ref": "x-9", "gst": GSTIN})
    assert moved["subject_token"] == late["subject_token"]
    assert moved["sealed_identity"] != late["sealed_identity"]
    assert await retailer_of(vault, moved["subject_token"]) == winner
    mapped = (await call(vault, "pipeline", "/identities/map", retailer_ids=[loser])).json()["map"]
    assert mapped == []  # a consent of the losing id opens nothing of the winner's
    mapped = (await call(vault, "pipeline", "/identities/map", retailer_ids=[winner])).json()["map"]
    assert {one["subject_token"] for one in mapped} == {owner["subject_token"], moved["subject_token"]}
    revealed = await call(vault, "notification", "/phones/reveal", retailer_id=loser)
    assert (
        revealed.json()["phone"] == "91" + PHONE
    )  # the standing phone of the winner, not that of the ledger that came


async def test_a_late_gstin_nobody_owns_stays_with_the_retailer(vault: VaultSide) -> None:
    [before] = await put(vault, "dist_a", {"retailer_ref": "r-1"})
    retailer_id = await retailer_of(vault, before["subject_token"])
    [after] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN})
    assert (before["gst_status"], after["gst_status"]) == ("absent", "verified")
    assert await retailer_of(vault, after["subject_token"]) == retailer_id
    assert (await call(vault, "score", "/lookup", gst=GSTIN)).json() == {"retailer_id": retailer_id}


async def test_another_gstin_moves_the_ledger_and_both_retailers_stay(vault: VaultSide) -> None:
    [before] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN})
    old = await retailer_of(vault, before["subject_token"])
    await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": OTHER_GSTIN})
    assert (await call(vault, "score", "/lookup", gst=GSTIN)).json() == {"retailer_id": old}
    new = (await call(vault, "score", "/lookup", gst=OTHER_GSTIN)).json()["retailer_id"]
    assert new == await retailer_of(vault, before["subject_token"]) != old
    assert await vault.pool.fetchval("SELECT count(*) FROM retailer WHERE alias_of IS NOT NULL") == 0


async def test_what_did_not_change_gives_the_same_bytes_and_silence_keeps_what_is_known(vault: VaultSide) -> None:
    whole = {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Corner shop"}
    [first] = await put(vault, "dist_a", whole)
    for again in (whole, {"retailer_ref": "r-1"}, {"retailer_ref": "r-1", "phone": "0 90000-00000"}):
        assert await put(vault, "dist_a", again) == [first]
    [renamed] = await put(vault, "dist_a", {"retailer_ref": "r-1", "shop_name": "New name"})
    assert renamed["sealed_identity"] != first["sealed_identity"]
    retailer_id = await retailer_of(vault, first["subject_token"])
    revealed = await call(vault, "notification", "/phones/reveal", retailer_id=retailer_id)
    assert revealed.json() == {"phone": "919000000000", "shop_name": "New name"}


async def test_a_sealed_identity_opens_only_with_its_key_for_its_ledger(vault: VaultSide) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "S"})
    token, sealed = bytes.fromhex(answer["subject_token"]), base64.b64decode(answer["sealed_identity"])
    wrapped = await vault.pool.fetchval("SELECT wrapped_data_key FROM retailer")
    key = await vault.keys.open_data_key(wrapped)
    plain = unseal(key, token, sealed)
    assert (plain.gst and plain.gst.reveal(), plain.phone and plain.phone.reveal()) == (GSTIN, "91" + PHONE)
    with pytest.raises(InvalidTag):
        unseal(key, hashlib.sha256(token).digest(), sealed)
    with pytest.raises(InvalidTag):
        unseal(DataKey(b"\0" * 32, b""), token, sealed)


async def test_a_phone_token_is_no_plain_digest(vault: VaultSide) -> None:
    await put(vault, "dist_a", {"retailer_ref": "r-1", "phone": PHONE})
    stored = await vault.pool.fetchval("SELECT phone_token FROM subject")
    assert stored != hashlib.sha256(b"919000000000").digest()
    assert len(stored) == 32


async def test_a_lookup_of_whatever_is_not_ours_is_null(vault: VaultSide) -> None:
    for gst in (GSTIN, WRONG_GSTIN, "", "URP", "x" * 32):
        answer = await call(vault, "score", "/lookup", gst=gst)
        assert (answer.status_code, answer.json()) == (200, {"retailer_id": None})


async def test_a_retailer_without_a_phone_cannot_be_revealed(vault: VaultSide) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "phone": "12345"})
    retailer_id = await retailer_of(vault, answer["subject_token"])
    for asked in (retailer_id, "ret_" + "0" * 16):
        assert (await call(vault, "notification", "/phones/reveal", retailer_id=asked)).status_code == 404
    assert [one["outcome"] for one in await audited(vault, "identity_revealed")] == ["not_found"] * 2


async def test_admin_pages_through_a_distributors_retailers(vault: VaultSide) -> None:
    await put(vault, "dist_a", *({"retailer_ref": str(n)} | ({"phone": PHONE} if n % 2 else {}) for n in range(5)))
    await put(vault, "dist_b", {"retailer_ref": "other"})
    seen, after = [], ""
    async with api_client(vault.app, "admin") as client:
        for _ in range(3):
            url = f"/internal/admin/distributors/dist_a/retailers?after={after}&limit=2"
            page = (await client.get(url)).json()
            seen += page["retailers"]
            after = page["next"]
    assert after is None
    assert [one["retailer_id"] for one in seen] == sorted({one["retailer_id"] for one in seen})
    assert sorted(one["reachable"] for one in seen) == [False, False, False, True, True]
    assert [one["contact_ref"] is not None for one in seen] == [one["reachable"] for one in seen]


async def test_every_use_is_audited_with_counts_and_ids_only(vault: VaultSide) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Shop"})
    retailer_id = await retailer_of(vault, answer["subject_token"])
    await call(vault, "score", "/lookup", gst=GSTIN)
    await call(vault, "webhook", "/phones/resolve", phone=PHONE)
    await call(vault, "pipeline", "/identities/map", retailer_ids=[retailer_id])
    await call(vault, "notification", "/phones/reveal", retailer_id=retailer_id)
    [stored] = await audited(vault, "identity_stored")
    assert stored["details"] == {
        "ledgers": "1",
        "retailers_created": "1",
        "ledgers_changed": "1",
        "ledgers_moved": "0",
    }
    lookups = await audited(vault, "identity_lookup")
    assert [(one["actor"], one["outcome"]) for one in lookups] == [("score", "found"), ("webhook", "found")]
    [mapped] = await audited(vault, "identity_mapped")
    assert mapped["details"] == {"asked": "1", "tokens": "1"}
    [revealed] = await audited(vault, "identity_revealed")
    assert (revealed["actor"], revealed["subject"]) == ("notification", retailer_id)
    whole = str([await audited(vault, name) for name in ("identity_stored", "identity_lookup", "identity_revealed")])
    assert GSTIN not in whole
    assert PHONE not in whole


ALLOWED = {
    "/internal/identities": "ingestion",
    "/internal/identities/map": "pipeline",
    "/internal/lookup": "score",
    "/internal/phones/resolve": "webhook",
    "/internal/phones/reveal": "notification",
    "/internal/admin/distributors/{distributor_id}/retailers": "admin",
    "/internal/admin/retailers/{retailer_id}/phones/confirm": "admin",
}


async def test_every_route_takes_its_one_caller_and_nobody_else(vault: VaultSide) -> None:
    paths = vault.app.openapi()["paths"]
    assert paths.keys() == ALLOWED.keys()
    callers = {*ALLOWED.values(), "consent", "audit", "scoring"}
    for path, operations in paths.items():
        [method] = operations
        for caller in callers - {ALLOWED[path]} | {None}:  # type: ignore[operator]
            async with api_client(vault.app, caller) as client:
                answer = await client.request(
                    method, path.format(distributor_id="dist_a", retailer_id="ret_" + "0" * 16), json={}
                )
            assert answer.status_code == 403, (path, caller)


BAD: dict[str, tuple[str, str, dict[str, Any]]] = {
    "no ledgers": ("ingestion", "/identities", {"distributor_id": "dist_a", "identities": []}),
    "a ledger twice": (
        "ingestion",
        "/identities",
        {"distributor_id": "dist_a", "identities": [{"retailer_ref": "r"}] * 2},
    ),
    "1,001 ledgers": (
        "ingestion",
        "/identities",
        {"distributor_id": "dist_a", "identities": [{"retailer_ref": str(n)} for n in range(1_001)]},
    ),
    "a control character": (
        "ingestion",
        "/identities",
        {"distributor_id": "dist_a", "identities": [{"retailer_ref": "r\u001f"}]},
    ),
    "an unknown field": (
        "ingestion",
        "/identities",
        {"distributor_id": "dist_a", "identities": [{"retailer_ref": "r", "email": "e"}]},
    ),
    "an id of another form": ("pipeline", "/identities/map", {"retailer_ids": ["ret_1"]}),
    "a number for a phone": ("webhook", "/phones/resolve", {"phone": 9000000000}),
    "a phone by its token": (
        "notification",
        "/phones/reveal",
        {"retailer_id": "ret_" + "0" * 16, "contact_ref": "0" * 64},
    ),
    "a retailer of another form": ("notification", "/phones/reveal", {"retailer_id": "dist_a"}),
}


async def test_a_bad_request_is_refused_without_an_echo(vault: VaultSide) -> None:
    assert len(BAD) == 9
    for case, (caller, path, body) in BAD.items():
        answer = await call(vault, caller, path, **body)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), case
        assert "9000000000" not in answer.text, case
    assert await vault.pool.fetchval("SELECT count(*) FROM subject") == 0
