"""From a stored message to a decision that consent is told."""

import json
from base64 import b64decode

import psycopg
import pytest
from altscore_libs.testing import Database

from ..conftest import INVITE, OTHER, PHONE, RETAILER, SECOND_INVITE, World, delivery, invite, report_sent, sign


async def test_a_typed_haan_answers_the_only_open_invite(world: World) -> None:
    assert await world.answer(text="HAAN") == "granted"
    [(path, body)] = world.neighbours.calls
    assert (path, body["invite_id"], body["retailer_id"]) == ("/v1/consent/grant", INVITE, RETAILER)
    assert body["sent_at"] == "2026-09-21T14:19:55+00:00"
    assert body["wa_message_id"] == await world.pool.fetchval("SELECT message_hash FROM messages")


async def test_the_message_id_never_leaves_only_its_keyed_hash(world: World) -> None:
    await world.answer(text="HAAN", id="wamid.SECRET")
    assert "SECRET" not in str(world.neighbours.calls) + str(await world.audits())


async def test_every_log_line_of_a_message_names_it_by_its_keyed_hash(world: World) -> None:
    await world.answer(text="NAHI")
    assert set(world.neighbours.logged_hashes) == {await world.pool.fetchval("SELECT message_hash FROM messages")}


async def test_a_typed_haan_with_two_open_invites_is_asked_again(world: World) -> None:
    world.neighbours.invites = [invite(), invite(SECOND_INVITE)]
    assert await world.answer(text="HAAN") == "unclear"
    assert world.neighbours.reported() == ["unclear"]


async def test_a_typed_haan_answers_the_message_it_replies_to_even_when_two_are_open(world: World) -> None:
    world.neighbours.invites = [invite(), invite(SECOND_INVITE)]
    await report_sent(world, SECOND_INVITE)
    await report_sent(world, INVITE, "wamid.OTHER")
    assert await world.answer(text="HAAN", context={"from": "1", "id": "wamid.OURS"}) == "granted"
    assert world.neighbours.calls[0][1]["invite_id"] == SECOND_INVITE
    assert "OURS" not in await world.dump()


@pytest.mark.parametrize("about", [None, "inv_1", "ret_7f3a92c1d4e8b051"])
async def test_a_reply_to_a_message_that_was_about_no_invite_is_like_any_typed_haan(
    world: World, about: str | None
) -> None:
    world.neighbours.invites = [invite(), invite(SECOND_INVITE)]
    await report_sent(world, about)
    assert await world.answer(text="HAAN", context={"from": "1", "id": "wamid.OURS"}) == "unclear"
    world.clock.advance(seconds=1)
    world.neighbours.invites = [invite()]
    assert await world.answer(text="HAAN", id="wamid.2", context={"id": 7}) == "granted"


async def test_a_reply_to_a_message_about_somebody_elses_invite_grants_nothing(world: World) -> None:
    world.neighbours.invites = [invite(), invite(SECOND_INVITE, OTHER)]
    await report_sent(world, SECOND_INVITE)
    assert await world.answer(text="HAAN", context={"from": "1", "id": "wamid.OURS"}) == "unclear"


async def test_a_typed_nahi_in_reply_to_one_message_is_still_for_everything(world: World) -> None:
    world.neighbours.phones = {PHONE: [OTHER, RETAILER]}
    await report_sent(world, INVITE)
    assert await world.answer(text="NAHI", context={"from": "1", "id": "wamid.OURS"}) == "revoked"
    assert [body["retailer_id"] for _, body in world.neighbours.calls] == [OTHER, RETAILER]


async def test_a_typed_haan_without_an_open_invite_is_asked_again(world: World) -> None:
    world.neighbours.invites = []
    assert await world.answer(text="HAAN") == "unclear"


async def test_a_shared_phone_with_one_open_invite_grants_for_the_retailer_who_was_asked(world: World) -> None:
    world.neighbours.phones = {PHONE: [OTHER, RETAILER]}
    assert await world.answer(text="हाँ") == "granted"
    assert world.neighbours.calls[0][1]["retailer_id"] == RETAILER


