"""Somebody with full access to the database changes a column: the row is no consent, and the alarm is raised."""

from dataclasses import replace

import psycopg
import pytest
from altscore_consent.grants import store
from altscore_consent.grants.domain import StoredState
from altscore_consent.grants.row_mac import RowMac
from altscore_libs.testing import SoftwareSigner
from prometheus_client import REGISTRY

from ..conftest import LENDERS, MAC_KEY, PURPOSE, RETAILER, World

OTHER = "ret_0000000000000009"
RECORDS = "UPDATE consent_records SET"
STATES = "UPDATE consent_state SET"
FREELY = "ALTER TABLE consent_state DISABLE TRIGGER consent_state_version"
RECORD_DAMAGE = {
    "consent_id": f"{RECORDS} consent_id = 'cns_' || repeat('0', 32)",
    "kind": f"{RECORDS} kind = 'withdrawal'",
    "retailer_id": f"{RECORDS} retailer_id = '{OTHER}'",
    "message_hash": f"{RECORDS} message_hash = repeat('a', 64)",
    "message_hash gone": f"{RECORDS} message_hash = NULL",
    "record, a byte": f"{RECORDS} record = overlay(record placing 'x' from 40 for 1)",
    "record, a lender added": f"{RECORDS} record = replace(record, 'lender_ugro', 'lender_evil')",
    "record, another key's id": f"{RECORDS} record = replace(record, 'consent-signing-', 'consent-signing_')",
    "record, no JSON": f"{RECORDS} record = '{{'",
    "signature": f"{RECORDS} signature = set_byte(signature, 5, get_byte(signature, 5) # 1)",
    "the row gone": "DELETE FROM consent_records",
}
STATE_DAMAGE = {
    "purpose": f"{STATES} purpose = 'term_loan'",
    "version": f"{STATES} version = 99",
    "version back": f"{STATES} version = 0",
    "consent_id": f"{STATES} consent_id = 'cns_' || repeat('0', 32)",
    "given_at": f"{STATES} given_at = given_at + interval '1 second'",
    "expires_at": f"{STATES} expires_at = expires_at + interval '9 years'",
    "ended_at": f"{STATES} ended_at = given_at",
    "use_limit": f"{STATES} use_limit = 1000000",
    "use_limit gone": f"{STATES} use_limit = NULL",
    "use_period_days": f"{STATES} use_period_days = 1",
    "seal": f"{STATES} seal = set_byte(seal, 5, get_byte(seal, 5) # 1)",
    "seal gone": f"{STATES} seal = NULL",
}


def columns(database: str, table: str) -> set[str]:
    with psycopg.connect(database) as connection:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        return {row[0] for row in connection.execute(query, (table,)).fetchall()}


async def test_no_column_is_left_out_here(world: World) -> None:
    assert columns(world.database.superuser_dsn, "consent_records") <= {name.split(",")[0] for name in RECORD_DAMAGE}
    with_tests_of_their_own = {"status", "retailer_id", "lender_id"}
    known = set(STATE_DAMAGE) | with_tests_of_their_own
    assert columns(world.database.superuser_dsn, "consent_state") <= known


async def alarms(world: World) -> int:
    return len(await world.audits("consent_tampered"))


async def refuses_everywhere(world: World, retailer: str = RETAILER, lender: str = LENDERS[0]) -> bool:
    for purpose in (PURPOSE, "term_loan", None):
        if (await world.services.checks.check(retailer, lender, purpose)).is_consented:
            return False
    bulk = await world.services.checks.check_bulk([retailer], actor="scoring")
    page = await world.services.checks.snapshot(None, 10, actor="pipeline")
    return not bulk[retailer][0] and page.retailers == []


def metric() -> float:
    return REGISTRY.get_sample_value("altscore_consent_tampered_total") or 0.0


@pytest.mark.parametrize("damage", (RECORD_DAMAGE | STATE_DAMAGE).values(), ids=(RECORD_DAMAGE | STATE_DAMAGE).keys())
async def test_a_changed_column_is_no_consent_and_raises_the_alarm_once(world: World, damage: str) -> None:
    await world.granted()
    assert await world.is_consented()
    before = metric()
    world.as_superuser(FREELY, damage)
    assert await refuses_everywhere(world)
    raised = await alarms(world)
    assert raised >= 1
    assert metric() - before == raised
    assert await refuses_everywhere(world)
    assert await alarms(world) == raised


@pytest.mark.parametrize("column", ["expires_at", "seal", "version"])
async def test_bulk_and_snapshot_see_the_damage_without_a_check_before_them(world: World, column: str) -> None:
    await world.granted()
    world.as_superuser(FREELY, STATE_DAMAGE[column])
    assert (await world.services.checks.snapshot(None, 10, actor="pipeline")).retailers == []
    assert await alarms(world) >= 1


