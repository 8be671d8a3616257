"""A person is told everything that is held of them, and nobody is told anything of others."""

from typing import Any

from altscore_libs.clock import FixedClock
from altscore_libs.instants import format_instant

from ...world import VaultSide
from ..client import GSTIN, OTHER_GSTIN, PHONE, audited, call, put, retailer_of

REQUEST = "rgt_" + "1" * 32


async def export(vault: VaultSide, retailer_id: str) -> Any:
    return await call(vault, "admin", f"/admin/retailers/{retailer_id}/export", request_id=REQUEST)


async def test_an_export_holds_every_ledger_in_the_clear_and_no_other_shop(vault: VaultSide, clock: FixedClock) -> None:
    [first] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Shop"})
    await put(vault, "dist_b", {"retailer_ref": "x-9", "gst": GSTIN, "phone": "9111111111"})
    await put(vault, "dist_b", {"retailer_ref": "x-8", "gst": OTHER_GSTIN, "phone": "9222222222"})
    retailer_id = await retailer_of(vault, first["subject_token"])
    now = format_instant(clock.now(), "auto")
    both = {"retailer_id": retailer_id, "gst": GSTIN, "gst_status": "verified", "updated_at": now}
    assert (await export(vault, retailer_id)).json() == {
        "retailers": [{"retailer_id": retailer_id, "alias_of": None, "created_at": now}],
        "ledgers": [
            both | {"distributor_id": "dist_a", "phone": "91" + PHONE, "shop_name": "Shop", "phone_confirmed": True},
            both | {"distributor_id": "dist_b", "phone": "919111111111", "shop_name": None, "phone_confirmed": False},
        ],
        "refused_rows": 0,
    }
    [entry] = await audited(vault, "identity_exported")
    assert entry["details"] == {"request_id": REQUEST, "retailer_ids": retailer_id, "ledgers": "2"}


async def test_an_export_of_an_alias_is_that_of_the_shop(vault: VaultSide) -> None:
    await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE})
    [late] = await put(vault, "dist_b", {"retailer_ref": "x-9"})
    alias = await retailer_of(vault, late["subject_token"])
    await put(vault, "dist_b", {"retailer_ref": "x-9", "gst": GSTIN})
    winner = await retailer_of(vault, late["subject_token"])
    by_alias, by_winner = [(await export(vault, retailer_id)).json() for retailer_id in (alias, winner)]
    assert by_alias == by_winner
    assert {row["retailer_id"]: row["alias_of"] for row in by_alias["retailers"]} == {alias: winner, winner: None}


async def test_an_erased_or_unknown_retailer_has_no_export(vault: VaultSide) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN})
    retailer_id = await retailer_of(vault, answer["subject_token"])
    await call(vault, "admin", f"/admin/retailers/{retailer_id}/erase", request_id=REQUEST)
    for unknown in (retailer_id, "ret_" + "0" * 16):
        assert (await export(vault, unknown)).status_code == 404
    assert [entry["outcome"] for entry in await audited(vault, "identity_exported")] == ["not_found"] * 2


async def test_an_approved_access_shows_ledgers_and_names_its_approval(vault: VaultSide) -> None:
    [first] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Shop"})
    await put(vault, "dist_b", {"retailer_ref": "x-9", "gst": GSTIN, "phone": "9111111111"})
    retailer_id, approval_id = await retailer_of(vault, first["subject_token"]), "apr_" + "1" * 32
    path = f"/admin/retailers/{retailer_id}/reveal"
    everything = (await call(vault, "admin", path, approval_id=approval_id)).json()["ledgers"]
    assert [(ledger["distributor_id"], ledger["phone"]) for ledger in everything] == [
        ("dist_a", "91" + PHONE),
        ("dist_b", "919111111111"),
    ]
    narrow = (await call(vault, "admin", path, approval_id=approval_id, distributor_id="dist_a")).json()["ledgers"]
    assert narrow == [{"distributor_id": "dist_a", "gst": GSTIN, "phone": "91" + PHONE, "shop_name": "Shop"}]
    assert (await call(vault, "admin", path, approval_id=approval_id, distributor_id="dist_c")).status_code == 404
    assert (await call(vault, "score", path, approval_id=approval_id)).status_code == 403
    assert (await call(vault, "admin", path, approval_id="none")).status_code == 400
    entries = await audited(vault, "identity_revealed")
    assert [(entry["outcome"], entry["details"]) for entry in entries] == [
        ("revealed", {"approval_id": approval_id, "ledgers": "2"}),
        ("revealed", {"approval_id": approval_id, "ledgers": "1"}),
        ("not_found", {"approval_id": approval_id, "ledgers": "0"}),
    ]


async def test_rows_that_are_not_as_the_vault_wrote_them_are_counted_and_never_taken_for_nothing(
    vault: VaultSide,
) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE})
    retailer_id = await retailer_of(vault, answer["subject_token"])
    await vault.pool.execute("UPDATE subject SET is_phone_confirmed = NOT is_phone_confirmed")
    changed = (await export(vault, retailer_id)).json()
    assert (changed["ledgers"], changed["refused_rows"]) == ([], 1)
    await vault.pool.execute("UPDATE retailer SET row_mac = NULL")
    assert (await export(vault, retailer_id)).status_code == 409
