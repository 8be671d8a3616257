"""Whose phone may consent (decision 89): a second phone counts for nothing until it is confirmed."""

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from altscore_ingestion.vault.domain import LedgerPhone, confirm_phones
from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.testing import PostgresServer, api_client
from ingestion_world import VaultSide
from prometheus_client import REGISTRY
from test_vault import GSTIN, OTHER_GSTIN, audited, call, put, retailer_of

STANDING, SECOND, THIRD = "9000000000", "9111111111", "9222222222"
NOBODY = "ret_" + "0" * 16


async def ledger(vault: VaultSide, distributor_id: str, ref: str = "r-1", **fields: Any) -> str:
    """Stores a ledger; the id of its retailer."""
    [answer] = await put(vault, distributor_id, {"retailer_ref": ref, **fields})
    return await retailer_of(vault, answer["subject_token"])


async def resolved(vault: VaultSide, phone: str) -> dict[str, str]:
    """Contact refs by retailer, as the webhook sees them."""
    answer = await call(vault, "webhook", "/phones/resolve", phone=phone)
    assert answer.status_code == 200, answer.text
    return {row["retailer_id"]: row["contact_ref"] for row in answer.json()["retailers"]}


async def revealed(vault: VaultSide, retailer_id: str, **how: Any) -> str | None:
    """The phone that notification would write to."""
    answer = await call(vault, "notification", "/phones/reveal", retailer_id=retailer_id, **how)
    return answer.json()["phone"] if answer.status_code == 200 else None


async def contacts(vault: VaultSide, distributor_id: str) -> dict[str, str | None]:
    """Contact refs by retailer, as admin sees them for one distributor."""
    async with api_client(vault.app, "admin") as client:
        answer = await client.get(f"/internal/admin/distributors/{distributor_id}/retailers")
    rows = answer.json()["retailers"]
    assert all(row["reachable"] == (row["contact_ref"] is not None) for row in rows)
    return {row["retailer_id"]: row["contact_ref"] for row in rows}


async def confirm(vault: VaultSide, retailer_id: str, distributor_id: str) -> Any:
    return await call(vault, "admin", f"/admin/retailers/{retailer_id}/phones/confirm", distributor_id=distributor_id)


async def test_a_second_distributors_phone_counts_for_nothing_until_ops_confirm_it(vault: VaultSide) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    assert await ledger(vault, "dist_b", gst=GSTIN, phone=SECOND) == retailer_id
    assert await resolved(vault, SECOND) == {}
    assert await contacts(vault, "dist_b") == {retailer_id: None}
    assert await revealed(vault, retailer_id) == "91" + STANDING
    standing = (await resolved(vault, STANDING))[retailer_id]
    assert await contacts(vault, "dist_a") == {retailer_id: standing}

    answer = await confirm(vault, retailer_id, "dist_b")
    second = answer.json()["contact_ref"]
    assert (answer.status_code, answer.json()) == (200, {"retailer_id": retailer_id, "contact_ref": second})
    assert await resolved(vault, SECOND) == {retailer_id: second}
    assert await contacts(vault, "dist_b") == {retailer_id: second}
    assert await contacts(vault, "dist_a") == {retailer_id: standing}
    for contact_ref, phone in ((standing, STANDING), (second, SECOND)):
        assert await revealed(vault, retailer_id, contact_ref=contact_ref) == "91" + phone
    assert (await confirm(vault, retailer_id, "dist_b")).json()["contact_ref"] == second


async def test_an_unconfirmed_phone_is_not_revealed_under_its_own_name(vault: VaultSide) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    await ledger(vault, "dist_b", gst=GSTIN, phone=SECOND)
    token = await vault.pool.fetchval("SELECT phone_token FROM subject WHERE distributor_id = 'dist_b'")
    assert await revealed(vault, retailer_id, contact_ref=vault.keys.contact_ref(retailer_id, token)) is None


