"""A typed HAAN grants at once on what consent verifies itself; with any condition missing the question is put again."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from altscore_consent.app import create_app
from altscore_consent.invites.domain import Invite
from altscore_libs.clock import FixedClock
from altscore_libs.testing import Database, SoftwareSigner, api_client

from ..conftest import LENDERS, NOW, OTHER_CONTACT, PHONE, RETAILER, World, build
from ..test_app import grant_body, signed_delivery

SENT_AT = NOW + timedelta(seconds=20)
OTHER_RETAILER, OTHER_PHONE = "ret_00000000000000aa", "919876543210"
CONFIRM, GRANTED = (409, "CONFIRMATION_NEEDED"), (200, "")


def typed(text: str = "HAAN", **change: Any) -> dict[str, Any]:
    return {"from": PHONE, "type": "text", "text": {"body": text}} | change


async def report(
    world: World,
    invite: Invite,
    message: dict[str, Any],
    *,
    sent_at: datetime = SENT_AT,
    reported_at: datetime | None = None,
) -> tuple[int, str]:
    """What the webhook reports of an invite, a minute after it was made unless the clock is later."""
    minute = (NOW + timedelta(seconds=60) - world.clock.now()).total_seconds()
    world.clock.advance(seconds=max(minute, 0))
    change = {
        "delivery": signed_delivery(message, sent_at),
        "sent_at": (reported_at or sent_at).isoformat(),
        "retailer_id": invite.retailer_id,
        "contact_ref": invite.contact_ref,
        "purpose": invite.purpose,
        "wa_message_id": invite.invite_id[4:] + f"{int(sent_at.timestamp()):032x}",
    }
    body = await grant_body(world, invite.invite_id, **change)
    async with api_client(create_app(world.services), "webhook") as client:
        response = await client.post("/v1/consent/grant", json=body)
    return response.status_code, response.json().get("code", "")


@pytest.mark.parametrize("text", ["HAAN", "haan", "हाँ", "हां।", "YES", " *Haan* ", "ＹＥＳ", "ha\u200dan"])
async def test_a_plainly_typed_haan_of_the_invited_phone_grants_at_once(world: World, text: str) -> None:
    assert await report(world, await world.invite(), typed(text)) == GRANTED
    assert await world.is_consented()
    record = await world.pool.fetchval("SELECT record::jsonb -> 'evidence' ->> 'kind' FROM consent_records")
    assert record == "typed"


async def test_a_haan_that_replies_to_a_message_grants_where_one_invite_was_open(world: World) -> None:
    reply = typed(context={"from": "15550001111", "id": "wamid.OURS"})
    assert await report(world, await world.invite(), reply) == GRANTED
    assert await world.is_consented()


async def test_a_reply_chooses_none_of_two_open_invites_since_only_the_webhook_says_which(world: World) -> None:
    invite = await world.invite()
    await world.invite(purpose="trade_credit")
    reply = typed(context={"from": "15550001111", "id": "wamid.OURS"})
    assert await report(world, invite, reply) == CONFIRM


async def test_the_record_of_a_tap_says_so(world: World) -> None:
    await world.granted()
    assert await world.pool.fetchval("SELECT record::jsonb -> 'evidence' ->> 'kind' FROM consent_records") == "tap"
    assert world.vault.questions == 0


NO_PLAIN_HAAN = {
    "a greeting": typed("hello"),
    "a sentence with HAAN": typed("haan, kal batata hoon"),
    "a question": typed("HAAN?"),
    "crossed out": typed("~HAAN~"),
    "a NAHI": typed("NAHI"),
    "edited": typed(type="edit", edit={"message": {"type": "text", "text": {"body": "HAAN"}}}),
    "a caption": typed(type="image", image={"caption": "HAAN"}),
    "a reaction": typed(type="reaction", reaction={"emoji": "👍"}),
    "a voice message": typed(type="audio"),
    "forwarded": typed(context={"forwarded": True}),
    "often forwarded": typed(context={"frequently_forwarded": True}),
    "in a group": typed(group_id="g1"),
    "without a number": typed() | {"from": None, "from_user_id": "IN.1"},
    "a number that is none": typed() | {"from": "+91 98123"},
    "a button without its token": typed(type="button", button={"payload": "CONSENT_YES", "text": "HAAN"}),
}


@pytest.mark.parametrize("message", NO_PLAIN_HAAN.values(), ids=NO_PLAIN_HAAN.keys())
async def test_what_is_no_plainly_typed_haan_of_a_number_asks_for_a_tap_and_asks_the_vault_nothing(
    world: World, message: dict[str, Any]
) -> None:
    assert await report(world, await world.invite(), message) == CONFIRM
    assert not await world.is_consented()
    assert world.vault.questions == 0


async def test_a_haan_of_another_phone_of_the_retailer_asks_for_a_tap(world: World) -> None:
    invite = await world.invite()
    world.vault.contacts[OTHER_PHONE] = {RETAILER: OTHER_CONTACT}
    assert await report(world, invite, typed(**{"from": OTHER_PHONE})) == CONFIRM
    assert await report(world, invite, typed(**{"from": "919800000000"})) == CONFIRM
    assert not await world.is_consented()
    assert await report(world, invite, typed()) == GRANTED


async def test_with_two_invites_open_for_the_phone_a_typed_haan_asks_for_a_tap(world: World) -> None:
    invite = await world.invite()
    await world.invite(purpose="trade_credit")
    assert await report(world, invite, typed()) == CONFIRM
    assert not await world.is_consented()


async def test_another_retailers_invite_to_the_same_phone_counts_too(world: World) -> None:
    invite = await world.invite()
    other = await world.invite(OTHER_RETAILER, contact_ref=OTHER_CONTACT)
    world.vault.contacts[PHONE][OTHER_RETAILER] = OTHER_CONTACT
    assert await report(world, invite, typed()) == CONFIRM
    assert await report(world, other, typed()) == CONFIRM
    assert not await world.is_consented()


async def test_an_invite_put_to_another_phone_leaves_the_one_of_this_phone_alone(world: World) -> None:
    invite = await world.invite()
    await world.invite(purpose="trade_credit", contact_ref=OTHER_CONTACT)
    assert await report(world, invite, typed()) == GRANTED


async def test_a_haan_of_before_the_invite_asks_for_a_tap(world: World) -> None:
    world.clock.advance(seconds=30)
    invite = await world.invite()
    assert await report(world, invite, typed(), sent_at=NOW + timedelta(seconds=29)) == CONFIRM
    assert await report(world, invite, typed(), sent_at=NOW + timedelta(seconds=30)) == GRANTED


async def test_a_haan_that_was_ambiguous_does_not_count_for_what_remains_open(world: World) -> None:
    answered = await world.invite(purpose="trade_credit")
    world.clock.advance(seconds=10)
    invite = await world.invite()
    world.clock.advance(seconds=50)
    await world.haan(answered, world.clock.now(), "tapped")
    assert await report(world, invite, typed()) == CONFIRM
    earlier = NOW + timedelta(seconds=5)  # claims a moment at which only the first one was open
    assert await report(world, answered, typed(), reported_at=earlier) == CONFIRM
    assert not await world.is_consented()


async def test_a_haan_that_made_one_consent_makes_no_other(world: World) -> None:
    assert await report(world, await world.invite(), typed()) == GRANTED
    later = await world.invite(purpose="trade_credit")
    assert await report(world, later, typed()) == CONFIRM
    assert not await world.is_consented(purpose="trade_credit")


async def test_a_nahi_sent_later_or_in_the_same_second_outranks_a_typed_haan(world: World) -> None:
    invite = await world.invite()
    world.clock.advance(seconds=60)
    await world.nahi(SENT_AT)
    assert await report(world, invite, typed()) == (409, "ANSWER_OUTDATED")
    assert await report(world, invite, typed(), sent_at=SENT_AT + timedelta(seconds=1)) == GRANTED


async def test_a_spoilt_invite_beside_it_makes_a_typed_haan_ambiguous(world: World) -> None:
    """The role cannot take the other question away to choose what an answer means."""
    invite = await world.invite()
    await world.invite(purpose="trade_credit")
    world.as_superuser("UPDATE invites SET contact_ref = NULL WHERE purpose = 'trade_credit'")
    assert await report(world, invite, typed()) == CONFIRM


@pytest.mark.parametrize("status", [403, 429, 500, 503])
async def test_without_the_vault_a_typed_haan_is_503_and_counts_when_it_is_reported_again(
    world: World, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    invite = await world.invite()
    world.vault.status = status
    assert (await report(world, invite, typed()))[0] == 503
    assert not await world.is_consented()
    assert PHONE not in caplog.text
    world.vault.status = 200
    assert await report(world, invite, typed()) == GRANTED
    assert await report(world, invite, typed()) == GRANTED
    assert await world.pool.fetchval("SELECT count(*) FROM consent_records") == 1


async def test_a_deployment_may_demand_the_tap(
    pool: asyncpg.Pool, database: Database, clock: FixedClock, signer: SoftwareSigner
) -> None:
    world = build(pool, database, clock, signer, takes_typed=False)
    invite = await world.invite()
    assert await report(world, invite, typed()) == CONFIRM
    assert world.vault.questions == 0
    await world.haan(invite, SENT_AT, "tapped")
    assert await world.is_consented(LENDERS[0])


async def test_the_phone_of_a_typed_haan_stays_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    assert await report(world, await world.invite(), typed()) == GRANTED
    tables = ("invites", "consent_records", "consent_state", "retailer_ledger", "tampered_records")
    stored = "".join([str(await world.pool.fetch(f"SELECT * FROM {table}")) for table in tables])
    stored += str(await world.pool.fetch("SELECT name, key, payload FROM outbox"))
    for trace in (PHONE, PHONE.encode().hex()):
        assert trace not in stored + caplog.text
