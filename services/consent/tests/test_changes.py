"""Invites, grants and withdrawals."""

from datetime import timedelta

import asyncpg
import psycopg
import pytest
from altscore_consent.domain import Withdrawal
from altscore_consent.errors import AnswerOutdated, InviteClosed, InviteMismatch, InviteUnknown
from altscore_libs.errors import InvalidRequest
from altscore_libs.testing import Database

from .conftest import LENDERS, NOW, OTHER_CONTACT, PURPOSE, RETAILER, World


async def test_an_invite_is_announced_with_the_exact_notice_and_its_digest(world: World) -> None:
    invite = await world.invite(language="en")
    [(name, data)] = await world.events()
    assert name == "consent.invited"
    assert data["notice_text"] == invite.notice_text
    assert data["notice_sha256"] == invite.notice_sha256
    assert "every other distributor" in invite.notice_text
    assert "Shriram, Ugro" in invite.notice_text


async def test_at_most_one_invite_is_open_per_retailer_and_purpose(world: World) -> None:
    first, again = await world.invite(), await world.invite(distributor_id="dist_other")
    other = await world.invite(purpose="trade_credit")
    assert again.invite_id == first.invite_id
    assert other.invite_id != first.invite_id
    assert len(await world.events()) == 2


async def test_an_invite_past_its_time_makes_room_for_a_new_one(world: World) -> None:
    old = await world.invite()
    world.clock.advance(seconds=timedelta(days=31).total_seconds())
    assert (await world.invite()).invite_id != old.invite_id


async def test_a_purpose_without_a_notice_cannot_be_invited(world: World) -> None:
    with pytest.raises(InvalidRequest):
        await world.invite(purpose="anything_else")


async def test_more_lenders_than_a_message_can_name_cannot_be_invited(world: World) -> None:
    with pytest.raises(InvalidRequest):
        await world.invite(lender_scope=tuple(f"lender_with_a_long_name_{n}" for n in range(50)))


async def test_a_haan_makes_a_signed_consent_for_the_named_lenders_only(world: World) -> None:
    record = await world.haan(await world.invite(), NOW)
    assert await world.is_consented(LENDERS[0])
    assert await world.is_consented(LENDERS[1])
    assert not await world.is_consented("lender_other")
    name, data = (await world.events())[-1]
    assert (name, data["consent_id"], data["lender_scope"]) == ("consent.granted", record.consent_id, list(LENDERS))
    assert len(await world.audits("consent_granted")) == 1


async def test_the_same_message_twice_gives_the_same_consent_and_one_event(world: World) -> None:
    invite = await world.invite()
    first, again = await world.haan(invite, NOW), await world.haan(invite, NOW)
    assert first == again
    assert [name for name, _ in await world.events()] == ["consent.invited", "consent.granted"]


async def test_a_replayed_haan_does_not_revive_what_a_nahi_ended(world: World) -> None:
    invite = await world.invite()
    await world.haan(invite, NOW)
    world.clock.advance(seconds=10)
    await world.nahi(NOW + timedelta(seconds=5))
    await world.haan(invite, NOW)
    assert not await world.is_consented()


@pytest.mark.parametrize(
    "change",
    [
        {"distributor_id": "dist_other"},
        {"lender_scope": ("lender_shriram",)},
        {"lender_scope": (*LENDERS, "lender_more")},
        {"purpose": "trade_credit"},
        {"contact_ref": OTHER_CONTACT},
        {"retailer_id": "ret_0000000000000001"},
    ],
)
async def test_an_answer_that_differs_from_its_invite_is_refused(world: World, change: dict[str, object]) -> None:
    invite = await world.invite()
    with pytest.raises(InviteMismatch):
        await world.haan(invite, NOW, **change)
    assert not await world.is_consented()


async def test_an_unknown_invite_is_refused(world: World) -> None:
    invite = await world.invite()
    with pytest.raises(InviteUnknown):
        await world.haan(invite, NOW, invite_id="inv_" + "0" * 32)


async def test_an_expired_invite_cannot_be_answered(world: World) -> None:
    invite = await world.invite()
    world.clock.advance(seconds=timedelta(days=30).total_seconds())
    with pytest.raises(InviteClosed):
        await world.haan(invite, world.clock.now())


