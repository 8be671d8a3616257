"""The rules of GSTIN and phone, against the vectors that all parts of the system share."""

import json
from pathlib import Path

import pytest
from altscore_libs.identifiers import Gstin, Phone, normal_gstin, parse_gstin, parse_phone
from altscore_libs.text import bare_text, comparison_text, visible_text

DATA = Path(__file__).parent / "data"
GSTIN = json.loads((DATA / "gstin_vectors.json").read_text(encoding="utf-8"))
PHONES = json.loads((DATA / "phone_vectors.json").read_text(encoding="utf-8"))


def test_the_vectors_are_all_there() -> None:
    assert len(GSTIN["vectors"]) == 90
    assert len(PHONES) == 13


@pytest.mark.parametrize("vector", GSTIN["vectors"], ids=lambda vector: ascii(vector["value"]))
def test_a_gstin_is_verified_by_form_and_check_digit_and_special_ones_never_are(vector: dict[str, object]) -> None:
    assert (parse_gstin(str(vector["value"])) is not None) == (vector["valid"] is True)


@pytest.mark.parametrize("vector", GSTIN["normalise"], ids=lambda vector: ascii(vector["input"]))
def test_a_gstin_has_one_normal_form(vector: dict[str, str | None]) -> None:
    assert normal_gstin(vector["input"] or "") == vector["output"]


@pytest.mark.parametrize("vector", PHONES, ids=lambda vector: ascii(vector["input"]))
def test_a_phone_is_91_and_ten_digits(vector: dict[str, str | None]) -> None:
    number = parse_phone(vector["input"])
    assert (number.get_secret_value() if number else None) == vector["e164_digits"]


PHONE, GSTIN_TEXT = "+91 90000 00000", "27AAACZ0000A1Z9"
INVISIBLE = {
    "bidirectional marks": "\u202a{}\u202c",
    "left-to-right mark": "\u200e{}",
    "zero-width space": "{}\u200b",
    "word joiner": "\u2060{}",
    "byte order mark": "\ufeff{}",
    "no-break spaces": "\u00a0{}\u00a0",
    "tab and line break": "\t{}\r\n",
}


@pytest.mark.parametrize("form", INVISIBLE.values(), ids=INVISIBLE)
def test_what_cannot_be_seen_does_not_hide_a_phone_or_a_gstin(form: str) -> None:
    phone, gstin = parse_phone(form.format(PHONE)), parse_gstin(form.format(GSTIN_TEXT))
    assert (phone and phone.get_secret_value(), gstin and gstin.get_secret_value()) == ("919000000000", GSTIN_TEXT)


@pytest.mark.parametrize("text", ["+91\u00a090000\u00a000000", "+91\u201190000\u201100000", "9\u200b0000\u200d00000"])
def test_invisible_characters_and_odd_dashes_inside_a_phone_are_read_past(text: str) -> None:
    number = parse_phone(text)
    assert number is not None
    assert number.get_secret_value() == "919000000000"


def test_a_full_width_gstin_is_that_gstin() -> None:
    number = parse_gstin("２７ＡＡＡＣＺ００００Ａ１Ｚ９")
    assert number is not None
    assert number.get_secret_value() == GSTIN_TEXT


@pytest.mark.parametrize("masked", [Gstin("27AAACZ0000A1Z9"), Phone("919000000000")], ids=["gst", "phone"])
def test_identifiers_never_show_themselves(masked: Gstin | Phone) -> None:
    shown = f"{masked} {masked!r} {masked:>3} {[masked]}"
    assert masked.get_secret_value() not in shown
    with pytest.raises(TypeError):
        json.dumps(masked)


@pytest.mark.parametrize(
    "text", ["Shop 1", "Shop\u200b 1\ufeff", "\u202aShop\u00a0\u00a01\u202c", "Ｓｈｏｐ １", " Shop\t1\r\n"]
)
def test_visible_text_is_one_form_of_texts_that_look_alike_and_keeps_case(text: str) -> None:
    assert visible_text(text) == "Shop 1"
    assert visible_text(text.upper()) == "SHOP 1"
    assert comparison_text(text) == comparison_text(text.upper()) == "shop 1"


@pytest.mark.parametrize(
    ("text", "apart", "joined"),
    [
        ("*NA-HI*, ji!", "na hi ji", "nahi ji"),
        ("n\u0336a\u0336h\u012b 👎\U0001f3fd", "nahi", "nahi"),
        ("“नहीं”।", "नहीं", "नहीं"),
        ("ＳＴＯＰ\ufe0f\u3164", "stop", "stop"),
        ("हाँ? 1.", "हाँ 1", "हाँ 1"),
        ("`~_*", "", ""),
        ("\ud800", "", ""),
    ],
)
def test_bare_text_keeps_letters_vowel_signs_and_digits_alone(text: str, apart: str, joined: str) -> None:
    assert (bare_text(text), bare_text(text, between="")) == (apart, joined)
