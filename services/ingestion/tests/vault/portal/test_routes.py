"""What the portal learns of a distributor's retailers: its own ledgers alone, masked in the vault."""

from typing import Any

from altscore_libs.testing import api_client

from ...world import VaultSide
from ..client import GSTIN, PHONE, call, put, retailer_of

SECOND = "9111111111"


async def directory(vault: VaultSide, distributor_id: str, **page: Any) -> dict[str, Any]:
    """A page, as the portal reads it."""
    async with api_client(vault.app, "portal") as client:
        answer = await client.get(f"/internal/portal/distributors/{distributor_id}/retailers", params=page)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_distributor_sees_what_its_own_ledger_says_with_the_last_four_characters(vault: VaultSide) -> None:
    fields = {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Shop"}
    [answer] = await put(vault, "dist_a", fields)
    await put(vault, "dist_b", {"retailer_ref": "r-9", "gst": GSTIN, "phone": SECOND, "shop_name": "Its other name"})
    retailer_id = await retailer_of(vault, answer["subject_token"])
    [own] = (await directory(vault, "dist_a"))["items"]
    [other] = (await directory(vault, "dist_b"))["items"]
    assert own == {
        "retailer_id": retailer_id,
        "shop_name": "Shop",
        "gst": f"XXXX…{GSTIN[-4:]}",
        "gst_status": "verified",
        "phone": PHONE[-4:],
        "has_contact": True,
    }
    assert (other["shop_name"], other["phone"], other["has_contact"]) == ("Its other name", SECOND[-4:], False)
    assert not [value for value in (GSTIN, PHONE, SECOND) if value in str((own, other))]


async def test_pages_follow_each_other_without_gap_or_repetition(vault: VaultSide) -> None:
    await put(vault, "dist_a", *({"retailer_ref": f"r-{number}"} for number in range(5)))
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = await directory(vault, "dist_a", limit=2, cursor=cursor)
        seen += [item["retailer_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (len(seen), len(set(seen)), seen) == (5, 5, sorted(seen))


async def test_a_ledger_that_the_vault_did_not_write_shows_nothing_but_its_id(vault: VaultSide) -> None:
    await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Shop"})
    await vault.pool.execute("UPDATE subject SET gst_status = 'invalid'")
    [item] = (await directory(vault, "dist_a"))["items"]
    assert (item["shop_name"], item["gst"], item["phone"], item["has_contact"]) == (None, None, None, False)


async def test_only_own_retailers_can_be_invited_at_the_own_confirmed_phone(vault: VaultSide) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE})
    [foreign] = await put(vault, "dist_b", {"retailer_ref": "r-2", "phone": SECOND})
    ids = [await retailer_of(vault, each["subject_token"]) for each in (answer, foreign)]
    asked = await call(vault, "portal", "/portal/distributors/dist_a/contacts", retailer_ids=ids)
    [contact] = asked.json()["items"]
    assert (contact["retailer_id"], contact["contact_ref"][:4]) == (ids[0], "pcr_")
