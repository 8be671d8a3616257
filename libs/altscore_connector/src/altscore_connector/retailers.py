"""What a ledger tells of a retailer: a field that cannot be used is left out, and the rest of the record stays."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from altscore_connector.phones import PhoneReading, read_phone
from altscore_connector.records import Finding, Reading
from altscore_connector.text import display_text, filled, visible_text

MasterField = Literal["gstin", "phone"]

_GSTIN = (
    "(?:0[1-9]|[12][0-9]|3[0-8]|97|99)[A-Z]{3}[ABCEFGHJKLPT][A-Z][0-9]{4}[A-Z][1-9A-Z][A-Z][0-9A-Z]"  # any check digit
)
_WHOLE = re.compile(_GSTIN, re.ASCII)
_INSIDE = re.compile(rf"(?<![0-9A-Z]){_GSTIN}(?![0-9A-Z])", re.ASCII)
_NOISE = re.compile(r"[\s.\-\u2010-\u2015\u2212]+")
_LONGEST_NAME = 200  # characters, as AltScore takes it
_NAMED = 20  # findings of one rule that are told one by one; the others are counted


@dataclass(frozen=True)
class MasterFields:
    """The fields of a retailer that can be used.

    Attributes:
        shop_name: in one line; None without a visible character.
        gstin: None where there is none, or none that has the form of one.
        phone: 91 and ten digits of the first mobile number; None without one.
        faults: rule and field of what was there and could not be used.
    """

    shop_name: str | None
    gstin: str | None
    phone: str | None
    faults: tuple[tuple[str, MasterField], ...] = ()


def master_fields(name: str, *, gstins: Iterable[str], phones: Iterable[str]) -> MasterFields:
    """Reads the fields of a retailer.

    Args:
        name: as the ledger writes it.
        gstins: fields that may hold the GSTIN, the one that counts first.
        phones: fields that may hold a mobile number, the one that counts first.
    """
    faults: list[tuple[str, MasterField]] = []
    written = [text for text in gstins if filled(text) is not None]
    gstin = next((number for text in written if (number := read_gstin(text)) is not None), None)
    if written and gstin is None:
        faults.append(("gstin_unreadable", "gstin"))
    phone = _first_mobile(phones)
    if phone.fault:
        faults.append((phone.fault, "phone"))
    return MasterFields(shop_name=shown_name(name) or None, gstin=gstin, phone=phone.mobile, faults=tuple(faults))


def shown_name(text: str) -> str:
    """A name in one line, without control and bidi characters, and no longer than AltScore takes it."""
    return " ".join(display_text(text).split())[:_LONGEST_NAME]


def read_gstin(text: str) -> str | None:
    """The GSTIN of a text: the whole of it but for blanks, points and dashes, or the only one beside a remark."""
    visible = visible_text(text).upper()
    compact = _NOISE.sub("", visible)
    if _WHOLE.fullmatch(compact):
        return compact
    beside = set(_INSIDE.findall(visible))
    return beside.pop() if len(beside) == 1 else None


def note_faults(reading: Reading, fields: MasterFields, *, place: str, key: str) -> None:
    """Names what of a retailer could not be used; of many by the same rule the first ones, and how many there are."""
    for rule, field in fields.faults:
        reading.note(rule)
        if reading.notes[rule] <= _NAMED:
            reading.findings.append(Finding(kind="note", rule=rule, file=place, key=key, field=field))


def _first_mobile(texts: Iterable[str]) -> PhoneReading:
    fault = ""
    for text in texts:
        if filled(text) is None:
            continue
        reading = read_phone(text)
        if reading.mobile is not None:
            return reading
        fault = fault or reading.fault
    return PhoneReading(None, fault)
