"""Two ids of one shop are merged by decision of operations and parted again; consents move with neither."""

from typing import Any

import pytest

from ...world import VaultSide
from ..client import GSTIN, OTHER_GSTIN, PHONE, audited, call, put, retailer_of

SECOND, NOBODY = "9111111111", "ret_" + "0" * 16
TICKET = "OPS-1"


async def merge(vault: VaultSide, losing_id: str, winning_id: str) -> Any:
    return await call(vault, "admin", f"/admin/retailers/{losing_id}/merge", into=winning_id, ticket=TICKET)


async def unmerge(vault: VaultSide, losing_id: str) -> Any:
    return await call(vault, "admin", f"/admin/retailers/{losing_id}/unmerge", ticket=TICKET)


async def shop(vault: VaultSide, distributor_id: str, ref: str = "r-1", **fields: Any) -> str:
    [answer] = await put(vault, distributor_id, {"retailer_ref": ref, **fields})
    return await retailer_of(vault, answer["subject_token"])


async def ledgers_of(vault: VaultSide, *retailer_ids: str) -> dict[str, int]:
    answer = await call(vault, "pipeline", "/identities/map", retailer_ids=list(retailer_ids))
    owners = [row["retailer_id"] for row in answer.json()["map"]]
    return {retailer_id: owners.count(retailer_id) for retailer_id in retailer_ids}


async def reached(vault: VaultSide, phone: str) -> set[str]:
    answer = await call(vault, "webhook", "/phones/resolve", phone=phone)
    return {row["retailer_id"] for row in answer.json()["retailers"]}


async def test_the_losing_id_becomes_an_alias_whose_consent_opens_nothing(vault: VaultSide) -> None:
    winner = await shop(vault, "dist_a", gst=GSTIN, phone=PHONE)
    loser = await shop(vault, "dist_b", phone=SECOND, shop_name="Shop")
    answer = await merge(vault, loser, winner)
    assert answer.json() == {"retailer_id": loser, "alias_of": winner, "ledgers": 1}
    assert await ledgers_of(vault, winner, loser) == {winner: 2, loser: 0}
    assert await reached(vault, SECOND) == {loser}  # a withdrawal is heard, and nobody consents for the winner by it
    revealed = await call(vault, "notification", "/phones/reveal", retailer_id=loser)
    assert revealed.json() == {"phone": "91" + SECOND, "shop_name": "Shop"}
    assert (await merge(vault, loser, winner)).json() == answer.json()
    entry, _ = await audited(vault, "identity_merged")
    assert (entry["actor"], entry["subject"], entry["details"]) == (
        "admin",
        loser,
        {"winning_id": winner, "ledgers": "1", "ticket": TICKET},
    )


async def test_undoing_a_merger_restores_both_and_keeps_what_was_learned(vault: VaultSide) -> None:
    winner = await shop(vault, "dist_a", gst=GSTIN, phone=PHONE)
    loser = await shop(vault, "dist_b", phone=SECOND)
    before = await vault.pool.fetch("SELECT retailer_id, gst_status, is_phone_confirmed FROM subject ORDER BY 1")
    await merge(vault, loser, winner)
    await shop(vault, "dist_b", shop_name="Learned meanwhile")
    assert (await unmerge(vault, loser)).json() == {"retailer_id": loser, "alias_of": None, "ledgers": 1}
    after = await vault.pool.fetch("SELECT retailer_id, gst_status, is_phone_confirmed FROM subject ORDER BY 1")
    assert after == before
    assert await ledgers_of(vault, winner, loser) == {winner: 1, loser: 1}
    assert await reached(vault, SECOND) == {loser}
    revealed = await call(vault, "notification", "/phones/reveal", retailer_id=loser)
    assert revealed.json() == {"phone": "91" + SECOND, "shop_name": "Learned meanwhile"}
    assert len(await audited(vault, "identity_unmerged")) == 1


async def test_a_ledger_that_showed_the_winners_gstin_meanwhile_stays_there(vault: VaultSide) -> None:
    winner = await shop(vault, "dist_a", gst=GSTIN)
    loser = await shop(vault, "dist_b")
    await merge(vault, loser, winner)
    assert await shop(vault, "dist_b", gst=GSTIN) == winner
    assert (await unmerge(vault, loser)).json()["ledgers"] == 0
    assert await ledgers_of(vault, winner, loser) == {winner: 2, loser: 0}


async def test_a_late_gstin_of_a_merged_ledger_leaves_no_ledger_behind_an_alias(vault: VaultSide) -> None:
    owner = await shop(vault, "dist_c", gst=GSTIN)
    winner, loser = await shop(vault, "dist_a"), await shop(vault, "dist_b")
    await merge(vault, loser, winner)
    assert await shop(vault, "dist_b", gst=GSTIN) == owner
    assert await ledgers_of(vault, owner, winner, loser) == {owner: 2, winner: 1, loser: 0}
    assert await vault.pool.fetchval("SELECT alias_of FROM retailer WHERE retailer_id = $1", winner) is None


@pytest.mark.parametrize("case", ["itself", "both with a GSTIN", "loser with a GSTIN", "alias", "loser with aliases"])
async def test_what_cannot_be_one_shop_or_would_form_a_chain_is_refused(vault: VaultSide, case: str) -> None:
    first, second, third = [await shop(vault, f"dist_{name}") for name in "abc"]
    if case in ("both with a GSTIN", "loser with a GSTIN"):
        first = await shop(vault, "dist_a", gst=GSTIN)
    if case == "both with a GSTIN":
        second = await shop(vault, "dist_b", gst=OTHER_GSTIN)
    if case == "itself":
        second = first
    if case in ("alias", "loser with aliases"):
        assert (await merge(vault, third, first)).status_code == 200
    losing, winning = (second, third) if case == "alias" else (first, second)
    before = await vault.pool.fetch("SELECT * FROM subject ORDER BY subject_token")
    answer = await merge(vault, losing, winning)
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert await vault.pool.fetch("SELECT * FROM subject ORDER BY subject_token") == before


async def test_an_unknown_id_is_not_merged_and_an_id_that_was_not_merged_is_not_parted(vault: VaultSide) -> None:
    known = await shop(vault, "dist_a", gst=GSTIN)
    late = await shop(vault, "dist_b")
    await shop(vault, "dist_b", gst=GSTIN)  # an alias by GSTIN, which no decision of operations undoes
    assert (await merge(vault, known, NOBODY)).status_code == 404
    assert (await merge(vault, NOBODY, known)).status_code == 404
    for retailer_id in (known, late, NOBODY):
        assert (await unmerge(vault, retailer_id)).status_code == 409


async def test_an_erasure_of_either_erases_the_merged_shop(vault: VaultSide) -> None:
    winner, loser = await shop(vault, "dist_a", gst=GSTIN), await shop(vault, "dist_b")
    await merge(vault, loser, winner)
    answer = await call(vault, "admin", f"/admin/retailers/{loser}/erase", request_id="rgt_" + "1" * 32)
    assert answer.json()["certificate"]["retailer_ids"] == sorted([winner, loser])
    for table in ("retailer", "subject", "merger"):
        assert await vault.pool.fetchval(f"SELECT count(*) FROM {table}") == 0
