"""The simulated Meta behaves as the real one is known to."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from simulators_whatsapp.meta import SAMPLES
from simulators_whatsapp.people import ANSWERS
from simulators_whatsapp.rules import TEMPLATES

from .conftest import SECRET, Simulator, invite

PHONE = "919800000001"
SENT = Path(__file__).parents[4] / "services/notification/src/altscore_notification/whatsapp/templates.json"


def code_of(response: Any) -> int:
    return int(response.json()["error"]["code"])


def test_an_invite_is_accepted_with_an_id_that_contains_the_phone(simulator: Simulator) -> None:
    response = simulator.send(invite(PHONE))
    assert response.status_code == 200
    wamid = response.json()["messages"][0]["id"]
    assert PHONE.encode() in base64.b64decode(wamid.removeprefix("wamid."))
    [message] = simulator.control.get("/sim/messages", params={"phone": PHONE}).json()["messages"]
    assert (message["to"], message["template"], message["language"]) == (PHONE, "consent_invite", "hi")


REFUSED = [
    ({"token": "other"}, invite(PHONE), 401, 190),
    ({"number": "999"}, invite(PHONE), 400, 100),
    ({}, invite(PHONE, name="no_such_template"), 404, 132001),
    ({}, invite(PHONE, language={"code": "fr"}), 404, 132001),
    ({}, invite(PHONE, components=[]), 400, 132000),
    ({}, invite("not a phone"), 400, 100),
    ({}, {"messaging_product": "whatsapp", "to": PHONE, "type": "text", "text": {"body": "hello"}}, 400, 131047),
    ({}, [], 400, 100),
]


@pytest.mark.parametrize(("how", "body", "status", "code"), REFUSED)
def test_what_meta_would_refuse_is_refused_with_its_code(
    simulator: Simulator, how: dict[str, str], body: Any, status: int, code: int
) -> None:
    response = simulator.send(body, **how)
    assert (response.status_code, code_of(response)) == (status, code)


@pytest.mark.parametrize(("text", "code"), [("two\nlines", 132018), ("", 132018), ("x" * 1025, 132005)])
def test_a_parameter_that_meta_does_not_take_is_refused(simulator: Simulator, text: str, code: int) -> None:
    body = invite(PHONE)
    body["template"]["components"][0]["parameters"][0]["text"] = text
    assert code_of(simulator.send(body)) == code


def test_deliveries_are_signed_over_raw_bytes_with_escapes(simulator: Simulator) -> None:
    simulator.control.post("/sim/reply", json={"phone": PHONE, "text": "हाँ / नहीं"})
    simulator.until(simulator.webhook.messages)
    raw, header = simulator.webhook.received[0]
    assert header == "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    assert b"\\u0939" in raw
    assert b"\\/" in raw
    assert json.loads(raw)["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] == "हाँ / नहीं"


@pytest.mark.parametrize(("behaviour", "expected"), [("haan", "YES"), ("nahi", "NO")])
def test_people_answer_an_invite_in_their_way(simulator: Simulator, behaviour: str, expected: str) -> None:
    simulator.people(p919800000001={"behaviour": behaviour, "language": "en"})
    simulator.send(invite(PHONE))
    message = simulator.until(simulator.webhook.messages)[0]
    assert message["from"] == PHONE
    assert answer_of(message) in (*ANSWERS[(behaviour, "en")], f"CONSENT_{expected}:inv_1")


def answer_of(message: dict[str, Any]) -> str:
    if message["type"] == "text":
        return str(message["text"]["body"])
    if message["type"] == "button":
        return str(message["button"]["payload"])
    return str(message["interactive"]["button_reply"]["id"])


def test_the_persona_file_may_appear_and_change_while_it_runs(simulator: Simulator) -> None:
    assert simulator.control.get("/sim/stats").json()["people"] == 0
    simulator.people(p919800000001={"behaviour": "silent"})
    assert simulator.control.get("/sim/stats").json()["people"] == 1
    simulator.personas.write_text("{half", encoding="utf-8")
    assert simulator.control.get("/sim/stats").json()["people"] == 1
    simulator.people(p919800000001={"behaviour": "haan"}, p2={"behaviour": "nahi", "language": "en"})
    assert simulator.control.get("/sim/stats").json()["people"] == 2


def test_a_silent_person_reads_and_says_nothing(simulator: Simulator) -> None:
    simulator.send(invite(PHONE))
    simulator.until(
        lambda: {"sent", "delivered", "read"} <= {item["status"] for item in simulator.webhook.delivery_statuses()}
    )
    assert simulator.webhook.messages() == []


def test_an_undeliverable_message_fails_by_status_only(simulator: Simulator) -> None:
    simulator.people(p919800000001={"behaviour": "undeliverable"})
    assert simulator.send(invite(PHONE)).status_code == 200
    [status] = simulator.until(simulator.webhook.delivery_statuses)[:1]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131026)


def test_a_delivery_is_repeated_until_the_webhook_says_200(simulator: Simulator) -> None:
    simulator.webhook.statuses = [503, 500]
    simulator.control.post("/sim/reply", json={"phone": PHONE, "text": "NAHI"})
    assert simulator.until(simulator.webhook.messages)[0]["text"]["body"] == "NAHI"
    assert simulator.control.get("/sim/stats").json()["retried"] >= 2


def test_what_the_webhook_has_not_taken_is_on_the_way(simulator: Simulator) -> None:
    simulator.webhook.statuses = [503, 503]
    simulator.control.post("/sim/reply", json={"phone": PHONE, "text": "NAHI"})
    assert simulator.control.get("/sim/stats").json()["on_the_way"] >= 1
    simulator.until(
        lambda: simulator.webhook.messages() and simulator.control.get("/sim/stats").json()["on_the_way"] == 0
    )


def test_faults_are_served_as_ordered_and_then_gone(simulator: Simulator) -> None:
    simulator.control.post("/sim/faults", json={"fail_next": 2, "code": 130429})
    responses = [simulator.send(invite(PHONE)) for _ in range(3)]
    assert [item.status_code for item in responses] == [429, 429, 200]
    assert code_of(responses[0]) == 130429


def test_one_person_takes_45_messages_at_once_and_no_more(simulator: Simulator) -> None:
    codes = [simulator.send(invite(PHONE)).status_code for _ in range(46)]
    assert codes == [200] * 45 + [400]
    assert simulator.send(invite("919800000002")).status_code == 200


def test_free_text_is_taken_within_a_day_of_the_persons_last_message(simulator: Simulator) -> None:
    simulator.control.post("/sim/reply", json={"phone": PHONE, "text": "hello"})
    text = {"messaging_product": "whatsapp", "to": PHONE, "type": "text", "text": {"body": "hi"}}
    assert simulator.send(text).status_code == 200


def test_a_button_by_name_taps_the_last_question(simulator: Simulator) -> None:
    assert simulator.control.post("/sim/reply", json={"phone": PHONE, "button": "yes"}).status_code == 404
    simulator.send(invite(PHONE))
    assert simulator.control.post("/sim/reply", json={"phone": PHONE, "button": "no"}).status_code == 202
    message = simulator.until(simulator.webhook.messages)[0]
    assert answer_of(message) == "CONSENT_NO:inv_1"


def test_a_person_edits_and_deletes_an_earlier_message(simulator: Simulator) -> None:
    wamid = simulator.control.post("/sim/reply", json={"phone": PHONE, "text": "HAAN"}).json()["wamid"]
    changes = [{"edits": wamid, "text": "NAHI"}, {"deletes": wamid}]
    ids = [simulator.control.post("/sim/reply", json={"phone": PHONE, **change}).json()["wamid"] for change in changes]
    simulator.until(lambda: {wamid, *ids} <= {item["id"] for item in simulator.webhook.messages()})
    messages = {item["id"]: item for item in simulator.webhook.messages()}
    assert (messages[ids[0]]["type"], messages[ids[1]]["type"]) == ("edit", "revoke")
    assert messages[ids[0]]["edit"]["original_message_id"] == wamid
    assert messages[ids[0]]["edit"]["message"]["text"] == {"body": "NAHI"}
    assert messages[ids[1]]["revoke"] == {"original_message_id": wamid}


def test_a_person_who_hides_the_phone_is_known_by_user_id_only(simulator: Simulator) -> None:
    simulator.people(p919800000001={"behaviour": "haan", "hides_phone": True})
    simulator.control.post("/sim/reply", json={"phone": PHONE, "text": "HAAN"})
    message = simulator.until(simulator.webhook.messages)[0]
    assert "from" not in message
    assert message["from_user_id"].startswith("IN.")


def test_statuses_carry_number_and_user_id_so_that_the_id_can_be_learnt(simulator: Simulator) -> None:
    simulator.people(p919800000001={"behaviour": "silent", "hides_phone": True})
    assert simulator.send(invite(PHONE)).status_code == 200
    status = simulator.until(simulator.webhook.delivery_statuses)[0]
    simulator.control.post("/sim/reply", json={"phone": PHONE, "text": "STOP"})
    message = simulator.until(simulator.webhook.messages)[0]
    assert (status["recipient_id"], status["recipient_user_id"]) == (PHONE, message["from_user_id"])


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_message_of_every_sampled_type_arrives(simulator: Simulator, kind: str) -> None:
    wamid = simulator.control.post("/sim/reply", json={"phone": PHONE, "type": kind}).json()["wamid"]
    [message] = simulator.until(lambda: [item for item in simulator.webhook.messages() if item["id"] == wamid])[:1]
    assert message["type"] == kind
    assert message.get(kind) == SAMPLES[kind]


def test_a_message_of_any_content_arrives_and_an_unknown_sample_does_not(simulator: Simulator) -> None:
    content = {"type": "image", "image": {"id": "1", "caption": "NAHI"}}
    simulator.control.post("/sim/reply", json={"phone": PHONE, "content": content})
    message = simulator.until(simulator.webhook.messages)[0]
    assert {name: message[name] for name in content} == content
    assert simulator.control.post("/sim/reply", json={"phone": PHONE, "type": "telepathy"}).status_code == 404


def test_changes_of_number_and_of_user_id_are_told_by_system_messages(simulator: Simulator) -> None:
    simulator.control.post("/sim/change", json={"phone": PHONE, "to": "919800000002"})
    [moved] = simulator.until(simulator.webhook.messages)[:1]
    assert (moved["from"], moved["system"]["wa_id"]) == (PHONE, "919800000002")
    simulator.control.post("/sim/change", json={"phone": "919800000002"})
    renamed = simulator.until(lambda: [item for item in simulator.webhook.messages() if "from" not in item])[0]
    assert renamed["system"]["previous_user_id"] == moved["system"]["user_id"]
    assert renamed["system"]["user_id"] != moved["system"]["user_id"]


def test_meta_holds_every_template_that_notification_sends() -> None:
    ours = json.loads(SENT.read_text(encoding="utf-8"))
    assert ours
    assert {
        name: (template["languages"], template["parameters"], template["buttons"])
        for name, template in TEMPLATES.items()
    } == {
        name: (list(template["text"]), len(template["parameters"]), len(template.get("buttons", {}).get("hi", [])))
        for name, template in ours.items()
    }
