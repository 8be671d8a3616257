"""Who can run SQL as the role `consent` makes no consent, forgets no NAHI, and stops nobody's answer for long."""

from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest
from altscore_consent.errors import AnswerOutdated, ConfirmationNeeded, RecordDamaged
from altscore_consent.grants.domain import WithdrawalRequest
from altscore_consent.grants.row_mac import FactMac
from altscore_consent.invites.domain import Invite
from altscore_libs.errors import Conflict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.consent.tests.conftest import (
    LENDERS,
    NOW,
    PURPOSE,
    RETAILER,
    World,
    clock,
    database,
    neighbour,
    pool,
    signer,
    template,
    world,
)

__all__ = ["clock", "database", "neighbour", "pool", "signer", "template", "world"]
COPY_OF_INVITE = """
INSERT INTO invites (invite_id, retailer_id, distributor_id, distributor_name, contact_ref, lender_scope, purpose,
                     language, notice_id, notice_version, notice_text, notice_sha256, status, created_at, expires_at,
                     mac)
SELECT 'inv_' || repeat('e', 32), retailer_id, distributor_id, distributor_name, contact_ref,
       '{lender_evil,lender_shriram,lender_ugro}', purpose, language, notice_id, notice_version, notice_text,
       notice_sha256, 'open', created_at, expires_at, mac FROM invites LIMIT 1
"""
FORGED = "inv_" + "e" * 32


async def alarms(world: World) -> list[str]:
    return [entry["reason"] for entry in await world.audits("consent_tampered")]


async def planted(world: World) -> Invite:
    """An invite that the role wrote over the retailer's own one, with the notice that the retailer read."""
    invite = await world.invite()
    await world.pool.execute("UPDATE invites SET status = 'expired', decided_at = now()")
    await world.pool.execute(COPY_OF_INVITE)
    return replace(invite, invite_id=FORGED, lender_scope=("lender_evil", *LENDERS))


async def test_an_honest_haan_gives_no_lender_a_consent_that_the_role_wrote_into_the_invite(world: World) -> None:
    forged = await planted(world)
    assert await world.services.invites.open_invites(RETAILER) == []
    with pytest.raises(RecordDamaged):
        await world.haan(forged, NOW)
    assert not await world.is_consented("lender_evil", None)
    assert await alarms(world) == ["invite is not as the service left it"]
    assert (await world.maintenance.sweep()).bad_invites == 2


async def test_a_planted_invite_gives_way_to_the_next_one(world: World) -> None:
    await planted(world)
    invite = await world.invite()
    assert invite.invite_id != FORGED
    await world.haan(invite, NOW)
    assert await world.is_consented()


async def test_a_planted_newer_invite_does_not_close_the_genuine_one(world: World) -> None:
    invite = await world.invite()
    await world.pool.execute(COPY_OF_INVITE.replace("'open'", "'granted'"))
    await world.haan(invite, NOW)
    assert await world.is_consented()
    assert await alarms(world) == ["invite is not as the service left it"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invites SET status = 'open'",
        "UPDATE invites SET contact_ref = 'pcr_' || repeat('9', 32)",
        "UPDATE invites SET lender_scope = '{lender_evil}'",
        "UPDATE invites SET expires_at = expires_at + interval '9 years'",
        "DELETE FROM invites",
        "UPDATE retailer_ledger SET version = 4611686018427387904",
        "UPDATE retailer_ledger SET version = version - 1",
        "INSERT INTO retailer_ledger (retailer_id, version) VALUES ('ret_00000000000000ff', 4611686018427387904)",
        "UPDATE consent_state SET version = 4611686018427387904",
        "DELETE FROM retailer_ledger",
        "DELETE FROM consent_records",
        "ALTER TABLE invites DISABLE TRIGGER ALL",
    ],
)
async def test_what_the_database_itself_refuses_to_the_role(world: World, statement: str) -> None:
    await world.granted()
    with pytest.raises((asyncpg.RaiseError, asyncpg.InsufficientPrivilegeError)):
        await world.pool.execute(statement)
    assert await world.is_consented()


