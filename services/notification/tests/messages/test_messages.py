"""Each event makes one message, sent once, with the phone fetched at the last moment."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from altscore_libs.ids import uuid7
from altscore_notification.messages.domain import EVENTS, MessageKind, message_for

from ..conftest import CATALOG, INVITE, NOW, OWN_FIELDS, PHONE, RETAILER, WAMID, World

EXAMPLES = json.loads((Path(__file__).parents[1] / "data/send_examples.json").read_text(encoding="utf-8"))
TEMPLATES = json.loads(
    (Path(__file__).parents[2] / "src/altscore_notification/whatsapp/templates.json").read_text(encoding="utf-8")
)


def parameters_of(body: dict[str, Any]) -> list[str]:
    return [
        item["text"] for part in body["template"]["components"] if part["type"] == "body" for item in part["parameters"]
    ]


async def test_an_invite_is_the_template_with_the_notice_and_two_buttons_that_name_it(world: World) -> None:
    await world.consume("consent.invited")
    assert await world.queue.work_once() == 1
    [body] = world.neighbours.sent
    model = EXAMPLES["request_template"]
    assert (body["to"], body["template"]["name"], body["template"]["language"]) == (
        PHONE,
        "consent_invite",
        {"code": "hi"},
    )
    assert parameters_of(body) == ["The notice."]
    assert body.keys() == model.keys() | {"biz_opaque_callback_data"}
    assert body["biz_opaque_callback_data"] == f"{INVITE}.{RETAILER}"
    buttons = [part for part in body["template"]["components"] if part["type"] == "button"]
    assert [part["parameters"][0]["payload"] for part in buttons] == [f"CONSENT_YES:{INVITE}", f"CONSENT_NO:{INVITE}"]
    assert [part.keys() for part in buttons] == [part.keys() for part in model["template"]["components"][1:]]
    assert world.neighbours.tokens == ["Bearer a-token"]


async def test_the_reply_token_is_kept_until_its_message_has_left_and_no_longer(world: World) -> None:
    stored = "SELECT reply_token FROM messages"
    await world.consume("consent.invited", reply_token="a" * 32)
    assert await world.pool.fetchval(stored) == "a" * 32
    await world.queue.work_once()
    yes = world.neighbours.sent[0]["template"]["components"][1]["parameters"][0]["payload"]
    assert yes == f"CONSENT_YES:{INVITE}:{'a' * 32}"
    assert await world.pool.fetchval(stored) is None
    assert "a" * 32 not in str(await world.audits())


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_a_confirmation_carries_the_retailers_own_id_lenders_and_last_day(world: World, language: str) -> None:
    await world.consume("consent.granted", language=language)
    await world.queue.work_once()
    [body] = world.neighbours.sent
    assert body["template"]["language"] == {"code": language}
    assert parameters_of(body) == [RETAILER, "Shriram, Ugro", "20-05-2027"]


@pytest.mark.parametrize(
    ("expires_at", "shown"),
    [
        ("2027-05-20T18:30:00+00:00", "20-05-2027"),
        ("2027-05-20T18:29:59+00:00", "20-05-2027"),
        ("2027-05-20T18:30:01+00:00", "21-05-2027"),
        ("2027-05-20T23:00:00+00:00", "21-05-2027"),
        ("2027-12-31T18:30:00+00:00", "31-12-2027"),
    ],
)
def test_the_last_day_that_is_shown_is_the_last_day_in_india(expires_at: str, shown: str) -> None:
    data = {"retailer_id": RETAILER, "language": "hi"} | OWN_FIELDS["consent.granted"]
    message = message_for("consent.granted", data | {"expires_at": datetime.fromisoformat(expires_at)})
    assert message is not None
    assert message.parameters[-1] == shown


@pytest.mark.parametrize("event", EVENTS)
def test_every_message_uses_a_template_that_exists_in_both_languages_with_that_many_parameters(event: str) -> None:
    data = {"retailer_id": RETAILER, "language": "hi"} | OWN_FIELDS[event]
    message = message_for(event, data)
    assert message is not None
    template = TEMPLATES[message.kind]
    assert len(message.parameters) == len(template["parameters"])
    assert set(template["text"]) == {"hi", "en"}
    for text in template["text"].values():
        assert text.count("{{") == len(template["parameters"])


def test_every_kind_has_its_template_and_every_event_is_in_the_catalogue() -> None:
    assert {kind.value for kind in MessageKind} == set(TEMPLATES)
    assert set(EVENTS) <= set(CATALOG.names())


async def test_the_same_event_twice_makes_one_message(world: World) -> None:
    event_id = uuid7()
    assert await world.consume("consent.invited", event_id=event_id)
    assert not await world.consume("consent.invited", event_id=event_id)
    while await world.queue.work_once():
        pass
    assert len(world.neighbours.sent) == 1


async def test_one_nahi_that_ends_several_consents_is_answered_once(world: World) -> None:
    await world.consume("consent.revoked")
    await world.consume("consent.revoked", consent_id="cns_2")
    await world.consume("consent.declined")
    await world.queue.work_once()
    assert [body["template"]["name"] for body in world.neighbours.sent] == ["consent_withdrawn"]


@pytest.mark.parametrize("answer", ["consent.granted", "consent.declined"])
async def test_an_answered_invite_that_was_not_sent_yet_is_not_sent_any_more(world: World, answer: str) -> None:
    await world.consume("consent.invited")
    await world.consume("consent.clarification_requested")
    await world.consume(answer)
    await world.queue.work_once()
    assert len(world.neighbours.sent) == 1
    assert await world.status() == ["cancelled", "cancelled", "sent"]


CONTACT, SECOND_CONTACT = "pcr_" + "a" * 32, "pcr_" + "b" * 32


@pytest.mark.parametrize("event", EVENTS)
async def test_a_message_goes_to_the_phone_of_its_event_and_not_to_the_newest(world: World, event: str) -> None:
    world.neighbours.contacts = {CONTACT: "919800000009"}
    await world.consume(event, contact_ref=CONTACT)
    await world.queue.work_once()
    assert [body["to"] for body in world.neighbours.sent] == ["919800000009"]


@pytest.mark.parametrize("event", EVENTS)
async def test_an_event_without_a_contact_goes_to_the_newest_confirmed_phone(world: World, event: str) -> None:
    await world.consume(event, contact_ref=None)
    await world.queue.work_once()
    assert [body["to"] for body in world.neighbours.sent] == [PHONE]


async def test_a_contact_that_the_vault_does_not_reveal_is_not_replaced_by_another_phone(world: World) -> None:
    await world.consume("consent.invited", contact_ref=CONTACT)
    await world.queue.work_once()
    assert world.neighbours.sent == []
    assert [row["error_code"] for row in await world.rows()] == ["no_phone"]


async def test_one_nahi_is_answered_once_at_each_phone_that_had_consented(world: World) -> None:
    world.neighbours.contacts = {CONTACT: PHONE, SECOND_CONTACT: "919800000009"}
    for contact in (CONTACT, SECOND_CONTACT, CONTACT):
        await world.consume("consent.revoked", contact_ref=contact)
    await world.queue.work_once()
    assert sorted(body["to"] for body in world.neighbours.sent) == [PHONE, "919800000009"]


async def test_a_question_without_an_invite_has_no_buttons(world: World) -> None:
    await world.consume("consent.clarification_requested", invite_id=None)
    await world.queue.work_once()
    [body] = world.neighbours.sent
    assert (body["template"]["name"], body["template"]["components"]) == ("consent_clarification_plain", [])


async def test_neither_phone_nor_provider_id_is_stored(world: World) -> None:
    await world.consume("consent.invited")
    await world.queue.work_once()
    stored = str(await world.rows()) + str(await world.audits())
    assert PHONE not in stored
    assert WAMID not in stored
    assert len((await world.rows())[0]["provider_hash"]) == 64


async def test_every_log_line_of_an_attempt_names_its_retailer(world: World) -> None:
    for retailer_id in (RETAILER, f"{RETAILER}2"):
        await world.consume("consent.invited", retailer_id=retailer_id)
    await world.queue.work_once()
    assert sorted(map(str, world.neighbours.logged_retailers)) == [RETAILER, f"{RETAILER}2"]


async def test_a_sent_message_is_audited_with_ids_only(world: World) -> None:
    await world.consume("consent.invited")
    await world.queue.work_once()
    [entry] = await world.audits()
    assert (entry["action"], entry["outcome"], entry["subject"]) == ("message_sent", "ok", RETAILER)


async def test_finished_messages_are_forgotten_after_thirty_days_and_waiting_ones_are_not(world: World) -> None:
    await world.consume("consent.invited")
    await world.queue.work_once()
    await world.consume("consent.expired")
    world.clock.advance(seconds=30 * 86_400 + 1)
    assert await world.purge.purge() == 1
    assert await world.status() == ["pending"]


async def test_a_leased_message_of_a_dead_worker_is_sent_by_the_next(world: World) -> None:
    await world.consume("consent.invited")
    await world.pool.execute("UPDATE messages SET next_attempt_at = $1", NOW.replace(second=50))
    assert await world.queue.work_once() == 0
    world.clock.advance(seconds=50)
    assert await world.queue.work_once() == 1


async def test_a_grant_that_is_applied_after_its_withdrawal_was_told_is_not_confirmed(world: World) -> None:
    await world.consume("consent.revoked", producer_seq=8)
    await world.consume("consent.granted", producer_seq=7)
    await world.consume("consent.granted", producer_seq=9)
    kinds = [row["kind"] for row in await world.pool.fetch("SELECT kind FROM messages ORDER BY created_at, message_id")]
    assert sorted(kinds) == [MessageKind.CONFIRMATION, MessageKind.WITHDRAWN]
