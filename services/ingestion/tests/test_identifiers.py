"""The shared rules of GSTIN and phone, against the vectors all parts of the system share."""

import json
from pathlib import Path

import pytest
from altscore_ingestion.identifiers import Gst, Phone, normal_gstin, normal_phone, verified_gst

DATA = Path(__file__).parent / "data"
GSTIN = json.loads((DATA / "gstin_vectors.json").read_text(encoding="utf-8"))
PHONES = json.loads((DATA / "phone_vectors.json").read_text(encoding="utf-8"))


def test_the_vectors_are_all_there() -> None:
    assert len(GSTIN["vectors"]) == 90
    assert len(PHONES) == 13


@pytest.mark.parametrize("vector", GSTIN["vectors"], ids=lambda one: ascii(one["value"]))
def test_a_gstin_is_verified_by_form_and_check_digit_and_special_ones_never_are(vector: dict[str, object]) -> None:
    assert (verified_gst(str(vector["value"])) is not None) == (vector["valid"] is True)


@pytest.mark.parametrize("vector", GSTIN["normalise"], ids=lambda one: ascii(one["input"]))
def test_a_gstin_has_one_normal_form(vector: dict[str, str | None]) -> None:
    assert normal_gstin(vector["input"] or "") == vector["output"]


@pytest.mark.parametrize("vector", PHONES, ids=lambda one: ascii(one["input"]))
def test_a_phone_is_91_and_ten_digits(vector: dict[str, str | None]) -> None:
    found = normal_phone(vector["input"])
    assert (found.reveal() if found else None) == vector["e164_digits"]


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
    phone, gstin = normal_phone(form.format(PHONE)), verified_gst(form.format(GSTIN_TEXT))
    assert (phone and phone.reveal(), gstin and gstin.reveal()) == ("919000000000", GSTIN_TEXT)


@pytest.mark.parametrize("text", ["+91\u00a090000\u00a000000", "+91\u201190000\u201100000", "9\u200b0000\u200d00000"])
def test_invisible_characters_and_odd_dashes_inside_a_phone_are_read_past(text: str) -> None:
    found = normal_phone(text)
    assert found is not None
    assert found.reveal() == "919000000000"


def test_a_full_width_gstin_is_that_gstin() -> None:
    found = verified_gst("２７ＡＡＡＣＺ００００Ａ１Ｚ９")
    assert found is not None
    assert found.reveal() == GSTIN_TEXT


@pytest.mark.parametrize("masked", [Gst("27AAACZ0000A1Z9"), Phone("919000000000")], ids=["gst", "phone"])
def test_identifiers_never_show_themselves(masked: Gst | Phone) -> None:
    shown = f"{masked} {masked!r} {masked:>3} {[masked]}"
    assert masked.reveal() not in shown
    with pytest.raises(TypeError):
        json.dumps(masked)