async def test_a_button_answers_its_own_invite_even_when_two_are_open(world: World) -> None:
    world.neighbours.invites = [invite(), invite(SECOND_INVITE)]
    assert await world.answer(button=f"CONSENT_YES:{SECOND_INVITE}") == "granted"
    assert world.neighbours.calls[0][1]["invite_id"] == SECOND_INVITE


async def test_an_interactive_button_counts_like_a_template_button(world: World) -> None:
    reply = {"type": "button_reply", "button_reply": {"id": f"CONSENT_YES:{INVITE}", "title": "x"}}
    assert await world.answer(type="interactive", interactive=reply) == "granted"


async def test_a_button_of_somebody_elses_invite_grants_nothing(world: World) -> None:
    world.neighbours.invites = [invite(SECOND_INVITE, OTHER)]
    assert await world.answer(button=f"CONSENT_YES:{SECOND_INVITE}") == "unclear"
    assert world.neighbours.reported() == ["unclear"]


async def test_a_typed_nahi_is_for_every_retailer_of_the_phone(world: World) -> None:
    world.neighbours.phones = {PHONE: [OTHER, RETAILER]}
    assert await world.answer(text="NAHI") == "revoked"
    assert [body["retailer_id"] for _, body in world.neighbours.calls] == [OTHER, RETAILER]


async def test_a_no_button_is_for_the_retailer_who_was_asked(world: World) -> None:
    world.neighbours.phones = {PHONE: [OTHER, RETAILER]}
    assert await world.answer(button=f"CONSENT_NO:{INVITE}") == "revoked"
    assert [body["retailer_id"] for _, body in world.neighbours.calls] == [RETAILER]


async def test_a_no_button_with_an_unknown_invite_still_withdraws(world: World) -> None:
    assert await world.answer(button=f"CONSENT_NO:{SECOND_INVITE}") == "revoked"
    assert world.neighbours.reported() == ["revoke"]


@pytest.mark.parametrize(("code", "outcome"), [("ANSWER_OUTDATED", "outdated"), ("INVITE_CLOSED", "unclear")])
async def test_a_refused_haan_is_final_or_asked_again(world: World, code: str, outcome: str) -> None:
    world.neighbours.refusals = {"/v1/consent/grant": (409, code)}
    assert await world.answer(text="HAAN") == outcome


async def test_a_haan_that_only_a_tap_can_prove_is_asked_about_its_own_invite(world: World) -> None:
    world.neighbours.invites = [invite(), invite(SECOND_INVITE)]
    world.neighbours.refusals = {"/v1/consent/grant": (409, "CONFIRMATION_NEEDED")}
    await report_sent(world, SECOND_INVITE)
    assert await world.answer(text="HAAN", context={"from": "1", "id": "wamid.OURS"}) == "to_confirm"
    [(path, body)] = world.neighbours.calls
    assert (path, body["invite_id"]) == ("/internal/replies/unclear", SECOND_INVITE)


@pytest.mark.parametrize("answer", [{"text": "HAAN"}, {"text": "NAHI"}])
async def test_consent_is_given_the_delivery_byte_by_byte_with_the_providers_signature(
    world: World, answer: dict[str, str]
) -> None:
    body = delivery(**answer)
    await world.deliver(body)
    await world.queue.work_once()
    sent = world.neighbours.calls[0][1]["delivery"]
    raw = b64decode(sent["body"])
    assert (json.loads(raw), sent["signature"], sent["place"]) == (body, sign(raw), [0, 0, 0])


async def test_a_message_stored_before_signatures_were_kept_is_parked_and_reported_to_nobody(
    world: World, database: Database
) -> None:
    await world.deliver(delivery(text="NAHI"))
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        connection.execute("UPDATE deliveries SET signature = NULL")
    await world.queue.work_once()
    assert await world.pool.fetchval("SELECT status || ':' || outcome FROM messages") == "parked:unreadable"
    assert world.neighbours.calls == []


async def test_a_tap_with_a_token_answers_its_invite(world: World) -> None:
    assert await world.answer(button=f"CONSENT_YES:{INVITE}:{'a' * 32}") == "granted"
    assert world.neighbours.calls[0][1]["invite_id"] == INVITE


async def test_an_unknown_sender_is_recorded_and_nothing_is_reported(world: World) -> None:
    world.neighbours.phones = {}
    assert await world.answer(text="HAAN") == "unknown_sender"
    assert world.neighbours.calls == []
