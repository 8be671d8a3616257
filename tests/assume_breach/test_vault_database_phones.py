"""The vault's database role, without its keys: no row that it writes says whose phone counts, or who is who."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from altscore_ingestion.vault.integrity.service import IntegrityService
from altscore_libs.db import create_pool
from altscore_libs.testing import Database, postgres_fixtures

from .vault_side import MIGRATIONS, VaultSide, open_vault

template, database, pool = postgres_fixtures("vault", MIGRATIONS)
GSTIN, OTHER_GSTIN = "27AAACZ0000A1Z9", "29AAACZ0000A1Z5"
VICTIMS, MINE = "9000000001", "9111111111"


@pytest_asyncio.fixture
async def vault(database: Database) -> AsyncIterator[VaultSide]:
    """The vault; its pool is the stolen role."""
    async with await create_pool(database.app_dsn) as connections:
        yield await open_vault(connections)


async def assert_alarmed(vault: VaultSide, *, table: str = "subject") -> None:
    """An audit entry names the table, and the sweep counts the row."""
    entries = await vault.audited("identity_tampered")
    assert entries
    assert all(table in entry["details"] for entry in entries)
    service = IntegrityService(vault.pool, outbox=vault.outbox, macs=vault.keys.row_macs)
    assert (await service.sweep()).tampered == 1


async def test_a_phone_copied_onto_a_victims_ledger_does_not_speak_for_them(vault: VaultSide) -> None:
    victim = await vault.shop("v", phone=VICTIMS)
    await vault.shop("m", distributor_id="dist_m", phone=MINE)
    assert await vault.resolved(VICTIMS) == {victim}
    await vault.pool.execute(
        """
        UPDATE subject SET phone_token = (SELECT phone_token FROM subject WHERE distributor_id = 'dist_m')
        WHERE distributor_id = 'dist_a'
        """
    )
    assert victim not in await vault.resolved(MINE)
    assert await vault.revealed(victim) is None
    assert victim not in await vault.mapped(victim)
    await assert_alarmed(vault)


async def test_a_ledger_that_was_moved_brings_its_phone_to_nobody_and_no_answer_fails(vault: VaultSide) -> None:
    victim = await vault.shop("v", phone=VICTIMS)
    mine = await vault.shop("m", distributor_id="dist_m", phone=MINE)
    await vault.pool.execute("UPDATE subject SET retailer_id = $1 WHERE distributor_id = 'dist_m'", victim)
    assert await vault.resolved(MINE) == set()
    assert await vault.revealed(victim) == "91" + VICTIMS
    assert await vault.revealed(mine) is None
    assert list((await vault.mapped(victim, mine)).values()) == [victim]
    await assert_alarmed(vault)


async def test_a_phone_that_waits_is_not_confirmed_by_the_database(vault: VaultSide) -> None:
    victim = await vault.shop("v", gst=GSTIN, phone=VICTIMS)
    assert await vault.shop("m", distributor_id="dist_m", gst=GSTIN, phone=MINE) == victim
    assert await vault.resolved(MINE) == set()
    await vault.pool.execute("UPDATE subject SET is_phone_confirmed = true")
    assert await vault.resolved(MINE) == set()
    assert await vault.revealed(victim) == "91" + VICTIMS
    await assert_alarmed(vault)


async def test_spoiling_the_standing_phones_row_lets_no_other_phone_take_its_place(vault: VaultSide) -> None:
    victim = await vault.shop("v", gst=GSTIN, phone=VICTIMS)
    await vault.pool.execute("UPDATE subject SET is_phone_confirmed = false")
    assert await vault.shop("m", distributor_id="dist_m", gst=GSTIN, phone=MINE) == victim
    assert await vault.resolved(MINE) == set()
    await assert_alarmed(vault)


@pytest.mark.parametrize("column", ["row_mac = NULL", "row_mac = sha256('x')"])
async def test_a_row_without_its_mac_counts_for_nothing(vault: VaultSide, column: str) -> None:
    victim = await vault.shop("v", phone=VICTIMS)
    await vault.pool.execute(f"UPDATE subject SET {column}")
    assert await vault.resolved(VICTIMS) == set()
    assert await vault.revealed(victim) is None
    assert await vault.mapped(victim) == {}
    await assert_alarmed(vault)


async def test_a_gstin_is_looked_up_only_where_the_vault_wrote_it(vault: VaultSide) -> None:
    victim = await vault.shop("v", gst=GSTIN)
    mine = await vault.shop("m", distributor_id="dist_m")
    answer = await vault.call("score", "lookup", gst=GSTIN)
    assert answer.json() == {"retailer_id": victim}
    token = await vault.pool.fetchval("SELECT gst_token FROM retailer WHERE retailer_id = $1", victim)
    await vault.pool.execute("UPDATE retailer SET gst_token = NULL WHERE retailer_id = $1", victim)
    await vault.pool.execute("UPDATE retailer SET gst_token = $2 WHERE retailer_id = $1", mine, token)
    assert (await vault.call("score", "lookup", gst=GSTIN)).json() == {"retailer_id": None}
    assert await vault.mapped(victim, mine) == {}
    assert {entry["details"]["retailer"] for entry in await vault.audited("identity_tampered")} == {"1", "2"}


async def test_an_alias_of_the_databases_making_is_heard_by_nobody(vault: VaultSide) -> None:
    victim = await vault.shop("v", phone=VICTIMS)
    mine = await vault.shop("m", distributor_id="dist_m", phone=MINE)
    await vault.pool.execute(
        """
        UPDATE retailer SET alias_of = $2,
            alias_phone_token = (SELECT phone_token FROM subject WHERE distributor_id = 'dist_m')
        WHERE retailer_id = $1
        """,
        victim,
        mine,
    )
    assert await vault.resolved(MINE) == {mine}
    assert await vault.revealed(victim) is None
    await assert_alarmed(vault, table="retailer")


async def test_a_batch_of_a_ledger_that_was_changed_is_taken_for_all_others(vault: VaultSide) -> None:
    token = await vault.ledger("dist_a", "v", phone=VICTIMS)
    await vault.pool.execute("UPDATE subject SET phone_token = sha256('mine') WHERE subject_token = $1", token)
    identities = [{"retailer_ref": "v", "phone": MINE}, {"retailer_ref": "w", "phone": "9222222222"}]
    answer = await vault.call("ingestion", "identities", distributor_id="dist_a", identities=identities)
    assert answer.status_code == 200
    assert [item["retailer_ref"] for item in answer.json()["identities"]] == ["w"]
    assert (answer.json()["not_intact"], answer.json()["erased"]) == (["v"], [])
    assert len(await vault.resolved("9222222222")) == 1
    await assert_alarmed(vault)


async def test_operations_neither_confirm_nor_merge_nor_erase_by_rows_that_were_changed(vault: VaultSide) -> None:
    victim = await vault.shop("v", gst=GSTIN, phone=VICTIMS)
    mine = await vault.shop("m", distributor_id="dist_m", phone=MINE)
    await vault.pool.execute("UPDATE subject SET retailer_id = $1 WHERE distributor_id = 'dist_m'", victim)
    confirmed = await vault.call("admin", f"admin/retailers/{victim}/phones/confirm", distributor_id="dist_m")
    assert confirmed.status_code == 404
    assert await vault.resolved(MINE) == set()
    request = {"request_id": "rgt_" + "0" * 32}
    erased = await vault.call("admin", f"admin/retailers/{victim}/erase", **request)
    assert (erased.status_code, await vault.revealed(victim)) == (409, "91" + VICTIMS)
    exported = await vault.call("admin", f"admin/retailers/{victim}/export", **request)
    assert MINE not in exported.text
    await vault.pool.execute("UPDATE subject SET retailer_id = $1 WHERE distributor_id = 'dist_m'", mine)
    assert await vault.resolved(MINE) == {mine}
    await vault.pool.execute("UPDATE subject SET is_phone_confirmed = false WHERE distributor_id = 'dist_m'")
    merged = await vault.call("admin", f"admin/retailers/{mine}/merge", into=victim, ticket="OPS-1")
    assert merged.status_code == 409
    assert await vault.resolved(MINE) == set()


async def test_a_ciphertext_put_back_from_before_reveals_no_old_phone(vault: VaultSide) -> None:
    victim = await vault.shop("v", phone=MINE)
    old = await vault.pool.fetchval("SELECT sealed_identity FROM subject")
    await vault.shop("v", phone=VICTIMS)
    assert await vault.revealed(victim) == "91" + VICTIMS
    await vault.pool.execute("UPDATE subject SET sealed_identity = $1", old)
    assert await vault.revealed(victim) is None
    assert await vault.audited("identity_tampered")
