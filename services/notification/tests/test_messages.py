"""Each event makes one message, sent once, with the phone fetched at the last moment."""

import json
from pathlib import Path
from typing import Any

import pytest
from altscore_libs.ids import uuid7
from altscore_notification.domain import EVENTS, Kind, message_of

from .conftest import CATALOGUE, INVITE, NOW, OWN_FIELDS, PHONE, RETAILER, WAMID, World

EXAMPLES = json.loads((Path(__file__).parent / "data/send_examples.json").read_text(encoding="utf-8"))
TEMPLATES = json.loads(
    (Path(__file__).parents[1] / "src/altscore_notification/templates.json").read_text(encoding="utf-8")
)


def parameters_of(body: dict[str, Any]) -> list[str]:
    return [
        one["text"] for part in body["template"]["components"] if part["type"] == "body" for one in part["parameters"]
    ]


async def test_an_invite_is_the_template_with_the_notice_and_two_buttons_that_name_it(world: World) -> None:
    await world.hear("consent.invited")
    assert await world.sender.send_due() == 1
    [body] = world.others.sent
    model = EXAMPLES["request_template"]
    assert (body["to"], body["template"]["name"], body["template"]["language"]) == (
        PHONE,
        "consent_invite",
        {"code": "hi"},
    )
    assert parameters_of(body) == ["The notice."]
    assert body.keys() == model.keys() | {"biz_opaque_callback_data"}
    assert body["biz_opaque_callback_data"] == INVITE
    buttons = [part for part in body["template"]["components"] if part["type"] == "button"]
    assert [part["parameters"][0]["payload"] for part in buttons] == [f"CONSENT_YES:{INVITE}", f"CONSENT_NO:{INVITE}"]
    assert [part.keys() for part in buttons] == [part.keys() for part in model["template"]["components"][1:]]
    assert world.others.tokens == ["Bearer a-token"]


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_a_confirmation_carries_the_retailers_own_id_lenders_and_last_day(world: World, language: str) -> None:
    await world.hear("consent.granted", language=language)
    await world.sender.send_due()
    [body] = world.others.sent
    assert body["template"]["language"] == {"code": language}
    assert parameters_of(body) == [RETAILER, "Shriram, Ugro", "20-05-2027"]


@pytest.mark.parametrize("event", EVENTS)
def test_every_message_uses_a_template_that_exists_in_both_languages_with_that_many_parameters(event: str) -> None:
    data = {"retailer_id": RETAILER, "language": "hi"} | OWN_FIELDS[event]
    message = message_of(event, data)
    assert message is not None
    template = TEMPLATES[message.kind]
    assert len(message.parameters) == len(template["parameters"])
    assert set(template["text"]) == {"hi", "en"}
    for text in template["text"].values():
        assert text.count("{{") == len(template["parameters"])


def test_every_kind_has_its_template_and_every_event_is_in_the_catalogue() -> None:
    assert {kind.value for kind in Kind} == set(TEMPLATES)
    assert set(EVENTS) <= set(CATALOGUE.names())


async def test_the_same_event_twice_makes_one_message(world: World) -> None:
    event_id = uuid7()
    assert await world.hear("consent.invited", event_id=event_id)
    assert not await world.hear("consent.invited", event_id=event_id)
    while await world.sender.send_due():
        pass
    assert len(world.others.sent) == 1


async def test_one_nahi_that_ends_several_consents_is_answered_once(world: World) -> None:
    await world.hear("consent.revoked")
    await world.hear("consent.revoked", consent_id="cns_2")
    await world.hear("consent.declined")
    await world.sender.send_due()
    assert [body["template"]["name"] for body in world.others.sent] == ["consent_withdrawn"]


@pytest.mark.parametrize("answer", ["consent.granted", "consent.declined"])
async def test_an_answered_invite_that_was_not_sent_yet_is_not_sent_any_more(world: World, answer: str) -> None:
    await world.hear("consent.invited")
    await world.hear("consent.clarification_requested")
    await world.hear(answer)
    await world.sender.send_due()
    assert len(world.others.sent) == 1
    assert await world.status() == ["cancelled", "cancelled", "sent"]


CONTACT, SECOND_CONTACT = "pcr_" + "a" * 32, "pcr_" + "b" * 32


@pytest.mark.parametrize("event", EVENTS)
async def test_a_message_goes_to_the_phone_of_its_event_and_not_to_the_newest(world: World, event: str) -> None:
    world.others.contacts = {CONTACT: "919800000009"}
    await world.hear(event, contact_ref=CONTACT)
    await world.sender.send_due()
    assert [body["to"] for body in world.others.sent] == ["919800000009"]


@pytest.mark.parametrize("event", EVENTS)
async def test_an_event_without_a_contact_goes_to_the_newest_confirmed_phone(world: World, event: str) -> None:
    await world.hear(event, contact_ref=None)
    await world.sender.send_due()
    assert [body["to"] for body in world.others.sent] == [PHONE]


async def test_a_contact_that_the_vault_does_not_reveal_is_not_replaced_by_another_phone(world: World) -> None:
    await world.hear("consent.invited", contact_ref=CONTACT)
    await world.sender.send_due()
    assert world.others.sent == []
    assert [row["error_code"] for row in await world.rows()] == ["no_phone"]


async def test_one_nahi_is_answered_once_at_each_phone_that_had_consented(world: World) -> None:
    world.others.contacts = {CONTACT: PHONE, SECOND_CONTACT: "919800000009"}
    for contact in (CONTACT, SECOND_CONTACT, CONTACT):
        await world.hear("consent.revoked", contact_ref=contact)
    await world.sender.send_due()
    assert sorted(body["to"] for body in world.others.sent) == [PHONE, "919800000009"]


async def test_a_question_without_an_invite_has_no_buttons(world: World) -> None:
    await world.hear("consent.clarification_requested", invite_id=None)
    await world.sender.send_due()
    [body] = world.others.sent
    assert (body["template"]["name"], body["template"]["components"]) == ("consent_clarification_plain", [])


async def test_neither_phone_nor_provider_id_is_stored(world: World) -> None:
    await world.hear("consent.invited")
    await world.sender.send_due()
    stored = str(await world.rows()) + str(await world.audits())
    assert PHONE not in stored
    assert WAMID not in stored
    assert len((await world.rows())[0]["provider_hash"]) == 64


async def test_a_sent_message_is_audited_with_ids_only(world: World) -> None:
    await world.hear("consent.invited")
    await world.sender.send_due()
    [entry] = await world.audits()
    assert (entry["action"], entry["outcome"], entry["subject"]) == ("message_sent", "ok", RETAILER)


async def test_finished_messages_are_forgotten_after_thirty_days_and_waiting_ones_are_not(world: World) -> None:
    await world.hear("consent.invited")
    await world.sender.send_due()
    await world.hear("consent.expired")
    world.clock.advance(seconds=30 * 86_400 + 1)
    assert await world.sender.purge() == 1
    assert await world.status() == ["pending"]


async def test_a_leased_message_of_a_dead_worker_is_sent_by_the_next(world: World) -> None:
    await world.hear("consent.invited")
    await world.pool.execute("UPDATE messages SET next_attempt_at = $1", NOW.replace(second=50))
    assert await world.sender.send_due() == 0
    world.clock.advance(seconds=50)
    assert await world.sender.send_due() == 1
