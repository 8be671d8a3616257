"""The simulated gateway behaves as the real one is known to, and our client talks to it over TLS."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from altscore_libs.identifiers import Phone
from altscore_libs.testing_postgres import HANG_S
from altscore_local.sms_templates import SMS_CODE_TEMPLATE_IDS, SMS_TEMPLATE_IDS
from altscore_notification.clients import SmsGatewayClient
from altscore_notification.main import sms_channel
from altscore_notification.messages.domain import Message, MessageKind, SendStatus
from altscore_notification.sms.domain import TEMPLATE_KEYS
from pydantic import SecretStr

from .conftest import AUTHKEY, SOURCES, Simulator

PHONE = "919800000001"
CONFIRMATION_EN = "665f1c0ad6fc0500000000a2"
VARIABLES = {"VAR1": "ret_1", "VAR2": "Ugro", "VAR3": "20-05-2027"}
REGISTERED = SOURCES.parents[1] / "services/notification/src/altscore_notification/sms/templates.json"


def request(**change: Any) -> dict[str, Any]:
    return {"template_id": CONFIRMATION_EN, "short_url": "0", "recipients": [{"mobiles": PHONE, **VARIABLES}]} | change


def test_an_sms_is_accepted_and_read_as_it_arrives(simulator: Simulator) -> None:
    answer = simulator.send(request())
    assert (answer.status_code, answer.json()["type"]) == (200, "success")
    [message] = simulator.messages()
    assert (message["to"], message["template"], message["status"]) == (PHONE, "consent_confirmation.en", "delivered")
    assert "Your id: ret_1. Who may see your score: Ugro. Valid until 20-05-2027." in message["text"]
    assert message["request_id"] == answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "authkey", "status", "message"),
    [
        (request(), "", 200, "Auth Key missing"),
        (request(), "other", 401, "Authentication failure"),
        (request(template_id="x"), "other", 200, "The provided flow ID or template ID is invalid."),
        (request(recipients=[]), AUTHKEY, 200, "Missing mobile number"),
        (request(recipients=[{"mobiles": "9800000001"}]), AUTHKEY, 200, "Invalid mobile number"),
        ([], AUTHKEY, 200, "The provided flow ID or template ID is invalid."),
    ],
)
def test_what_the_gateway_would_refuse_is_refused_mostly_with_http_200(
    simulator: Simulator, body: Any, authkey: str, status: int, message: str
) -> None:
    answer = simulator.send(body, authkey)
    assert (answer.status_code, answer.json()["type"], answer.json()["message"]) == (status, "error", message)
    assert simulator.messages() == []


def test_a_variable_longer_than_dlt_allows_is_scrubbed_after_it_was_accepted(simulator: Simulator) -> None:
    recipient = {"mobiles": PHONE, **VARIABLES, "VAR2": "x" * 31}
    assert simulator.send(request(recipients=[recipient])).json()["type"] == "success"
    assert [item["status"] for item in simulator.messages()] == ["scrubbed"]


@pytest.mark.parametrize(("mode", "status"), [("refuse", 200), ("error", 503), ("key", 401), ("balance", 200)])
def test_trouble_comes_as_ordered_and_then_is_gone(simulator: Simulator, mode: str, status: int) -> None:
    simulator.fail(mode, 2)
    answers = [simulator.send(request()) for _ in range(3)]
    assert [item.json()["type"] for item in answers] == ["error", "error", "success"]
    assert answers[0].status_code == status


def test_a_gateway_that_hangs_takes_nothing(simulator: Simulator) -> None:
    simulator.fail("hang")
    with pytest.raises(httpx.ReadTimeout):
        simulator.flow.post("/api/v5/flow/", json=request(), headers={"authkey": AUTHKEY}, timeout=0.3)
    assert simulator.messages() == []


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, SendStatus.SENT),
        ("refuse", SendStatus.FAILED),
        ("hang", SendStatus.RETRY),
        ("error", SendStatus.RETRY),
        ("key", SendStatus.HALT),
        ("balance", SendStatus.HALT),
    ],
)
async def test_notification_reads_every_trouble_of_the_gateway(
    simulator: Simulator, mode: str | None, expected: SendStatus
) -> None:
    if mode is not None:
        simulator.fail(mode)
    client = SmsGatewayClient(
        simulator.url, authkey=SecretStr(AUTHKEY), ca_file=simulator.ca_file, timeout_s=1 if mode == "hang" else HANG_S
    )
    channel = sms_channel(client, SMS_TEMPLATE_IDS)
    result = await channel.send(Message(MessageKind.WITHDRAWN, "ret_1", "hi"), Phone(PHONE))
    await client.close()
    assert result.status is expected
    assert len(simulator.messages()) == (mode is None)


def test_the_gateway_holds_what_is_registered_and_the_stack_names_its_ids() -> None:
    held = json.loads((SOURCES / "simulators_sms/templates.json").read_text(encoding="utf-8"))
    ours = json.loads(Path(REGISTERED).read_text(encoding="utf-8"))
    assert {item["name"]: template_id for template_id, item in held.items()} == {
        **SMS_TEMPLATE_IDS,
        **SMS_CODE_TEMPLATE_IDS,
    }
    assert SMS_TEMPLATE_IDS.keys() == TEMPLATE_KEYS
    messages = [item for item in held.values() if not item["name"].startswith("portal_code.")]
    for item in messages:
        kind, language = item["name"].split(".")
        numbers = range(1, 1 + len(ours[kind]["variables"]))
        text = ours[kind]["text"][language]
        for number in numbers:
            text = text.replace("{#var#}", f"##VAR{number}##", 1)
        assert text == item["text"]
