"""What an SMS contains, and what the gateway's responses mean."""

import json
from pathlib import Path
from typing import Any

import pytest
from altscore_notification.messages.domain import Message, MessageKind, SendStatus, lender_name, message_for
from altscore_notification.settings import WorkerSettings
from altscore_notification.sms.domain import (
    KINDS,
    LANGUAGES,
    LONGEST_VARIABLE,
    TEMPLATE_KEYS,
    allows_sms,
    request_body,
    result_of_response,
    variables_of,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ..conftest import OWN_FIELDS, PHONE, REQUEST_ID, RETAILER, TEMPLATE_IDS, World

TEMPLATES = json.loads(
    (Path(__file__).parents[2] / "src/altscore_notification/sms/templates.json").read_text(encoding="utf-8")
)
TEXTS = [(kind, language, text) for kind, item in TEMPLATES.items() for language, text in item["text"].items()]


def confirmation(lenders: list[str], language: str = "en") -> Message:
    data = {"retailer_id": RETAILER, "language": language} | OWN_FIELDS["consent.granted"] | {"lender_scope": lenders}
    message = message_for("consent.granted", data)
    assert message is not None
    return message


LENDER = st.from_regex(r"lender_[a-z0-9_-]{1,80}", fullmatch=True)


@given(st.lists(LENDER, min_size=1, max_size=40), st.sampled_from(LANGUAGES))
def test_every_variable_keeps_the_limit_of_dlt_for_any_lenders(lenders: list[str], language: str) -> None:
    message = confirmation(lenders, language)
    assert allows_sms(message)
    assert max(len(item) for item in variables_of(message)) <= LONGEST_VARIABLE == 30


@pytest.mark.parametrize(
    ("lenders", "language", "shown"),
    [
        (["lender_shriram", "lender_ugro"], "en", "Shriram, Ugro"),
        (["lender_" + "x" * 30], "en", "X" + "x" * 29),
        (["lender_" + "x" * 31], "en", "1 lender(s)"),
        (["lender_aditya_birla_finance", "lender_ugro", "lender_shriram"], "en", "3 lender(s)"),
        (["lender_aditya_birla_finance", "lender_ugro", "lender_shriram"], "hi", "3 ऋणदाता"),
    ],
)
def test_lenders_are_named_while_their_names_fit_and_counted_otherwise(
    lenders: list[str], language: str, shown: str
) -> None:
    assert variables_of(confirmation(lenders, language)) == (RETAILER, shown, "20-05-2027")


def test_a_variable_that_cannot_keep_the_limit_keeps_the_message_from_leaving() -> None:
    long_id = Message(
        MessageKind.CONFIRMATION, "r", "en", parameters=("r" * 31, lender_name("lender_ugro"), "20-05-2027")
    )
    assert not allows_sms(long_id)


@pytest.mark.parametrize("kind", sorted(set(MessageKind) - KINDS))
def test_the_other_kinds_have_no_variables_for_an_sms(kind: MessageKind) -> None:
    assert not allows_sms(Message(kind, RETAILER, "en"))
    with pytest.raises(ValueError, match="never sent by SMS"):
        variables_of(Message(kind, RETAILER, "en"))


def test_exactly_the_two_kinds_have_registered_templates_in_both_languages() -> None:
    assert {f"{kind}.{language}" for kind, language, _ in TEXTS} == TEMPLATE_KEYS
    assert set(TEMPLATES) == KINDS == {MessageKind.CONFIRMATION, MessageKind.WITHDRAWN}


@pytest.mark.parametrize(("kind", "language", "text"), TEXTS)
def test_a_template_has_its_variables_the_brand_and_the_answer_that_withdraws(
    kind: str, language: str, text: str
) -> None:
    message = (
        confirmation(["lender_ugro"], language)
        if kind == MessageKind.CONFIRMATION
        else Message(MessageKind(kind), "r", "hi")
    )
    assert text.count("{#var#}") == len(TEMPLATES[kind]["variables"]) == len(variables_of(message))
    assert text.startswith("AltScore: ")
    assert "NAHI" in text


@pytest.mark.parametrize(("kind", "language", "text"), TEXTS)
def test_a_template_is_mostly_fixed_text_and_at_most_three_segments(kind: str, language: str, text: str) -> None:
    longest = confirmation(["lender_" + "x" * LONGEST_VARIABLE], language)
    variables = sum(map(len, variables_of(longest))) if kind == MessageKind.CONFIRMATION else 0
    whole = len(text.replace("{#var#}", "")) + variables
    assert variables <= 0.4 * whole
    assert whole <= {"hi": 3 * 67, "en": 2 * 153}[language]
    assert text.isascii() == (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_request_is_that_of_the_flow_api(sms_world: World, language: str) -> None:
    sms_world.neighbours.answers = [(400, {"error": {"code": 131026}})]
    await sms_world.consume("consent.granted", language=language)
    await sms_world.queue.work_once()
    assert sms_world.neighbours.authkeys == ["an-authkey"]
    assert sms_world.neighbours.sms == [
        {
            "template_id": TEMPLATE_IDS[f"consent_confirmation.{language}"],
            "short_url": "0",
            "recipients": [{"mobiles": PHONE, "VAR1": RETAILER, "VAR2": "Shriram, Ugro", "VAR3": "20-05-2027"}],
        }
    ]


def test_the_number_goes_without_its_plus() -> None:
    body = request_body(Message(MessageKind.WITHDRAWN, RETAILER, "hi"), f"+{PHONE}", TEMPLATE_IDS)
    assert body["recipients"] == [{"mobiles": PHONE}]


def failure(message: str, **more: str) -> dict[str, str]:
    return {"type": "error", "message": message} | more


@pytest.mark.parametrize(
    ("status", "body", "expected", "code"),
    [
        (200, {"type": "success", "message": REQUEST_ID}, SendStatus.SENT, "ok"),
        (200, failure("Duplicate", code="311"), SendStatus.SENT, "ok"),
        (200, failure("Auth Key missing"), SendStatus.HALT, "sms_account"),
        (401, failure("Authentication failure", code="207"), SendStatus.HALT, "sms_207"),
        (
            401,
            {"hasError": True, "errors": "Unauthorized", "code": "401", "apiError": "418"},
            SendStatus.HALT,
            "sms_418",
        ),
        (200, failure("Insufficient balance", code="301"), SendStatus.HALT, "sms_301"),
        (200, failure("The provided flow ID or template ID is invalid."), SendStatus.FAILED, "sms_template"),
        (200, failure("Invalid mobile number", code="202"), SendStatus.FAILED, "sms_202"),
        (400, failure("Something else"), SendStatus.FAILED, "sms_http_400"),
        (404, None, SendStatus.FAILED, "sms_http_404"),
        (302, None, SendStatus.FAILED, "sms_http_302"),
        (200, failure(f"about {PHONE}", code=PHONE), SendStatus.FAILED, "sms_http_200"),
        (500, None, SendStatus.RETRY, "sms_http_500"),
        (503, failure("busy"), SendStatus.RETRY, "sms_http_503"),
        (429, None, SendStatus.RETRY, "sms_http_429"),
        (200, None, SendStatus.RETRY, "sms_http_200"),
        (200, {"type": "success"}, SendStatus.RETRY, "sms_http_200"),
        (200, [], SendStatus.RETRY, "sms_http_200"),
    ],
)
def test_an_answer_of_the_gateway_is_read_by_its_body(status: int, body: Any, expected: SendStatus, code: str) -> None:
    result = result_of_response(status, body)
    assert (result.status, result.code) == (expected, code)


BASE = {
    "database_url": "postgresql://x",
    "internal_port": 1,
    "admin_port": 2,
    "schemas_dir": ".",
    "tls_cert_file": "c",
    "tls_key_file": "k",
    "tls_ca_file": "a",
    "kafka_bootstrap": "b",
    "kafka_username": "u",
    "kafka_password": "p",
    "kafka_ca_file": "a",
    "registry_url": "r",
    "vault_url": "v",
    "whatsapp_url": "w",
    "whatsapp_phone_number_id": "1",
    "whatsapp_token": "t",
    "public_keys_dir": "k",
    "outbox_key": "ab" * 32,
    "relay_database_url": "postgresql://y",
    "pkcs11_module": "m",
    "events_pin": "1234",
}


def test_sms_is_off_without_an_address_and_half_a_setting_stops_the_process() -> None:
    assert WorkerSettings(**BASE).sms_url is None  # type: ignore[arg-type]
    whole = {"sms_url": "https://gateway.test", "sms_authkey": "k", "sms_template_ids": TEMPLATE_IDS}
    assert WorkerSettings(**BASE, **whole).sms_after_s == 1800  # type: ignore[arg-type]
    for missing in ("sms_authkey", "sms_template_ids"):
        with pytest.raises(ValidationError):
            WorkerSettings(**BASE, **{name: item for name, item in whole.items() if name != missing})  # type: ignore[arg-type]