async def test_an_invite_that_the_role_closes_is_no_silent_end(world: World) -> None:
    invite = await world.invite()
    await world.pool.execute("UPDATE invites SET status = 'expired'")
    with pytest.raises(RecordDamaged):
        await world.haan(invite, NOW)
    assert await alarms(world) == ["invite is not as the service left it"]


async def test_an_old_answer_does_not_count_after_the_role_made_the_database_forget_the_nahi(world: World) -> None:
    invite = await world.invite()
    world.clock.advance(seconds=60)
    await world.nahi(NOW + timedelta(seconds=30))
    await world.pool.execute("UPDATE retailer_ledger SET last_no_at = NULL")
    invite = await world.invite()
    with pytest.raises(AnswerOutdated):
        await world.haan(invite, NOW + timedelta(seconds=20))
    assert not await world.is_consented()
    assert await alarms(world) == ["ledger is not as the service left it"]


@pytest.mark.parametrize("value", ["NULL", "'2100-01-01'", "now() + interval '3 days'", "'1999-01-01'"])
async def test_a_forged_last_nahi_neither_revives_nor_stops_a_retailer(world: World, value: str) -> None:
    await world.granted()
    world.clock.advance(seconds=60)
    await world.nahi(world.clock.now())
    await world.pool.execute(f"UPDATE retailer_ledger SET last_no_at = {value}")
    assert not await world.is_consented()
    invite = await world.invite()
    assert "ledger is not as the service left it" in await alarms(world)
    world.clock.advance(seconds=1)
    await world.haan(invite, world.clock.now(), "later")
    assert await world.is_consented()


async def test_a_haan_after_the_damage_is_asked_again_once_and_the_next_tap_counts(world: World) -> None:
    invite = await world.invite()
    await world.pool.execute("UPDATE retailer_ledger SET last_no_at = '2100-01-01'")
    with pytest.raises(ConfirmationNeeded):
        await world.haan(invite, NOW)
    world.clock.advance(seconds=1)
    await world.haan(invite, world.clock.now(), "next")
    assert await world.is_consented()


async def test_a_ledger_of_before_cannot_be_put_back(world: World) -> None:
    await world.granted()
    before = await world.pool.fetchrow("SELECT * FROM retailer_ledger")
    world.clock.advance(seconds=60)
    await world.nahi(world.clock.now())
    with pytest.raises(asyncpg.RaiseError):
        await world.pool.execute(
            "UPDATE retailer_ledger SET version = $1, last_no_at = $2, mac = $3",
            before["version"],
            before["last_no_at"],
            before["mac"],
        )


async def test_a_nahi_ends_consent_whatever_the_role_did_to_the_ledger(world: World) -> None:
    await world.granted()
    await world.pool.execute("UPDATE retailer_ledger SET last_no_at = '2100-01-01', mac = NULL")
    world.clock.advance(seconds=1)
    assert (await world.nahi(world.clock.now())).revoked
    assert not await world.is_consented()


async def test_an_unsigned_withdrawal_is_no_silent_end(world: World) -> None:
    await world.granted()
    await world.pool.execute(
        "INSERT INTO consent_records SELECT consent_id, 'withdrawal', retailer_id, NULL, '{}', signature"
        " FROM consent_records"
    )
    assert not await world.is_consented()
    assert len(await alarms(world)) >= 1
    report = await world.maintenance.sweep()
    assert (report.bad_records, report.is_damaged()) == (1, True)


async def test_a_state_that_the_role_ends_is_no_silent_end(world: World) -> None:
    await world.granted()
    await world.nahi(NOW - timedelta(days=1), "ret_00000000000000aa")
    await world.pool.execute("UPDATE retailer_ledger SET version = version + 1 WHERE retailer_id = $1", RETAILER)
    await world.pool.execute("UPDATE consent_state SET status = 'revoked', ended_at = now(), version = version + 1")
    report = await world.maintenance.sweep()
    assert report.bad_states == len(LENDERS)
    assert not await world.is_consented()
    assert len(await alarms(world)) >= 1


