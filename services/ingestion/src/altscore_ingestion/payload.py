"""The batch as distributors send it: the envelope is strict, its records are read one by one."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from altscore_libs.errors import FieldError, InvalidRequest
from msgspec import Meta, Raw

from altscore_ingestion import bounds

Table = Literal["invoices", "payments", "returns", "retailers"]
TABLES: tuple[Table, ...] = ("invoices", "payments", "returns", "retailers")

_NO_CONTROL = r"^[^\x00-\x1f\x7f]*\Z"
Identifier = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_IDENTIFIER_CHARS, pattern=_NO_CONTROL)]
Reference = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_REFERENCE_CHARS, pattern=_NO_CONTROL)]
Label = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_LABEL_CHARS, pattern=_NO_CONTROL)]
# A name or number goes to the vault alone, which reads past control characters.
Name = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_NAME_CHARS)]
Number = Annotated[str, Meta(max_length=bounds.MAX_NUMBER_CHARS)]
LineNo = Annotated[int, Meta(ge=1, le=bounds.MAX_LINE_NO)]
LineCount = Annotated[int, Meta(ge=0, le=bounds.MAX_LINE_COUNT)]
Method = Literal["upi", "cash", "cheque", "neft", "other"]


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of the records; an unknown field is schema drift and quarantines the record."""


class InvoiceIn(_Record, frozen=True, kw_only=True):
    """One invoice; money stays raw text until it is checked, so that it is never a float."""

    invoice_id: Identifier
    invoice_date: date
    amount_inr: Raw
    retailer_ref: Reference | None = None
    retailer_gst: Number | None = None
    due_date: date | None = None
    due_date_is_default: bool | None = None
    bill_ref: Label | None = None
    sku_category: Label | None = None
    line_count: LineCount | None = None
    is_cancelled: bool | None = None


class PaymentIn(_Record, frozen=True, kw_only=True):
    """One payment or one line of it; without an invoice it is on account."""

    payment_id: Identifier
    paid_date: date
    amount_paid_inr: Raw
    line_no: LineNo = 1
    retailer_ref: Reference | None = None
    invoice_id: Identifier | None = None
    bill_ref: Label | None = None
    payment_method: Method | None = None
    is_bounced: bool | None = None


class ReturnIn(_Record, frozen=True, kw_only=True):
    """One credit note for returned goods."""

    return_id: Identifier
    return_date: date
    amount_inr: Raw
    retailer_ref: Reference | None = None
    invoice_id: Identifier | None = None


class RetailerIn(_Record, frozen=True, kw_only=True):
    """One line of the distributor's customer master."""

    retailer_ref: Reference
    gst: Number | None = None
    phone: Number | None = None
    shop_name: Name | None = None
    district: Label | None = None
    active: bool | None = None


RecordIn = InvoiceIn | PaymentIn | ReturnIn | RetailerIn
TYPES: dict[Table, type[RecordIn]] = {
    "invoices": InvoiceIn,
    "payments": PaymentIn,
    "returns": ReturnIn,
    "retailers": RetailerIn,
}
_DECODERS: dict[Table, msgspec.json.Decoder[Any]] = {table: msgspec.json.Decoder(kind) for table, kind in TYPES.items()}


class BatchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The envelope; a fault in it refuses the batch, a fault in a record only that record."""

    distributor_id: Annotated[str, Meta(min_length=1, max_length=64)]
    sync_from: datetime
    sync_to: datetime
    invoices: list[Raw] = []
    payments: list[Raw] = []
    returns: list[Raw] = []
    retailers: list[Raw] = []

    def records(self, table: Table) -> list[Raw]:
        """The records of one list, in the order in which they came."""
        found: list[Raw] = getattr(self, table)
        return found

    @property
    def submitted(self) -> int:
        """Number of records in all four lists."""
        return sum(len(self.records(table)) for table in TABLES)


_BATCH = msgspec.json.Decoder(BatchIn)


def read_batch(body: bytes, *, received_at: datetime) -> BatchIn:
    """Reads the envelope of a body that already passed the strict JSON reader; its instants become UTC.

    Raises:
        InvalidRequest: the envelope breaks the schema or the bounds; the paths are named, values are not.
    """
    try:
        batch = _BATCH.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidRequest("the batch breaks the schema", errors=[explain(error)]) from None
    except msgspec.DecodeError:
        raise InvalidRequest("the body is not valid JSON") from None
    if faults := _period_faults(batch, received_at):
        raise InvalidRequest("the batch breaks the schema", errors=faults)
    return msgspec.structs.replace(
        batch, sync_from=batch.sync_from.astimezone(UTC), sync_to=batch.sync_to.astimezone(UTC)
    )


def _period_faults(batch: BatchIn, received_at: datetime) -> list[FieldError]:
    """What is wrong with the period that a batch says it covers."""
    period = {"sync_from": batch.sync_from, "sync_to": batch.sync_to}
    if unzoned := [name for name, at in period.items() if at.tzinfo is None]:
        return [FieldError(name, "an instant needs its offset") for name in unzoned]
    faults = [
        FieldError(name, fault) for name, at in period.items() if (fault := bounds.instant_fault(at, received_at))
    ]
    if not faults and batch.sync_from > batch.sync_to:
        return [FieldError("sync_to", "lies before sync_from")]
    return faults


def read_record(table: Table, raw: Raw) -> RecordIn:
    """Reads one record.

    Raises:
        msgspec.ValidationError: it breaks the schema of its list.
    """
    record: RecordIn = _DECODERS[table].decode(raw)
    return record


_PATH = re.compile(r" - at `\$\.?([a-z_\[\]0-9.]*)`$")
_MISSING = re.compile(r"^Object missing required field `([a-z_]+)`")
_RULES = (
    ("Object contains unknown field", "holds an unknown field"),
    ("Expected `str` of length", "has a wrong length"),
    ("Expected `str` matching regex", "holds a control character"),
    ("Expected `int", "is not a whole number in range"),
    ("Expected `str", "is not a text"),
    ("Expected `bool", "is not true or false"),
    ("Expected `array`", "is not a list"),
    ("Expected `object`", "is not an object"),
    ("Expected `date |", "is not a date"),
    ("Expected `date`", "is not a date"),
    ("Expected `datetime`", "is not an instant"),
    ("Invalid RFC3339", "is not a date written YYYY-MM-DD or an instant with offset"),
    ("Invalid enum value", "is not one of the allowed words"),
)


def explain(error: msgspec.ValidationError) -> FieldError:
    """Path and rule of a schema error; the decoder's own text may quote the value and is never passed on."""
    text = str(error)
    found = _PATH.search(text)
    path = found.group(1) if found else ""
    if missing := _MISSING.match(text):
        return FieldError(".".join(filter(None, (path, missing.group(1)))), "is missing")
    for start, reason in _RULES:
        if text.startswith(start):
            return FieldError(path or "record", reason)
    return FieldError(path or "record", "breaks the schema")