async def test_a_conflict_is_an_audited_alert_without_the_phone(vault: VaultSide) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    counted = REGISTRY.get_sample_value("altscore_vault_phone_conflicts_total") or 0
    for _ in range(2):
        await ledger(vault, "dist_b", gst=GSTIN, phone=SECOND)
    assert REGISTRY.get_sample_value("altscore_vault_phone_conflicts_total") == counted + 1
    [conflict] = await audited(vault, "identity_phone_conflict")
    assert (conflict["subject"], conflict["details"]) == (retailer_id, {"distributor_id": "dist_b"})
    assert SECOND not in str(conflict)
    await confirm(vault, retailer_id, "dist_b")
    [confirmed] = await audited(vault, "identity_phone_confirmed")
    assert (confirmed["actor"], confirmed["subject"], confirmed["outcome"]) == ("admin", retailer_id, "success")


async def test_the_same_phone_from_a_second_distributor_is_confirmed(vault: VaultSide) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    await ledger(vault, "dist_b", gst=GSTIN, phone="+91 90000 00000")
    assert await contacts(vault, "dist_b") == await contacts(vault, "dist_a") == await resolved(vault, STANDING)
    assert await resolved(vault, STANDING) == {retailer_id: vault.keys.contact_ref(retailer_id, await _token(vault))}
    assert await audited(vault, "identity_phone_conflict") == []


async def _token(vault: VaultSide) -> bytes:
    return bytes(await vault.pool.fetchval("SELECT DISTINCT phone_token FROM subject"))


async def test_a_ledger_corrects_its_own_phone(vault: VaultSide) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    before = await contacts(vault, "dist_a")
    await ledger(vault, "dist_a", phone=THIRD)
    assert await resolved(vault, STANDING) == {}
    assert await contacts(vault, "dist_a") == await resolved(vault, THIRD) != before
    assert await revealed(vault, retailer_id, contact_ref=str(before[retailer_id])) is None


async def test_a_correction_waits_while_another_ledger_has_a_confirmed_phone(vault: VaultSide) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    await ledger(vault, "dist_b", gst=GSTIN, phone=STANDING)
    await ledger(vault, "dist_b", phone=SECOND)
    assert await contacts(vault, "dist_b") == {retailer_id: None}
    assert await resolved(vault, SECOND) == {}


async def test_a_waiting_phone_is_confirmed_when_the_standing_ledger_shows_it_too(vault: VaultSide) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    await ledger(vault, "dist_b", gst=GSTIN, phone=SECOND)
    await ledger(vault, "dist_a", phone=SECOND)
    assert await contacts(vault, "dist_a") == await contacts(vault, "dist_b") == await resolved(vault, SECOND)
    assert list(await resolved(vault, SECOND)) == [retailer_id]


async def test_two_retailers_that_share_a_phone_are_both_resolved_under_different_names(vault: VaultSide) -> None:
    retailers = {await ledger(vault, "dist_a", "a", phone=STANDING), await ledger(vault, "dist_b", "b", phone=STANDING)}
    names = await resolved(vault, STANDING)
    assert names.keys() == retailers
    assert len(set(names.values())) == 2
    for retailer_id, contact_ref in names.items():
        assert await revealed(vault, retailer_id, contact_ref=contact_ref) == "91" + STANDING
    first, second = retailers
    assert await revealed(vault, first, contact_ref=names[second]) is None


async def test_a_ledger_that_moves_by_a_late_gstin_leaves_its_confirmation_behind(
    vault: VaultSide, clock: FixedClock
) -> None:
    winner = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    loser = await ledger(vault, "dist_b", phone=SECOND)
    own = (await resolved(vault, SECOND))[loser]
    clock.advance(seconds=1)
    assert await ledger(vault, "dist_b", gst=GSTIN) == winner
    assert await resolved(vault, SECOND) == {}
    assert await revealed(vault, loser, contact_ref=own) is None
    assert await contacts(vault, "dist_b") == {winner: None}
    assert [entry["subject"] for entry in await audited(vault, "identity_phone_conflict")] == [winner]


