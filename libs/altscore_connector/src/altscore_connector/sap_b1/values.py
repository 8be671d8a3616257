"""Values as the Service Layer writes them: doubles, days with or without a midnight, times."""

import re
from collections.abc import Container, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from altscore_connector.sap_b1.errors import UnreadableDocumentError

Row = Mapping[str, Any]
_PLACES = Decimal("0.01")
_KEYS_END = 2**31  # keys are 32-bit integers
# A double's noise; more than that is an amount with further places, which rounding would change.
_NOISE = Decimal("0.000001")


def amount_of(row: Row, name: str) -> Decimal:
    """Rupees with two places; a missing amount is zero.

    Raises:
        UnreadableDocumentError: no number, not finite, or more than two places.
    """
    value = row.get(name)
    if value is None:
        return Decimal("0.00")
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise UnreadableDocumentError("sap_amount_unreadable", field=name)
    exact = Decimal(value)
    if not exact.is_finite() or abs(exact) >= Decimal(10) ** 15:
        raise UnreadableDocumentError("sap_amount_unreadable", field=name)
    rounded = exact.quantize(_PLACES)
    if abs(rounded - exact) > _NOISE:
        raise UnreadableDocumentError("sap_amount_unreadable", field=name)
    return rounded


def day_of(row: Row, name: str) -> date:
    """The local day; the midnight that the second version adds is no instant and is cut off.

    Raises:
        UnreadableDocumentError: missing or no day.
    """
    value = row.get(name)
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else _unreadable(name)
    except ValueError:
        return _unreadable(name)


def _unreadable(name: str) -> date:
    raise UnreadableDocumentError("sap_date_unreadable", field=name)


def entry_of(row: Row, name: str) -> int:
    """A key.

    Raises:
        UnreadableDocumentError: missing or no whole number.
    """
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not -_KEYS_END <= value < _KEYS_END:
        raise UnreadableDocumentError("sap_key_unreadable", field=name)
    return value


def text_of(row: Row, name: str) -> str:
    """Trimmed text; empty when it is missing or null."""
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def one_of(row: Row, name: str, values: Container[str]) -> str:
    """A text that is one of a few.

    Raises:
        UnreadableDocumentError: missing or another one, so that whether the document counts is not known.
    """
    text = text_of(row, name)
    if text not in values:
        raise UnreadableDocumentError("sap_status_unknown", field=name)
    return text


def order_of(row: Row) -> int:
    """UpdateDate and UpdateTime as one number, yyyymmddhhmmss; a missing time is midnight.

    Raises:
        UnreadableDocumentError: UpdateDate is missing or no day.
    """
    digits = re.sub(r"\D", "", text_of(row, "UpdateTime"))[:6].ljust(6, "0")
    return int(f"{day_of(row, 'UpdateDate'):%Y%m%d}{digits}")


def rows_of(row: Row, name: str) -> list[Row]:
    """A collection inside an entity; a missing one is empty."""
    value = row.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
