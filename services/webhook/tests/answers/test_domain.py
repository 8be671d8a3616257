"""How a message is read: its answer, its sender, its time."""

from datetime import UTC, datetime

import pytest
from altscore_webhook.answers.domain import (
    Answer,
    answer_of_payload,
    read_reply,
)

from ..conftest import INVITE

NOW = datetime(2026, 9, 21, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (f"CONSENT_YES:{INVITE}", (Answer.YES, INVITE)),
        (f"CONSENT_NO:{INVITE}", (Answer.NO, INVITE)),
        ("CONSENT_NO:inv_1", (Answer.NO, None)),
        ("CONSENT_NO", (Answer.NO, None)),
        ("CONSENT_YES:inv_1", (Answer.UNCLEAR, None)),
        ("CONSENT_YES", (Answer.UNCLEAR, None)),
        ("CONSENT_YES:../../v1/consent/check", (Answer.UNCLEAR, None)),
        ("", (Answer.UNCLEAR, None)),
    ],
)
def test_a_button_names_its_invite_and_only_a_no_does_without(
    payload: str, expected: tuple[Answer, str | None]
) -> None:
    assert answer_of_payload(payload) == expected


@pytest.mark.parametrize("timestamp", [None, "", "x", "-5", "9" * 30, 1.5, True, [], "٣٤", "4102444801"])
def test_a_message_without_a_readable_time_was_sent_when_it_came(timestamp: object) -> None:
    assert read_reply({"type": "text", "timestamp": timestamp}, NOW).sent_at == NOW


def test_a_message_is_never_dated_after_its_arrival() -> None:
    assert read_reply({"type": "text", "timestamp": "1900000000"}, NOW).sent_at == NOW


@pytest.mark.parametrize("timestamp", ["1790000000", 1790000000])
def test_a_timestamp_may_be_text_or_number(timestamp: object) -> None:
    assert read_reply({"timestamp": timestamp}, NOW).sent_at == datetime.fromtimestamp(1_790_000_000, UTC)


@pytest.mark.parametrize("sender", [None, "", 919800000001, "+919800000001", "IN.0001", "9198 000"])
def test_a_sender_that_is_no_number_is_no_phone(sender: object) -> None:
    assert read_reply({"from": sender, "type": "text"}, NOW).phone is None


def test_a_phone_does_not_show_itself() -> None:
    reply = read_reply({"from": "919800000001", "type": "text"}, NOW)
    assert "9198" not in f"{reply} {reply.phone} {reply.phone!r}"
