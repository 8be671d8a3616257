"""GSTIN and phone numbers: form, check digit, normal form, and types that never show their value.

The only module of libs that knows the business: four services read these two identifiers, and two readers that
differ would tell one retailer from another.
"""

import re
import unicodedata

from pydantic import Secret

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_GSTIN = re.compile(
    r"(?:0[1-9]|[12][0-9]|3[0-8]|97|99)"  # state or territory
    r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]"  # PAN; the fourth letter is the kind of holder
    r"[1-9A-Z]Z[0-9A-Z]"  # registration in the state, Z, check character
)
_DASHES = r"\-\u2010-\u2015\u2212"  # NFKC leaves them apart
_GSTIN_BLANKS = re.compile(rf"[\s{_DASHES}]+")
_MOBILE = re.compile(r"(?:\+91|0091|91|0)?([6-9][0-9]{9})")
_PHONE_BLANKS = re.compile(rf"[\s().{_DASHES}]+")


class _Masked(Secret[str]):
    """A secret that may stand in any format string; its width is ignored with its value."""

    def __format__(self, _spec: str) -> str:
        return str(self)


class Gstin(_Masked):
    """A GSTIN of verified form and check digit; only `get_secret_value()` shows it."""


class Phone(_Masked):
    """A phone number as WhatsApp writes it: digits alone; only `get_secret_value()` shows it."""


def _visible(text: str) -> str:
    """Without format characters (decision 88)."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def normal_gstin(text: str) -> str | None:
    """The GSTIN in upper case without blanks and dashes, or None when it has not the form of a regular one."""
    if not (compact := _GSTIN_BLANKS.sub("", _visible(unicodedata.normalize("NFKC", text)))).isascii():
        return None
    candidate = compact.upper()
    return candidate if _GSTIN.fullmatch(candidate) else None


def is_gstin(text: str) -> bool:
    """Whether a text is a regular GSTIN in its normal form, check character included."""
    return _GSTIN.fullmatch(text) is not None and _has_valid_check_character(text)


def parse_gstin(text: str | None) -> Gstin | None:
    """The GSTIN if form and check character are right, else None.

    Special registrations (TDS, TCS, UIN, NRI, OIDAR) belong to no shop and never pass.
    """
    if text is None or (gstin := normal_gstin(text)) is None or not _has_valid_check_character(gstin):
        return None
    return Gstin(gstin)


def parse_phone(text: str | None) -> Phone | None:
    """The Indian mobile number in `text` as 91 and ten digits, or None when there is none."""
    if text is None:
        return None
    match = _MOBILE.fullmatch(_PHONE_BLANKS.sub("", _visible(text)))
    return Phone("91" + match.group(1)) if match else None


def _has_valid_check_character(gstin: str) -> bool:
    """The 15th character checks the first 14: mod 36, weights 1 and 2 alternating, base-36 digits added."""
    total = 0
    for position, character in enumerate(gstin[:14]):
        product = _VALUES[character] * (1 + position % 2)
        total += product // 36 + product % 36
    return _ALPHABET[-total % 36] == gstin[14]
