"""What the Cloud API's responses mean."""

import json
from pathlib import Path
from typing import Any

import pytest
from altscore_notification.messages.domain import Message, MessageKind, SendStatus
from altscore_notification.whatsapp.domain import request_body, result_of_response

INVITE = "inv_" + "1" * 32
EXAMPLES = json.loads((Path(__file__).parents[1] / "data/send_examples.json").read_text(encoding="utf-8"))
RESULTS = {
    "never retry": SendStatus.FAILED,
    "send a template instead": SendStatus.FAILED,
    "back off, retry": SendStatus.RETRY,
    "back off for this recipient only": SendStatus.RETRY,
    "do not retry at once": SendStatus.RETRY,
    "our bug: alert": SendStatus.FAILED,
    "stop this template, alert": SendStatus.FAILED,
    "record, never retry": SendStatus.FAILED,
    "stop all sends, alert": SendStatus.HALT,
}
ERRORS = [
    pytest.param(status, item["body"], RESULTS[item["do"]], id=f"{item['body']['error']['code']}-{status}")
    for item in EXAMPLES["errors"]
    for status in item["http_seen"]
]


def error(code: int) -> dict[str, Any]:
    return {"error": {"code": code, "message": "x"}}


@pytest.mark.parametrize(("status", "body", "expected"), ERRORS)
def test_each_published_error_has_its_result_whatever_its_http_status(
    status: int, body: Any, expected: SendStatus
) -> None:
    assert result_of_response(status, body).status is expected


@pytest.mark.parametrize("code", [4, 80007, 130429, 131000, 131016, 131056])
def test_passing_troubles_are_tried_again(code: int) -> None:
    assert result_of_response(400, error(code)).status is SendStatus.RETRY


@pytest.mark.parametrize("body", [EXAMPLES["response_200"], EXAMPLES["response_200_bsuid"]])
def test_an_accepted_message_is_sent(body: Any) -> None:
    assert result_of_response(200, body).status is SendStatus.SENT


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, None, SendStatus.RETRY),
        (503, {"error": "text"}, SendStatus.RETRY),
        (429, [], SendStatus.RETRY),
        (200, {}, SendStatus.RETRY),
        (200, {"messages": []}, SendStatus.RETRY),
        (404, None, SendStatus.FAILED),
        (400, error(999_999), SendStatus.FAILED),
        (400, {"error": {"code": "190"}}, SendStatus.FAILED),
        (302, None, SendStatus.FAILED),
    ],
)
def test_an_answer_without_a_known_code_goes_by_its_status(status: int, body: Any, expected: SendStatus) -> None:
    assert result_of_response(status, body).status is expected


@pytest.mark.parametrize(
    ("token", "yes"), [("a" * 32, f"CONSENT_YES:{INVITE}:{'a' * 32}"), (None, f"CONSENT_YES:{INVITE}")]
)
def test_the_reply_token_stands_in_the_yes_button_and_nowhere_else(token: str | None, yes: str) -> None:
    message = Message(MessageKind.CLARIFICATION, "ret_7f3a92c1d4e8b051", "hi", invite_id=INVITE, reply_token=token)
    body = request_body(message, "919800000001")
    payloads = [part["parameters"][0]["payload"] for part in body["template"]["components"]]
    assert payloads == [yes, f"CONSENT_NO:{INVITE}"]
    assert "a" * 32 not in json.dumps(body).replace(yes, "")
