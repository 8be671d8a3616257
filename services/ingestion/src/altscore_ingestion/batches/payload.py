"""The wire format of a batch: its headers and envelope are strict, its records are read one by one."""

import re
import zlib
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, NamedTuple, get_args
from uuid import UUID

import msgspec
from altscore_libs import strictjson
from altscore_libs.errors import FieldError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from msgspec import Meta, Raw

from altscore_ingestion.batches import bounds

Table = Literal["invoices", "payments", "returns", "retailers"]
DatedTable = Literal["invoices", "payments", "returns"]
TABLES: tuple[Table, ...] = ("invoices", "payments", "returns", "retailers")
ErpType = Literal["tally_prime", "sap_b1", "csv"]
MAX_DEPTH = 8
MAX_RATIO = 100
FREE_PLAIN_BYTES = 1024 * 1024
"""Unpacked without a question: a batch of many alike records is small and packs well."""
_PIECE_BYTES = 65_536
_GZIP_BITS = 16 + zlib.MAX_WBITS

_NO_CONTROL = r"^[^\x00-\x1f\x7f]*\Z"
Identifier = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_IDENTIFIER_CHARS, pattern=_NO_CONTROL)]
Reference = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_REFERENCE_CHARS, pattern=_NO_CONTROL)]
Label = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_LABEL_CHARS, pattern=_NO_CONTROL)]
# A name or number goes to the vault alone, which reads past control characters.
Name = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_NAME_CHARS)]
Number = Annotated[str, Meta(max_length=bounds.MAX_NUMBER_CHARS)]
LineNo = Annotated[int, Meta(ge=1, le=bounds.MAX_LINE_NO)]
LineCount = Annotated[int, Meta(ge=0, le=bounds.MAX_LINE_COUNT)]
SourceOrder = Annotated[int, Meta(ge=0, le=bounds.MAX_ORDER)]
Sequence = Annotated[int, Meta(ge=1, le=bounds.MAX_ORDER)]
MONTH_PATTERN = r"^20[0-9]{2}-(0[1-9]|1[0-2])\Z"
Month = Annotated[str, Meta(pattern=MONTH_PATTERN)]
TotalCount = Annotated[int, Meta(ge=0, le=bounds.MAX_TOTAL_COUNT)]
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
    source_order: SourceOrder | None = None


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
    bounced_on: date | None = None
    is_cancelled: bool | None = None
    source_order: SourceOrder | None = None


class ReturnIn(_Record, frozen=True, kw_only=True):
    """One credit note for returned goods."""

    return_id: Identifier
    return_date: date
    amount_inr: Raw
    retailer_ref: Reference | None = None
    invoice_id: Identifier | None = None
    is_cancelled: bool | None = None
    source_order: SourceOrder | None = None


class RetailerIn(_Record, frozen=True, kw_only=True):
    """One line of the distributor's customer master."""

    retailer_ref: Reference
    gst: Number | None = None
    phone: Number | None = None
    shop_name: Name | None = None
    district: Label | None = None
    active: bool | None = None


class ErpTotalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the ERP itself says of a month: documents of its whole ledger, not of the batch, that are not cancelled."""

    table: DatedTable
    month: Month
    count: TotalCount
    amount_inr: Raw


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
    sequence: Sequence | None = None
    erp_totals: Annotated[list[ErpTotalIn], Meta(max_length=bounds.MAX_TOTALS)] | None = None
    invoices: list[Raw] = []
    payments: list[Raw] = []
    returns: list[Raw] = []
    retailers: list[Raw] = []

    def records(self, table: Table) -> list[Raw]:
        """The records of one list, in the order in which they came."""
        records: list[Raw] = getattr(self, table)
        return records

    @property
    def submitted(self) -> int:
        """Number of records in all four lists."""
        return sum(len(self.records(table)) for table in TABLES)


_BATCH = msgspec.json.Decoder(BatchIn)


class BatchHeaders(NamedTuple):
    """What the headers of a batch say besides credentials."""

    client_batch_id: UUID
    erp_type: str


def read_headers(*, content_type: str, batch_id: str, erp_type: str) -> BatchHeaders:
    """Checks the headers of a batch.

    Raises:
        UnsupportedMediaType: the body is not declared as JSON.
        InvalidRequest: the batch id or the ERP is missing or has another form.
    """
    if content_type.split(";", maxsplit=1)[0].strip().lower() != "application/json":
        raise UnsupportedMediaType("the body must be declared as application/json")
    faults = []
    client_batch_id = parse_uuid(batch_id)
    if client_batch_id is None:
        faults.append(FieldError("X-Batch-ID", "is not a UUID"))
    if erp_type not in get_args(ErpType):
        faults.append(FieldError("X-ERP-Type", "is not one of tally_prime, sap_b1, csv"))
    if client_batch_id is None or faults:
        raise InvalidRequest("the headers are incomplete", errors=faults)
    return BatchHeaders(client_batch_id, erp_type)


def parse_uuid(text: str) -> UUID | None:
    """A UUID written in its usual form, or None."""
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if str(value) == text.lower() else None


def plain_body(sent: bytes, *, max_bytes: int) -> bytes:
    """Unpacks a gzip body piece by piece, so that one that unpacks to too much costs no more than what is allowed.

    Args:
        sent: one gzip member and nothing else.
        max_bytes: most plain bytes; of these, beyond FREE_PLAIN_BYTES, at most MAX_RATIO for each byte that was read.

    Raises:
        InvalidRequest: damaged, cut, or followed by something else.
        PayloadTooLarge: too much comes out of it.
    """
    inflater, plain = zlib.decompressobj(wbits=_GZIP_BITS), bytearray()
    for start in range(0, len(sent), _PIECE_BYTES):
        rest = sent[start : start + _PIECE_BYTES]
        read_before = start
        while rest and not inflater.eof:
            try:
                plain += inflater.decompress(rest, _PIECE_BYTES)
            except zlib.error:
                raise InvalidRequest("the body is not gzip, or damaged") from None
            read_bytes = read_before + len(rest) - len(inflater.unconsumed_tail)
            if len(plain) > min(max_bytes, max(FREE_PLAIN_BYTES, MAX_RATIO * read_bytes)):
                raise PayloadTooLarge(
                    f"the body unpacks to more than {max_bytes} bytes, or to {MAX_RATIO} times its size"
                )
            read_before, rest = read_bytes, inflater.unconsumed_tail
        if inflater.eof:
            if inflater.unused_data or start + _PIECE_BYTES < len(sent):
                raise InvalidRequest("the body goes on behind its gzip member")
            return bytes(plain)
    raise InvalidRequest("the body ends within its gzip member")


def read_body(body: bytes, *, max_bytes: int, received_at: datetime) -> BatchIn:
    """Reads a batch: first as strict JSON (no key twice, no deep nesting), which msgspec does not check, then by type.

    Raises:
        InvalidRequest: the body is not strict JSON, or read_batch refuses it.
    """
    strictjson.loads(body, max_bytes=max_bytes, max_depth=MAX_DEPTH)
    return read_batch(body, received_at=received_at)


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
    (f"Expected `str` matching regex {MONTH_PATTERN!r}", "is not a month written YYYY-MM, from 2000 on"),
    ("Expected `str` matching regex", "holds a control character"),
    ("Expected `int", "is not a whole number in range"),
    ("Expected `str", "is not a text"),
    ("Expected `bool", "is not true or false"),
    ("Expected `array` of length", "has too many entries"),
    ("Expected `array", "is not a list"),
    ("Expected `object`", "is not an object"),
    ("Expected `date |", "is not a date"),
    ("Expected `date`", "is not a date"),
    ("Expected `datetime`", "is not an instant"),
    ("Invalid RFC3339", "is not a date written YYYY-MM-DD or an instant with offset"),
    ("Invalid enum value", "is not one of the allowed words"),
)


def explain(error: msgspec.ValidationError) -> FieldError:
    """Path and rule of a schema error; the decoder's own message may quote the value and is never passed on."""
    text = str(error)
    match = _PATH.search(text)
    path = match.group(1) if match else ""
    if missing := _MISSING.match(text):
        return FieldError(".".join(filter(None, (path, missing.group(1)))), "is missing")
    for start, reason in _RULES:
        if text.startswith(start):
            return FieldError(path or "record", reason)
    return FieldError(path or "record", "breaks the schema")
