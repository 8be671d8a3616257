"""Cells as people and spreadsheets write them; what cannot be read for certain is not guessed."""

import re
from datetime import date
from decimal import Decimal

_NOTHING = frozenset({"", "-", "0", "na", "n/a", "nil", "none", "urp"})
_CURRENCY = re.compile(r"^(?:₹|rs\.?|inr)\s*", re.I)
_PLAIN = re.compile(r"\d+(?:\.\d{1,2})?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d{1,2})?")
_ORDERS = {
    "dd-mm-yyyy": (re.compile(r"(\d{2})-(\d{2})-(\d{4})"), (2, 1, 0)),
    "dd/mm/yyyy": (re.compile(r"(\d{2})/(\d{2})/(\d{4})"), (2, 1, 0)),
    "mm/dd/yyyy": (re.compile(r"(\d{2})/(\d{2})/(\d{4})"), (2, 0, 1)),
    "yyyy-mm-dd": (re.compile(r"(\d{4})-(\d{2})-(\d{2})"), (0, 1, 2)),
}


def read_money(text: str) -> Decimal | None:
    """Rupees with two places from `1,18,000.00`, `(1,180.00)`, `Rs. 2,500/-`; None when it is no amount."""
    cell = text.strip()
    is_negative = cell.startswith("(") and cell.endswith(")")
    if is_negative:
        cell = cell[1:-1].strip()
    elif cell.startswith("-"):
        is_negative, cell = True, cell[1:].strip()
    cell = _CURRENCY.sub("", cell).removesuffix("/-").strip()
    if not (_PLAIN.fullmatch(cell) or _GROUPED.fullmatch(cell)) or not cell.isascii():
        return None
    amount = Decimal(cell.replace(",", "")).quantize(Decimal("0.01"))
    return -amount if is_negative else amount


def read_date(text: str, date_format: str) -> date | None:
    """A date in exactly the distributor's agreed form, separators included; None for anything else."""
    pattern, order = _ORDERS[date_format]
    match = pattern.fullmatch(text.strip())
    if match is None or not match.group().isascii():
        return None
    year, month, day = (int(match.groups()[index]) for index in order)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def filled(text: str) -> str | None:
    """The cell, or None where it says nothing (`URP`, `NA`, `-`)."""
    cell = text.strip()
    return None if cell.lower() in _NOTHING else cell


def on_one_line(text: str) -> str:
    """A name with its line breaks and runs of blanks made single blanks."""
    return " ".join(text.split())
