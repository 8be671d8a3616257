"""Numbers, amounts and days as Tally writes them."""

import re
from datetime import date
from decimal import Decimal

_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
_TOO_LARGE = Decimal(10) ** 15
_MOST_DIGITS = 20
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
_BASE = re.compile(r".*=\s*(-?)[^\d\-]*(-?)\s*(\d+(?:\.\d+)?)\s*", re.S)


def number(text: str) -> int | None:
    """A padded whole number, None when there is none."""
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) <= _MOST_DIGITS else None


def rupees(text: str) -> Decimal | None:
    """Rupees with two places; None where the text has none, or has a part of a paisa.

    An amount in foreign currency is written as a composite, `-$ 100.00 @ I₹ 86/$  = -I₹ 8600.00`; what stands
    after the equals sign is the base amount.
    """
    if _PLAIN.fullmatch(text):
        return _with_paise(text)
    match = _BASE.fullmatch(text)
    if match is None or (match.group(1) and match.group(2)):
        return None
    amount = _with_paise(match.group(3))
    return -amount if amount is not None and (match.group(1) or match.group(2)) else amount


def _with_paise(text: str) -> Decimal | None:
    """A number with two places; None where it has more, which rounding would change, or too many digits to hold."""
    exact = Decimal(text)
    if abs(exact) >= _TOO_LARGE or exact != (amount := exact.quantize(Decimal("0.01"))):
        return None
    return amount


def is_ledger_day(day: date | None) -> bool:
    """Whether it is a day that AltScore takes, and that terms of credit can be added to."""
    return day is not None and _FIRST_YEAR <= day.year <= _LAST_YEAR


def day_of(text: str) -> date | None:
    """The day of `20261128`, None for anything else."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 and text.isdigit() else None
    except ValueError:
        return None
