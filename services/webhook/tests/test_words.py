"""What counts as yes and as no."""

import sys
import unicodedata
from datetime import UTC, datetime

import pytest
from altscore_webhook.domain import (
    NO_WORDS,
    YES_WORDS,
    Word,
    comparison_text,
    read_reply,
    word_of_payload,
    word_of_text,
)
from hypothesis import given
from hypothesis import strategies as st

from .conftest import INVITE

NOW = datetime(2026, 9, 21, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["HAAN", "haan", " Haan ", "हाँ", "हां", "हाँ।", "YES", "yes!", "ＹＥＳ", "*HAAN*", "“हाँ”", "HAAN,"]
)
def test_exact_affirmatives_are_yes(text: str) -> None:
    assert word_of_text(text) is Word.YES


@pytest.mark.parametrize(
    "text", ["NAHI", "nahi.", "Nahin", "नहीं", "नही", "NO", "STOP", "stop\n", "नहीँ", "*STOP*", '"NAHI"', "NAHI,"]
)
def test_exact_negatives_are_no(text: str) -> None:
    assert word_of_text(text) is Word.NO


@pytest.mark.parametrize(
    "text", ["हाँ, मैं सहमत हूँ 👍", "HAAN NAHI", "yes please", "haa", "ok", "👍", "", "1", "H A A N", "HAAN?", "\ud800"]
)
def test_anything_else_is_unclear(text: str) -> None:
    assert word_of_text(text) is Word.UNCLEAR


CASE_20 = ["NAHI\u200d", "नहीं\u200c", "नहीं\u200d", "STOP\u200b", "NAHI\u200e", "नहीँ", "*STOP*", '"NAHI"', "NAHI,"]
FORMAT = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"]
SELECTORS = [chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))]
INVISIBLE = st.text(st.sampled_from(FORMAT + SELECTORS), max_size=3)


def interleaved(draw: st.DrawFn, text: str) -> str:
    """The text with invisible characters before, between and after its letters."""
    return draw(INVISIBLE) + "".join(letter + draw(INVISIBLE) for letter in text)


@st.composite
def answers(draw: st.DrawFn, texts: frozenset[str]) -> str:
    """An answer as some keyboard may write it: case, width, combining order, blanks and invisible characters vary."""
    text = draw(st.sampled_from(sorted(texts)))
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isascii() else letter for letter in text)
    text = draw(st.sampled_from([text, text.upper(), text.title(), wide]))
    text = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD", "NFKD"])), text)
    blanks = st.text(st.sampled_from(" \t\n\u00a0\u3000"), max_size=2)
    return draw(blanks) + interleaved(draw, text) + draw(blanks)


def test_there_are_format_characters_and_texts_to_try() -> None:
    assert {"\u200b", "\u200c", "\u200d", "\u200e", "\u00ad", "\u202a", "\u2066", "\ufeff"} <= set(FORMAT)
    assert {"nahi", "नहीं", "stop"} <= NO_WORDS


@pytest.mark.parametrize("text", CASE_20)
def test_a_withdrawal_with_characters_that_nobody_sees_is_a_withdrawal(text: str) -> None:
    assert word_of_text(text) is Word.NO


@given(answers(NO_WORDS))
def test_no_invisible_character_anywhere_hides_a_withdrawal(text: str) -> None:
    assert word_of_text(text) is Word.NO


@given(answers(YES_WORDS))
def test_the_same_holds_for_an_affirmative(text: str) -> None:
    assert word_of_text(text) is Word.YES


@pytest.mark.parametrize("character", ["\u0000", "\u034f", "\u3164", "\u180b", "\ufe0f"])
def test_invisible_characters_outside_the_format_category_hide_nothing_either(character: str) -> None:
    assert word_of_text(f"NA{character}HI{character}") is Word.NO


@given(st.text())
def test_comparing_is_settled_after_once(text: str) -> None:
    assert comparison_text(comparison_text(text)) == comparison_text(text)


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
