"""GSTIN and Indian mobile numbers: form, check digit, normal form. Masked types hold them."""

import re

from altscore_libs.types import Masked

from altscore_ingestion.text import without_invisible

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_GSTIN = re.compile(
    r"(?:0[1-9]|[12][0-9]|3[0-8]|97|99)"  # state or territory
    r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]"  # PAN; the fourth letter is the kind of holder
    r"[1-9A-Z]Z[0-9A-Z]"  # registration in the state, Z, check character
)
_DASHES = "\\-\u2010-\u2015\u2212"
_GSTIN_NOISE = re.compile(rf"[\s{_DASHES}]+")
_MOBILE = re.compile(r"(?:\+91|0091|91|0)?([6-9][0-9]{9})")
_PHONE_NOISE = re.compile(rf"[\s().{_DASHES}]+")


class Gst(Masked):
    """A GSTIN of verified form and check digit; only vault code reveals it."""

    __slots__ = ()


class Phone(Masked):
    """An Indian mobile number as WhatsApp writes it: 91 and ten digits; only vault code reveals it."""

    __slots__ = ()


def normal_gstin(text: str) -> str | None:
    """The GSTIN in upper case without blanks, dashes and invisible characters, or None without the regular form."""
    if not (compact := _GSTIN_NOISE.sub("", without_invisible(text))).isascii():
        return None
    candidate = compact.upper()
    return candidate if _GSTIN.fullmatch(candidate) else None


def has_valid_check_digit(gstin: str) -> bool:
    """Whether the 15th character is the check character of the first 14 (mod 36, weights 1 and 2 alternating)."""
    total = 0
    for position, character in enumerate(gstin[:14]):
        product = _VALUES[character] * (1 + position % 2)
        total += product // 36 + product % 36
    return _ALPHABET[(36 - total % 36) % 36] == gstin[14]


def verified_gst(text: str | None) -> Gst | None:
    """The GSTIN if form and check digit are right, else None.

    Special registrations (TDS, TCS, UIN, NRI, OIDAR) are nobody's shop and never verify.
    """
    if text is None or (gstin := normal_gstin(text)) is None or not has_valid_check_digit(gstin):
        return None
    return Gst(gstin)


def normal_phone(text: str | None) -> Phone | None:
    """The Indian mobile number in `text` as 91 and ten digits, or None when there is none."""
    if text is None:
        return None
    found = _MOBILE.fullmatch(_PHONE_NOISE.sub("", without_invisible(text)))
    return Phone("91" + found.group(1)) if found else None