async def test_planted_uses_take_no_lender_its_fair_use_and_are_counted_in_the_sweep(world: World) -> None:
    record = await world.granted()
    await world.pool.execute(
        "INSERT INTO consent_uses (event_id, consent_id, lender_id, used_at)"
        " SELECT gen_random_uuid(), $1, $2, $3::timestamptz FROM generate_series(1, 60)",
        record.consent_id,
        LENDERS[0],
        NOW,
    )
    assert await world.is_consented()
    assert await alarms(world) == ["uses are not as the service counted them"]
    assert (await world.maintenance.sweep()).bad_uses == 60


async def test_an_alarm_cannot_be_silenced_in_advance(world: World) -> None:
    """The digest of a damage is keyed: who knows the row still does not know under which digest it is noted."""
    invite = await world.invite()
    guesses = FactMac([b"g" * 32]).compute(["damage", invite.invite_id, "x"]).hex()
    await world.pool.execute(
        "INSERT INTO tampered_records VALUES ($1, $2, now()), ($1, 'invite is not as the service left it', now())",
        invite.invite_id,
        guesses,
    )
    await world.pool.execute("UPDATE invites SET status = 'expired'")
    with pytest.raises(RecordDamaged):
        await world.haan(invite, NOW)
    assert len(await alarms(world)) == 1


async def test_a_withdrawal_counts_though_somebody_calls_its_state_expired(world: World) -> None:
    """An answer of before the withdrawal stays outdated: the signed withdrawal says so, not the state."""
    record = await world.granted()
    world.clock.advance(seconds=60)
    await world.services.consents.revoke(
        WithdrawalRequest(reason="dpo_request", requested_by="admin", consent_id=record.consent_id)
    )
    world.as_superuser(
        "ALTER TABLE consent_state DISABLE TRIGGER consent_state_version",
        "UPDATE consent_state SET status = 'expired', ended_at = NULL",
    )
    invite = await world.invite()
    with pytest.raises(AnswerOutdated):
        await world.haan(invite, NOW + timedelta(seconds=30), "old")
    assert not await world.is_consented(purpose=PURPOSE)


DAMAGES = {
    "forget": "UPDATE retailer_ledger SET last_no_at = NULL WHERE retailer_id = $1",
    "2100": "UPDATE retailer_ledger SET last_no_at = '2100-01-01' WHERE retailer_id = $1",
    "no mac": "UPDATE retailer_ledger SET mac = NULL WHERE retailer_id = $1",
    "number": "UPDATE retailer_ledger SET version = version + 1 WHERE retailer_id = $1",
}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["HAAN", "NAHI"]), st.integers(-5, 0)),
        st.tuples(st.sampled_from(sorted(DAMAGES)), st.just(0)),
    ),
    min_size=1,
    max_size=9,
)
counter = iter(range(10**9))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_is_done_to_the_ledger_no_consent_stands_against_a_later_nahi(
    world: World, steps: list[tuple[str, int]]
) -> None:
    """Consent is in force only while the last answer by sending time is a HAAN; a next HAAN always makes one."""
    retailer = f"ret_{next(counter):016x}"
    sent: list[tuple[datetime, bool]] = []
    for index, (what, seconds) in enumerate(steps):
        world.clock.advance(seconds=7)
        at = world.clock.now() + timedelta(seconds=seconds)
        if what in DAMAGES:
            await world.pool.execute(DAMAGES[what], retailer)
        elif what == "NAHI":
            await world.nahi(at, retailer)
            sent.append((at, True))
        elif await _answers(world, retailer, at, f"{retailer[-8:]}-{index}"):
            sent.append((at, False))
        result = await world.services.checks.check(retailer, LENDERS[0], PURPOSE)
        if result.is_consented:
            assert not max(sent)[1]
    world.clock.advance(seconds=7)
    await _answers(world, retailer, world.clock.now(), f"{retailer[-8:]}-x")
    world.clock.advance(seconds=7)
    await _answers(world, retailer, world.clock.now(), f"{retailer[-8:]}-y")
    assert (await world.services.checks.check(retailer, LENDERS[0], PURPOSE)).is_consented


async def _answers(world: World, retailer_id: str, at: datetime, message: str) -> bool:
    invite = await world.invite(retailer_id)
    try:
        await world.haan(invite, at, message)
    except Conflict:
        return False
    return True
