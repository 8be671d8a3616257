"""Which ledgers are merged and which never are, and what leaves the vault about them."""

from altscore_libs.clock import FixedClock

from ...world import VaultSide
from ..client import GSTIN, OTHER_GSTIN, PHONE, WRONG_GSTIN, call, mac_rows, put, retailer_of


async def test_one_gstin_is_one_retailer_at_every_distributor(vault: VaultSide) -> None:
    [first] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN})
    [second] = await put(vault, "dist_b", {"retailer_ref": "x-9", "gst": GSTIN.lower()})
    assert first["gst_status"] == second["gst_status"] == "verified"
    assert first["subject_token"] != second["subject_token"]
    assert await retailer_of(vault, first["subject_token"]) == await retailer_of(vault, second["subject_token"])


async def test_two_ledgers_with_one_gstin_in_one_request_are_one_retailer(vault: VaultSide) -> None:
    first, second = await put(vault, "dist_a", {"retailer_ref": "a", "gst": GSTIN}, {"retailer_ref": "b", "gst": GSTIN})
    assert await retailer_of(vault, first["subject_token"]) == await retailer_of(vault, second["subject_token"])


async def test_a_phone_never_merges(vault: VaultSide) -> None:
    first, second = await put(
        vault, "dist_a", {"retailer_ref": "a", "phone": PHONE}, {"retailer_ref": "b", "phone": PHONE}
    )
    assert await retailer_of(vault, first["subject_token"]) != await retailer_of(vault, second["subject_token"])
    resolved = (await call(vault, "webhook", "/phones/resolve", phone="+91 90000 00000")).json()["retailers"]
    assert len(resolved) == 2


async def test_a_gstin_with_a_wrong_check_digit_merges_nobody(vault: VaultSide) -> None:
    first, second = await put(
        vault, "dist_a", {"retailer_ref": "a", "gst": WRONG_GSTIN}, {"retailer_ref": "b", "gst": WRONG_GSTIN}
    )
    assert first["gst_status"] == second["gst_status"] == "invalid"
    assert await retailer_of(vault, first["subject_token"]) != await retailer_of(vault, second["subject_token"])


async def test_a_late_gstin_moves_the_ledger_and_leaves_an_alias_without_ledgers(
    vault: VaultSide, clock: FixedClock
) -> None:
    [owner] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE})
    clock.advance(seconds=1)
    [late] = await put(vault, "dist_b", {"retailer_ref": "x-9", "phone": "9000000001"})
    winner, loser = [await retailer_of(vault, row["subject_token"]) for row in (owner, late)]
    [moved] = await put(vault, "dist_b", {"retailer_ref": "x-9", "gst": GSTIN})
    assert moved["subject_token"] == late["subject_token"]
    assert moved["sealed_identity"] != late["sealed_identity"]
    assert await retailer_of(vault, moved["subject_token"]) == winner
    mapped = (await call(vault, "pipeline", "/identities/map", retailer_ids=[loser])).json()["map"]
    assert mapped == []  # a consent of the losing id opens nothing of the winner's
    mapped = (await call(vault, "pipeline", "/identities/map", retailer_ids=[winner])).json()["map"]
    assert {row["subject_token"] for row in mapped} == {owner["subject_token"], moved["subject_token"]}
    revealed = await call(vault, "notification", "/phones/reveal", retailer_id=loser)
    assert revealed.json()["phone"] == "919000000001"  # a last message still arrives
    revealed = await call(vault, "notification", "/phones/reveal", retailer_id=winner)
    assert revealed.json()["phone"] == "91" + PHONE


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


async def test_a_lookup_of_whatever_is_not_ours_is_null(vault: VaultSide) -> None:
    for gst in (GSTIN, WRONG_GSTIN, "", "URP", "x" * 32):
        answer = await call(vault, "score", "/lookup", gst=gst)
        assert (answer.status_code, answer.json()) == (200, {"retailer_id": None})


async def test_what_is_older_than_a_known_ledger_changes_nothing_of_it_and_a_new_ledger_is_stored_whole(
    vault: VaultSide,
) -> None:
    [known] = await put(vault, "dist_a", {"retailer_ref": "r-1", "phone": PHONE})
    before = await vault.pool.fetch("SELECT * FROM subject")
    older = {"gst": GSTIN, "phone": "9000000001", "shop_name": "Older"}
    identities = [{"retailer_ref": "r-1", **older}, {"retailer_ref": "r-2", **older}]
    answer = await call(
        vault, "ingestion", "/identities", distributor_id="dist_a", identities=identities, keeps_known=True
    )
    kept, new = answer.json()["identities"]
    assert kept == known
    assert (
        await vault.pool.fetch("SELECT * FROM subject WHERE subject_token = $1", bytes.fromhex(known["subject_token"]))
        == before
    )
    assert new["gst_status"] == "verified"
    assert await retailer_of(vault, new["subject_token"]) != await retailer_of(vault, kept["subject_token"])


async def test_the_pipeline_learns_the_state_of_a_verified_gstin_and_nothing_else_of_it(vault: VaultSide) -> None:
    [known] = await put(vault, "dist_a", {"retailer_ref": "a", "gst": GSTIN})
    [late] = await put(vault, "dist_a", {"retailer_ref": "b"})
    [wrong] = await put(vault, "dist_a", {"retailer_ref": "c", "gst": WRONG_GSTIN})
    owners = [await retailer_of(vault, row["subject_token"]) for row in (known, late, wrong)]

    async def states() -> list[str | None]:
        answer = await call(vault, "pipeline", "/identities/map", retailer_ids=owners)
        assert GSTIN[2:] not in answer.text
        by_token = {row["subject_token"]: row["gst_state"] for row in answer.json()["map"]}
        return [by_token[row["subject_token"]] for row in (known, late, wrong)]

    assert await states() == ["27", None, None]
    await put(vault, "dist_a", {"retailer_ref": "b", "gst": OTHER_GSTIN})
    assert await states() == ["27", "29", None]
    # As a retailer from before the column is.
    await vault.pool.execute("UPDATE retailer SET gst_state = NULL, row_mac = NULL")
    await mac_rows(vault)
    await put(vault, "dist_b", {"retailer_ref": "x", "gst": GSTIN})
    assert await states() == ["27", None, None]
