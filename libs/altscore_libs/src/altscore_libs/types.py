"""Field types of request bodies: strict, so that "5" is no number and 1 is no date."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

MAX_AMOUNT_INR = Decimal("9999999999999.99")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")


class StrictModel(BaseModel):
    """Base of request bodies: no coercion, no unknown field, immutable; errors never show the input."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _date(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a date is written YYYY-MM-DD")
    return date.fromisoformat(value)


def _instant(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("an instant is written YYYY-MM-DDThh:mm:ssZ")
    return datetime.fromisoformat(value).astimezone(UTC)


def _money(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("an amount is a number")
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount) > MAX_AMOUNT_INR:  # quantize would overflow, not refuse
        raise ValueError("an amount is out of range")
    if amount != (rounded := amount.quantize(Decimal("0.01"))):
        raise ValueError("an amount has at most two decimals")
    return rounded


IsoDate = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
IsoInstant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
MoneyInr = Annotated[
    Decimal,
    Field(ge=0, le=MAX_AMOUNT_INR),
    BeforeValidator(_money),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": float(MAX_AMOUNT_INR)}),
]

RequestId = Annotated[
    str, StringConstraints(pattern=r"^(req_[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
]  # as every answer names it: of our own making, or the caller's UUID in its dashed lower-case form


def public_id(prefix: str, hex_chars: int = 32) -> StringConstraints:
    """The rule of a public identifier: `Annotated[str, public_id("ord")]`."""
    return StringConstraints(pattern=rf"^{prefix}_[0-9a-f]{{{hex_chars}}}$")


ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