async def test_a_replaced_invite_cannot_be_answered(world: World) -> None:
    old = await world.invite()
    await world.nahi(NOW - timedelta(seconds=9))
    await world.invite(lender_scope=("lender_new",))
    with pytest.raises(InviteClosed):
        await world.haan(old, NOW)


async def test_a_late_haan_never_overrides_a_newer_nahi(world: World) -> None:
    await world.nahi(NOW)
    invite = await world.invite()
    with pytest.raises(AnswerOutdated):
        await world.haan(invite, NOW - timedelta(seconds=1))


async def test_of_two_words_of_one_second_the_nahi_wins(world: World) -> None:
    await world.nahi(NOW)
    invite = await world.invite()
    with pytest.raises(AnswerOutdated):
        await world.haan(invite, NOW)


async def test_a_word_dated_in_the_future_counts_as_said_now(world: World) -> None:
    await world.haan(await world.invite(), NOW + timedelta(days=400))
    world.clock.advance(seconds=1)
    assert (await world.nahi(world.clock.now())).revoked
    assert not await world.is_consented()


async def test_a_nahi_declines_every_open_invite_and_ends_every_consent_at_once(world: World) -> None:
    await world.granted()
    await world.granted(purpose="trade_credit")
    await world.invite(purpose="term_loan")
    world.clock.advance(seconds=1)
    done = await world.nahi(world.clock.now())
    assert (len(done.revoked), len(done.declined), done.is_outdated) == (2, 1, False)
    assert not await world.is_consented(purpose=None)
    names = [name for name, _ in await world.events()][-3:]
    assert names == ["consent.revoked", "consent.revoked", "consent.declined"]


async def test_a_nahi_older_than_the_last_haan_leaves_the_consent(world: World) -> None:
    await world.granted()
    done = await world.nahi(NOW - timedelta(seconds=30))
    assert (done.revoked, done.is_outdated) == ((), True)
    assert await world.is_consented()


async def test_an_administrator_can_end_one_consent_and_leave_the_others(world: World) -> None:
    record = await world.granted()
    await world.granted(purpose="trade_credit")
    await world.authority.revoke(Withdrawal(RETAILER, "dpo_request", "admin", NOW, consent_id=record.consent_id))
    assert not await world.is_consented(purpose=PURPOSE)
    assert await world.is_consented(purpose="trade_credit")


async def test_versions_of_a_lender_and_purpose_only_grow(world: World) -> None:
    seen = []
    for _ in range(3):
        world.clock.advance(seconds=5)
        invite = await world.invite()
        await world.haan(invite, world.clock.now(), message=str(world.clock.now().timestamp()))
        seen.append((await world.checks.check(RETAILER, LENDERS[0], PURPOSE)).version)
        world.clock.advance(seconds=5)
        await world.nahi(world.clock.now())
        seen.append((await world.checks.check(RETAILER, LENDERS[0], PURPOSE)).version)
    assert seen == sorted(set(seen))


async def test_an_unclear_reply_is_answered_once_per_message_and_thrice_a_day(world: World) -> None:
    asked = [await world.authority.unclear(RETAILER, None, name * 64, actor="webhook") for name in "aabcde"]
    assert asked == [True, False, True, True, False, False]
    assert len(await world.events()) == 3


async def test_expiry_ends_consents_and_invites_once_and_announces_them(world: World) -> None:
    record = await world.granted()
    await world.invite(purpose="trade_credit")
    world.clock.advance(seconds=timedelta(days=366).total_seconds())
    assert await world.expiry.expire_due() == 2
    assert await world.expiry.expire_due() == 0
    name, data = (await world.events())[-1]
    assert (name, data["consent_id"]) == ("consent.expired", record.consent_id)
    found = await world.checks.check(RETAILER, LENDERS[0], PURPOSE)
    assert (found.is_consented, found.reason) == (False, "expired")


async def test_a_grant_that_cannot_be_announced_is_not_recorded(world: World, database: Database) -> None:
    invite = await world.invite()
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE outbox ADD CHECK (name <> 'consent.granted')")
    with pytest.raises(asyncpg.CheckViolationError):
        await world.haan(invite, NOW)
    assert await world.pool.fetchval("SELECT count(*) FROM consent_records") == 0
    assert not await world.is_consented()
