"""Cells as people and spreadsheets write them; what cannot be read for certain is not guessed."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from altscore_connector.config import DATE_FORMATS
from altscore_connector.text import comparison_text, visible_text

# Decimal mark to the grouping marks that may stand beside it.
DECIMAL_MARKS = {".": ",", ",": "."}

_CURRENCY = re.compile(r"^(?:₹|rs\.?|inr)\s*", re.I)
_WESTERN = re.compile(r"\d{1,3}(?:,\d{3})+")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})*,\d{3}")
_PLAIN = re.compile(r"\d+")
_PAISE = re.compile(r"\d{1,2}")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?e[+-]?\d+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY, _YEAR = r"(\d{1,2})", r"(\d{4})"
_ORDERS = {
    "dd-mm-yyyy": (re.compile(f"{_DAY}-{_DAY}-{_YEAR}"), (2, 1, 0)),
    "dd/mm/yyyy": (re.compile(f"{_DAY}/{_DAY}/{_YEAR}"), (2, 1, 0)),
    "dd.mm.yyyy": (re.compile(rf"{_DAY}\.{_DAY}\.{_YEAR}"), (2, 1, 0)),
    "mm/dd/yyyy": (re.compile(f"{_DAY}/{_DAY}/{_YEAR}"), (2, 0, 1)),
    "yyyy-mm-dd": (re.compile(r"(\d{4})-(\d{2})-(\d{2})"), (0, 1, 2)),
    "dd-mmm-yyyy": (re.compile(f"{_DAY}-([a-z]{{3}})-{_YEAR}"), (2, 1, 0)),
    "dd-mmm-yy": (re.compile(rf"{_DAY}-([a-z]{{3}})-(\d{{2}})"), (2, 1, 0)),
}
LARGEST_INR = Decimal("10000000000.00")  # what ingestion can be told to accept at most


def read_money(text: str, decimal_mark: str = ".") -> Decimal | None:
    """Rupees with two places from `1,18,000.00`, `(1,180.00)`, `Rs. 2,500/-`; None when it is no certain amount.

    Args:
        text: the cell.
        decimal_mark: what stands before the paise; the other of point and comma groups the rupees, in the Indian
            way (1,18,000) or by thousands.
    """
    if any(unicodedata.category(char) == "No" for char in text):
        return None  # a footnote's mark is no digit, though it looks like one in compatibility form
    cell = visible_text(text)
    is_negative = cell.startswith("(") and cell.endswith(")")
    if is_negative:
        cell = cell[1:-1].strip()
    elif cell.startswith("-"):
        is_negative, cell = True, cell[1:].strip()
    cell = _CURRENCY.sub("", cell).removesuffix("/-").strip()
    if not cell.isascii():
        return None
    whole, mark, paise = cell.partition(decimal_mark)
    if decimal_mark == ",":
        whole = whole.replace(DECIMAL_MARKS[","], ",")
    if not any(form.fullmatch(whole) for form in (_PLAIN, _INDIAN, _WESTERN)) or (mark and not _PAISE.fullmatch(paise)):
        return None
    amount = Decimal(f"{whole.replace(',', '')}.{paise.ljust(2, '0')}")  # of any length; quantize stops at 28 digits
    return -amount if is_negative else amount


def read_date(text: str, date_format: str) -> date | None:
    """A date in exactly the distributor's agreed form, separators included; None for anything else."""
    pattern, order = _ORDERS[date_format]
    cell = visible_text(text).lower()
    match = pattern.fullmatch(cell)
    if match is None or not cell.isascii():
        return None
    year, month, day = (match.groups()[index] for index in order)
    try:
        number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
        return date(int(year) + (2000 if len(year) == 2 else 0), number, int(day))
    except ValueError:
        return None


def date_fault(text: str, date_format: str) -> str:
    """The rule that an unreadable date breaks: it has another of the known forms, or none."""
    others = (form for form in DATE_FORMATS if form != date_format)
    return "date_in_another_form" if any(read_date(text, form) for form in others) else "date_unreadable"


def amount_fault(text: str) -> str:
    """The rule that an unreadable amount breaks: nothing, two readings, or no amount at all."""
    cell = visible_text(text)
    if not cell:
        return "amount_missing"
    digits = re.sub(r"[^\d.,]", "", cell)
    is_ambiguous = bool(digits) and digits == _CURRENCY.sub("", cell) and any(mark in digits for mark in ".,")
    return "amount_ambiguous" if is_ambiguous else "amount_no_number"


def is_scientific(text: str) -> bool:
    """Whether a spreadsheet turned a long number into `1.23E+11`, so that its digits are lost."""
    return _SCIENTIFIC.fullmatch(comparison_text(text)) is not None
