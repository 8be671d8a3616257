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
    assert (found.get_secret_value() if found else None) == vector["e164_digits"]


@pytest.mark.parametrize("masked", [Gst("27AAACZ0000A1Z9"), Phone("919000000000")], ids=["gst", "phone"])
def test_identifiers_never_show_themselves(masked: Gst | Phone) -> None:
    shown = f"{masked} {masked!r} {masked:>3} {[masked]}"
    assert masked.get_secret_value() not in shown
    with pytest.raises(TypeError):
        json.dumps(masked)