async def test_one_damaged_lender_leaves_the_retailer_consented_by_the_other(world: World) -> None:
    await world.granted()
    damage = f"{STATES} expires_at = expires_at + interval '9 years' WHERE lender_id = '{LENDERS[0]}'"
    world.as_superuser(FREELY, damage)
    assert (await world.services.checks.check_bulk([RETAILER], actor="scoring"))[RETAILER][0]
    assert not await world.is_consented(LENDERS[0])
    assert await world.is_consented(LENDERS[1])
    assert await alarms(world) == 1


async def test_a_state_moved_to_another_lender_is_no_consent_for_that_lender(world: World) -> None:
    await world.granted()
    world.as_superuser(FREELY, f"{STATES} lender_id = 'lender_evil' WHERE lender_id = '{LENDERS[0]}'")
    assert not await world.is_consented("lender_evil")
    assert await alarms(world) == 1


async def test_state_and_record_moved_to_another_retailer_are_no_consent_of_that_retailer(world: World) -> None:
    await world.granted()
    world.as_superuser(
        FREELY,
        f"INSERT INTO retailer_ledger (retailer_id) VALUES ('{OTHER}')",
        f"{STATES} retailer_id = '{OTHER}'",
        f"{RECORDS} retailer_id = '{OTHER}'",
    )
    assert await refuses_everywhere(world, OTHER)
    assert await alarms(world) >= 1


@pytest.mark.parametrize("is_withdrawal_hidden", [False, True])
async def test_a_state_set_back_to_active_is_no_consent(world: World, is_withdrawal_hidden: bool) -> None:
    await world.granted()
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    hide = ["DELETE FROM consent_records WHERE kind = 'withdrawal'"] if is_withdrawal_hidden else []
    world.as_superuser(FREELY, f"{STATES} status = 'active', ended_at = NULL, version = version + 1", *hide)
    assert await refuses_everywhere(world)
    assert await alarms(world) >= 1


async def test_a_whole_row_kept_from_before_the_withdrawal_is_outvoted_by_the_signed_withdrawal(world: World) -> None:
    await world.granted()
    world.as_superuser("CREATE TABLE kept AS SELECT * FROM consent_state")
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    world.as_superuser("DELETE FROM consent_state", "INSERT INTO consent_state SELECT * FROM kept")
    assert await refuses_everywhere(world)
    assert await alarms(world) >= 1


@pytest.mark.parametrize("status", ["revoked", "expired"])
async def test_a_consent_ended_by_hand_stays_ended_and_raises_the_alarm(world: World, status: str) -> None:
    await world.granted()
    world.as_superuser(FREELY, f"{STATES} status = '{status}', ended_at = now()")
    assert not await world.is_consented()
    assert await alarms(world) >= 1


async def test_honest_endings_raise_no_alarm(world: World) -> None:
    await world.granted()
    await world.granted(purpose="trade_credit")
    world.clock.advance(seconds=366 * 86_400)
    await world.expiry.expire_due()
    await world.nahi(world.clock.now())
    world.clock.advance(seconds=1)
    await world.granted(purpose="term_loan")
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    for purpose in (PURPOSE, "trade_credit", "term_loan"):
        assert not await world.is_consented(purpose=purpose)
    assert await alarms(world) == 0


async def test_a_record_signed_by_another_key_does_not_count_even_under_a_good_mac(world: World) -> None:
    record = await world.granted()
    forged = await SoftwareSigner("consent-signing").sign(b"\x01" * 32)
    world.as_superuser(f"{RECORDS} signature = '\\x{forged.hex()}'")
    forged_record = replace(record, signature=forged)
    states = await world.pool.fetch("SELECT * FROM consent_state")
    assert states
    for row in await _rows(world):
        mac = RowMac([MAC_KEY]).compute(row.retailer_id, row.state, forged_record.digest())
        world.as_superuser(FREELY, f"{STATES} seal = '\\x{mac.hex()}' WHERE lender_id = '{row.state.lender_id}'")
    assert not await world.is_consented()
    assert await alarms(world) >= 1


async def _rows(world: World) -> list[StoredState]:
    async with world.pool.acquire() as connection:
        return await store.active_states(connection, [RETAILER])


async def test_a_haan_builds_nothing_on_a_damaged_state(world: World) -> None:
    invite = await world.invite()
    first = await world.haan(invite, world.clock.now(), "one")
    world.as_superuser(FREELY, f"{STATES} expires_at = expires_at + interval '9 years', version = 99")
    world.clock.advance(seconds=5)
    again = await world.haan(invite, world.clock.now(), "two")
    assert again.consent_id != first.consent_id
    result = await world.services.checks.check(RETAILER, LENDERS[0], PURPOSE)
    assert (result.consent_id, result.version) == (again.consent_id, 100)
    assert result.expires_at is not None
    assert result.expires_at.year == 2027


async def test_a_second_haan_keeps_the_state_authentic(world: World) -> None:
    invite = await world.invite()
    first = await world.haan(invite, world.clock.now(), "one")
    world.clock.advance(seconds=5)
    assert await world.haan(invite, world.clock.now(), "two") == first
    assert await world.is_consented()
    assert await alarms(world) == 0
