"""Invites: one open per retailer and purpose, put to one phone, and questions after an unclear reply."""

from datetime import timedelta

import pytest
from altscore_consent.errors import InviteMismatch
from altscore_consent.invites.domain import UnclearReply
from altscore_libs.errors import InvalidRequest

from ..conftest import CONTACT, NOW, OTHER_CONTACT, RETAILER, World


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


async def test_an_invite_past_its_time_gives_way_to_a_new_one(world: World) -> None:
    old = await world.invite()
    world.clock.advance(seconds=timedelta(days=31).total_seconds())
    assert (await world.invite()).invite_id != old.invite_id


async def test_a_purpose_without_a_notice_cannot_be_invited(world: World) -> None:
    with pytest.raises(InvalidRequest):
        await world.invite(purpose="anything_else")


async def test_more_lenders_than_a_message_can_name_cannot_be_invited(world: World) -> None:
    with pytest.raises(InvalidRequest):
        await world.invite(lender_scope=tuple(f"lender_with_a_long_name_{n}" for n in range(50)))


async def test_an_unclear_reply_is_answered_once_per_message_and_thrice_a_day(world: World) -> None:
    replies = [UnclearReply(retailer_id=RETAILER, message_hash=name * 64) for name in "aabcde"]
    asked = [await world.services.invites.record_unclear_reply(reply, actor="webhook") for reply in replies]
    assert asked == [True, False, True, True, False, False]
    assert len(await world.events()) == 3


async def test_an_invite_from_before_phones_were_named_cannot_be_answered_and_gives_way(world: World) -> None:
    old = await world.invite()
    world.as_superuser("UPDATE invites SET contact_ref = NULL")
    await world.sign_invite(old.invite_id)
    with pytest.raises(InviteMismatch):
        await world.haan(old, NOW, contact_ref=CONTACT)
    new = await world.invite()
    assert new.invite_id != old.invite_id
    await world.haan(new, NOW)
    assert await world.is_consented()


@pytest.mark.parametrize(
    ("names_invite", "writer", "asked"),
    [
        (True, None, (True, CONTACT)),
        (True, CONTACT, (True, CONTACT)),
        (True, OTHER_CONTACT, (False, OTHER_CONTACT)),
        (False, OTHER_CONTACT, (False, OTHER_CONTACT)),
        (False, None, (False, None)),
    ],
)
async def test_a_clarification_goes_to_the_phone_that_wrote_and_shows_no_invite_of_another(
    world: World, names_invite: bool, writer: str | None, asked: tuple[bool, str | None]
) -> None:
    invite = await world.invite()
    reply = UnclearReply(
        retailer_id=RETAILER,
        message_hash="a" * 64,
        invite_id=invite.invite_id if names_invite else None,
        contact_ref=writer,
    )
    await world.services.invites.record_unclear_reply(reply, actor="webhook")
    name, data = (await world.events())[-1]
    assert name == "consent.clarification_requested"
    assert (data["invite_id"] == invite.invite_id, data["contact_ref"]) == asked
