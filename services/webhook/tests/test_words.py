"""What counts as yes and as no."""

from datetime import UTC, datetime

import pytest
from altscore_webhook.domain import Word, read_reply, word_of_payload, word_of_text

from .conftest import INVITE

NOW = datetime(2026, 9, 21, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize("text", ["HAAN", "haan", " Haan ", "हाँ", "हां", "हाँ।", "YES", "yes!", "ＹＥＳ"])
def test_exact_affirmatives_are_yes(text: str) -> None:
    assert word_of_text(text) is Word.YES


@pytest.mark.parametrize("text", ["NAHI", "nahi.", "Nahin", "नहीं", "नही", "NO", "STOP", "stop\n"])
def test_exact_negatives_are_no(text: str) -> None:
    assert word_of_text(text) is Word.NO


@pytest.mark.parametrize(
    "text", ["हाँ, मैं सहमत हूँ 👍", "HAAN NAHI", "yes please", "haa", "ok", "👍", "", "1", "H A A N", "HAAN?", "\ud800"]
)
def test_anything_else_is_unclear(text: str) -> None:
    assert word_of_text(text) is Word.UNCLEAR


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (f"CONSENT_YES:{INVITE}", (Word.YES, INVITE)),
        (f"CONSENT_NO:{INVITE}", (Word.NO, INVITE)),
        ("CONSENT_NO:inv_1", (Word.NO, None)),
        ("CONSENT_NO", (Word.NO, None)),
        ("CONSENT_YES:inv_1", (Word.UNCLEAR, None)),
        ("CONSENT_YES", (Word.UNCLEAR, None)),
        ("CONSENT_YES:../../v1/consent/check", (Word.UNCLEAR, None)),
        ("", (Word.UNCLEAR, None)),
    ],
)
def test_a_button_names_its_invite_and_only_a_no_does_without(payload: str, expected: tuple[Word, str | None]) -> None:
    assert word_of_payload(payload) == expected


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
