"""What AltScore accepted of this distributor's ledger, and how the connector's memory keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from altscore_connector.errors import DeliveryError
from altscore_connector.records import AMOUNT_FIELD, DATE_FIELD, ID_FIELD, LEDGER_TABLES, Item, Table, Value, to_json

LARGEST_SEQUENCE = 2**52
"""Above every clock by far, and half of the numbers that a batch may have: beyond it none would be left to count on."""
_PERSONAL = frozenset({"gst", "phone", "shop_name", "district", "retailer_gst"})
UNKNOWN_SCOPE = ""
"""Of records that no company or folder of this source stated: nothing is concluded about them."""


@dataclass(frozen=True)
class Accepted:
    """The newest statement of a record that AltScore accepted.

    Attributes:
        table: invoices, payments or returns.
        key: identity on the wire; of a payment with `#` and the line.
        source_order: of that statement.
        is_cancelled: whether it withdrew the record.
        on: day of the record.
        amount_inr: rupees.
    """

    table: Table
    key: str
    source_order: int
    is_cancelled: bool
    on: date
    amount_inr: Decimal


@dataclass(frozen=True)
class Place:
    """Where a record of the wire stands in the connector's memory; fields as in `Item`."""

    key: str
    scope: str
    document: str


def highest_sequence_of(body: Mapping[str, Any], distributor_id: str) -> int:
    """The greatest sequence number of an answer; 0 where no batch had one.

    Raises:
        DeliveryError: the answer is about another distributor, or holds no number that a batch may have.
    """
    if body.get("distributor_id") != distributor_id:
        raise DeliveryError("AltScore answered about another distributor; nothing was sent. Tell AltScore.", status=200)
    number = body.get("highest_sequence")
    if type(number) is not int or not 0 <= number <= LARGEST_SEQUENCE:
        raise DeliveryError(
            "AltScore named a last batch number that no batch can have; nothing was sent. Tell AltScore.", status=200
        )
    return number


def accepted_of(record: object) -> Accepted:
    """One record of an answer.

    Raises:
        DeliveryError: it is none.
    """
    try:
        if not isinstance(record, Mapping) or record["table"] not in LEDGER_TABLES:
            raise ValueError
        order, is_cancelled, key = record["source_order"], record["is_cancelled"], record["key"]
        if type(order) is not int or type(is_cancelled) is not bool or not isinstance(key, str):
            raise ValueError
        return Accepted(
            table=record["table"],
            key=key,
            source_order=order,
            is_cancelled=is_cancelled,
            on=date.fromisoformat(record["day"]),
            amount_inr=Decimal(record["amount_inr"]).quantize(Decimal("0.01")),
        )
    except (KeyError, TypeError, ValueError, InvalidOperation):
        raise DeliveryError(
            "AltScore's list of accepted records cannot be read; nothing was sent", status=200
        ) from None


def accepted_row(accepted: Accepted, place: Place) -> dict[str, Any]:
    """As the connector's memory keeps it: with what a withdrawal needs, and without a party, which is not told."""
    table, number, line = accepted.table, accepted.key, ""
    if table == "payments":
        number, _, line = accepted.key.rpartition("#")
    record: dict[str, Value] = {
        ID_FIELD[table]: number,
        DATE_FIELD[table]: accepted.on.isoformat(),
        AMOUNT_FIELD[table]: accepted.amount_inr,
    }
    if line:
        record["line_no"] = int(line)
    if accepted.is_cancelled:
        record["is_cancelled"] = True
    return {
        "table": table,
        "key": place.key,
        "scope": place.scope,
        "document": place.document,
        "source_order": accepted.source_order,
        "is_live": int(not accepted.is_cancelled),
        "day": accepted.on.isoformat(),
        "amount_inr": format(accepted.amount_inr, "f"),
        "body": to_json(record),
    }


def stored_row(item: Item) -> dict[str, Any]:
    """What is kept of a record once it is acknowledged: references, dates and amounts."""
    return {
        "table": item.table,
        "key": item.key,
        "scope": item.scope,
        "document": item.document,
        "digest": item.digest,
        "source_order": item.source_order,
        "is_live": int(not item.record.get("is_cancelled")),
        "day": None if item.on is None else item.on.isoformat(),
        "amount_inr": format(item.amount, "f"),
        "body": to_json({name: value for name, value in item.record.items() if name not in _PERSONAL}),
    }