async def test_a_ledger_that_moves_to_a_retailer_without_a_phone_keeps_its_confirmation(vault: VaultSide) -> None:
    winner = await ledger(vault, "dist_a", gst=GSTIN)
    loser = await ledger(vault, "dist_b", phone=SECOND)
    own = (await resolved(vault, SECOND))[loser]
    await ledger(vault, "dist_b", gst=GSTIN)
    assert list(await resolved(vault, SECOND)) == [winner]
    assert await revealed(vault, loser, contact_ref=own) == "91" + SECOND  # the alias is the same shop


async def test_a_ledger_that_moves_to_another_gstin_takes_its_phone_along(vault: VaultSide) -> None:
    old = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    new = await ledger(vault, "dist_a", gst=OTHER_GSTIN)
    assert old != new
    assert list(await resolved(vault, STANDING)) == [new]
    assert await revealed(vault, old) is None


async def test_ledgers_of_one_request_see_each_other(vault: VaultSide) -> None:
    first, second = await put(
        vault,
        "dist_a",
        {"retailer_ref": "a", "gst": GSTIN, "phone": STANDING},
        {"retailer_ref": "b", "gst": GSTIN, "phone": SECOND},
    )
    assert first["sealed_identity"] != second["sealed_identity"]
    assert len(await resolved(vault, STANDING)) == 1
    assert await resolved(vault, SECOND) == {}


async def test_silence_about_a_phone_changes_no_confirmation(vault: VaultSide) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    await ledger(vault, "dist_b", gst=GSTIN, phone=SECOND)
    await confirm(vault, retailer_id, "dist_b")
    for distributor_id in ("dist_a", "dist_b"):
        await ledger(vault, distributor_id, shop_name="New name")
    assert None not in [*(await contacts(vault, "dist_a")).values(), *(await contacts(vault, "dist_b")).values()]


@pytest.mark.parametrize("distributor_id", ["dist_b", "dist_nobody"])
async def test_nothing_is_confirmed_where_a_distributor_shows_no_phone(vault: VaultSide, distributor_id: str) -> None:
    retailer_id = await ledger(vault, "dist_a", gst=GSTIN, phone=STANDING)
    await ledger(vault, "dist_b", gst=GSTIN)
    for asked in (retailer_id, NOBODY):
        assert (await confirm(vault, asked, distributor_id)).status_code == 404


def test_a_ledger_that_was_confirmed_is_decided_before_a_new_one() -> None:
    new, old = LedgerPhone(b"a", "ret", b"2", is_confirmed=False), LedgerPhone(b"b", "ret", b"3", is_confirmed=True)
    assert confirm_phones([new, old], []) == {b"a": False, b"b": True}


def test_the_migration_confirms_the_phone_that_stood_first(
    pg_server: PostgresServer, vault_template: str, tmp_path: Path
) -> None:
    migrations, retailer_id = Path(__file__).parents[1] / "migrations_vault", "ret_" + "1" * 16
    shutil.copy(migrations / "0001_vault.py", tmp_path)
    pg_server.execute(f"CREATE DATABASE migrated_{vault_template} OWNER vault_owner")
    dsn = pg_server.dsn(f"migrated_{vault_template}", "vault_owner")
    db.upgrade(dsn, tmp_path)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO retailer (retailer_id, wrapped_data_key, created_at) VALUES (%s, '', now())", (retailer_id,)
        )
        for token, phone, day in ((b"1", b"later", 2), (b"2", b"first", 1), (b"3", b"first", 3), (b"4", None, 1)):
            connection.execute(
                "INSERT INTO subject (subject_token, distributor_id, retailer_id, sealed_identity, gst_status, "
                "phone_token, updated_at) VALUES (%s, 'dist_a', %s, '', 'absent', %s, make_date(2026, 1, %s))",
                (token * 32, retailer_id, phone, day),
            )
        db.upgrade(dsn, migrations)
        rows = connection.execute("SELECT is_phone_confirmed FROM subject ORDER BY subject_token").fetchall()
    assert rows == [(False,), (True,), (True,), (False,)]
