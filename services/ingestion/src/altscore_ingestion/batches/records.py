"""Rules of single records: which are accepted, and what they say about retailers. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from altscore_libs.errors import FieldError
from altscore_libs.identifiers import normal_gstin, parse_gstin
from altscore_libs.text import visible_text
from msgspec import Raw

from altscore_ingestion.batches import bounds
from altscore_ingestion.batches.payload import (
    TABLES,
    BatchIn,
    InvoiceIn,
    PaymentIn,
    RecordIn,
    RetailerIn,
    ReturnIn,
    Table,
    explain,
    read_record,
)

_MONEY = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,2}0*)?\Z")
_NUMBER_FIELDS: dict[Table, str] = {"invoices": "invoice_id", "payments": "payment_id", "returns": "return_id"}
_DOCUMENT_NUMBER = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9/_.#:|-]{1,128}\Z", re.ASCII)
_PERSONAL = re.compile(r"(?<!\d)(?:91|0)?[6-9]\d{9}(?!\d)|[A-Z]{5}\d{4}[A-Z]", re.ASCII | re.IGNORECASE)
"""A phone, a PAN or a GSTIN, which holds a PAN."""
_NO_AMOUNT = "is not an amount with at most two decimals, above zero"

Value = str | int | bool | date | Decimal | None


@dataclass(frozen=True, slots=True)
class Record:
    """A record that passed its own checks.

    Attributes:
        key: identity within (distributor, table); for `retailers` it is replaced by the subject token.
        retailer_ref: None where the retailer is that of `invoice_id`, or of the record that a withdrawal withdraws.
        values: columns of Bronze that are the record's own.
        source_order: the ERP's own order of its statements about the record; 0 where it gives none.
        dated_on: day that puts it into a month of the control totals; None for the customer master.
    """

    table: Table
    index: int
    key: str
    retailer_ref: str | None
    invoice_id: str | None
    dated_on: date | None
    values: Mapping[str, Value]
    source_order: int = 0

    @property
    def withdraws(self) -> bool:
        """Whether it names no retailer itself and says that the record under its number holds no longer."""
        return self.retailer_ref is None and self.values.get("is_cancelled") is True


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is not taken: its place in the batch and the rules it broke, never its values.

    It goes to quarantine, unless nothing of it may be kept.
    """

    table: Table
    index: int
    reasons: tuple[FieldError, ...]
    is_kept: bool = True


@dataclass(frozen=True)
class Identity:
    """What a batch says about one retailer of the distributor; texts as sent, checked again by the vault."""

    retailer_ref: str
    gst: str | None = None
    phone: str | None = None
    shop_name: str | None = None

    def __repr__(self) -> str:
        return "Identity(***)"


class _Limits(NamedTuple):
    received_at: datetime
    max_amount_inr: Decimal


@dataclass(frozen=True)
class CheckedBatch:
    """A batch after the checks of its single records."""

    records: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    identities: tuple[Identity, ...]


class _InvalidRecord(Exception):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field)
        self.errors = (FieldError(field, reason),)


def check_records(batch: BatchIn, *, received_at: datetime, max_amount_inr: Decimal) -> CheckedBatch:
    """Checks every record by itself; each accepted one lies within `bounds`.

    Args:
        batch: the envelope with its raw records.
        received_at: when the batch arrived; ERP data may be one day ahead of it, since India is.
        max_amount_inr: the largest amount that this distributor may send, rupees.

    Returns:
        The accepted records, the rejected ones with reasons, and what the accepted ones say about retailers.
    """
    records: list[Record] = []
    rejected: list[Rejected] = []
    identities = _IdentityCollector()
    limits = _Limits(received_at=received_at, max_amount_inr=max_amount_inr)
    for table in TABLES:
        for index, raw in enumerate(batch.records(table)):
            try:
                source = read_record(table, raw)
                record = _record(table, source, index=index, limits=limits)
            except msgspec.ValidationError as error:
                rejected.append(Rejected(table, index, (explain(error),)))
            except _InvalidRecord as error:
                rejected.append(Rejected(table, index, error.errors))
            else:
                records.append(record)
                identities.add(record.retailer_ref, source)
    return CheckedBatch(tuple(records), tuple(rejected), identities.merged())


def quarantined(batch: BatchIn, rejected: Iterable[Rejected]) -> list[dict[str, Any]]:
    """What the quarantine keeps of rejected records, the records themselves included; to be encrypted."""
    return [
        {
            "table": item.table,
            "index": item.index,
            "reasons": [reason._asdict() for reason in item.reasons],
            "record": bytes(batch.records(item.table)[item.index]).decode(),
        }
        for item in rejected
        if item.is_kept
    ]


def shown_keys(batch: BatchIn, rejected: Iterable[Rejected]) -> list[str | None]:
    """The document numbers of rejected records; None where there is none that can be told from personal data."""
    return [_shown_key(item.table, batch.records(item.table)[item.index]) for item in rejected]


def _shown_key(table: Table, raw: Raw) -> str | None:
    if table == "retailers":  # an ERP's code of a customer may be a name or a phone
        return None
    try:
        fields = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
    number = fields.get(_NUMBER_FIELDS[table]) if isinstance(fields, dict) else None
    if not isinstance(number, str) or not _DOCUMENT_NUMBER.match(number) or _PERSONAL.search(number):
        return None
    line_no = fields.get("line_no", 1)
    return f"{number}#{line_no}" if table == "payments" and isinstance(line_no, int) else number


def _record(table: Table, source: RecordIn, *, index: int, limits: _Limits) -> Record:
    match source:
        case InvoiceIn():
            return _invoice(index, source, limits)
        case PaymentIn():
            return _payment(index, source, limits)
        case ReturnIn():
            return _return(index, source, limits)
        case RetailerIn():
            reference = _reference(source.retailer_ref)
            return Record(
                table=table,
                index=index,
                key=reference,
                retailer_ref=reference,
                invoice_id=None,
                dated_on=None,
                values={"district": source.district, "is_active": source.active is not False},
            )


def _invoice(index: int, source: InvoiceIn, limits: _Limits) -> Record:
    _check_day("invoice_date", source.invoice_date, limits.received_at)
    if source.due_date is not None and (fault := bounds.due_day_fault(source.due_date, source.invoice_date)):
        raise _InvalidRecord("due_date", fault)
    values: dict[str, Value] = {
        "invoice_id": source.invoice_id,
        "invoice_on": source.invoice_date,
        "due_on": source.due_date,
        "due_on_is_default": source.due_date is not None and source.due_date_is_default is True,
        "amount_inr": money("amount_inr", source.amount_inr, max_amount_inr=limits.max_amount_inr),
        "bill_ref": source.bill_ref,
        "sku_category": source.sku_category,
        "line_count": source.line_count,
        "is_cancelled": source.is_cancelled is True,
    }
    reference = _optional_reference(source.retailer_ref) or _reference_of_gst(source.retailer_gst)
    if reference is None and not values["is_cancelled"]:
        raise _InvalidRecord("retailer_ref", "is missing, and retailer_gst does not name a retailer")
    return Record(
        table="invoices",
        index=index,
        key=source.invoice_id,
        retailer_ref=reference,
        invoice_id=None,
        dated_on=source.invoice_date,
        values=values,
        source_order=source.source_order or 0,
    )


def _payment(index: int, source: PaymentIn, limits: _Limits) -> Record:
    _check_day("paid_date", source.paid_date, limits.received_at)
    _check_bounce(source, limits.received_at)
    values: dict[str, Value] = {
        "payment_id": source.payment_id,
        "line_no": source.line_no,
        "invoice_id": source.invoice_id,
        "bill_ref": source.bill_ref,
        "paid_on": source.paid_date,
        "amount_inr": money("amount_paid_inr", source.amount_paid_inr, max_amount_inr=limits.max_amount_inr),
        "payment_method": source.payment_method,
        "is_bounced": source.is_bounced is True,
        "bounced_on": source.bounced_on,
        "is_cancelled": source.is_cancelled is True,
    }
    return _of_a_retailer(
        Record(
            table="payments",
            index=index,
            key=f"{source.payment_id}#{source.line_no}",
            retailer_ref=_optional_reference(source.retailer_ref),
            invoice_id=source.invoice_id,
            dated_on=source.paid_date,
            values=values,
            source_order=source.source_order or 0,
        )
    )


def _return(index: int, source: ReturnIn, limits: _Limits) -> Record:
    _check_day("return_date", source.return_date, limits.received_at)
    values: dict[str, Value] = {
        "return_id": source.return_id,
        "invoice_id": source.invoice_id,
        "returned_on": source.return_date,
        "amount_inr": money("amount_inr", source.amount_inr, max_amount_inr=limits.max_amount_inr),
        "is_cancelled": source.is_cancelled is True,
    }
    return _of_a_retailer(
        Record(
            table="returns",
            index=index,
            key=source.return_id,
            retailer_ref=_optional_reference(source.retailer_ref),
            invoice_id=source.invoice_id,
            dated_on=source.return_date,
            values=values,
            source_order=source.source_order or 0,
        )
    )


def _of_a_retailer(record: Record) -> Record:
    if record.retailer_ref is None and record.invoice_id is None and not record.withdraws:
        raise _InvalidRecord("retailer_ref", "is missing, and no invoice is named")
    return record


def _check_day(field: str, day: date, received_at: datetime) -> None:
    if fault := bounds.day_fault(day, received_at):
        raise _InvalidRecord(field, fault)


def _check_bounce(source: PaymentIn, received_at: datetime) -> None:
    if source.bounced_on is None:
        return
    if source.is_bounced is not True:
        raise _InvalidRecord("bounced_on", "is given for a payment that did not bounce")
    if fault := bounds.bounce_day_fault(source.bounced_on, source.paid_date, received_at):
        raise _InvalidRecord("bounced_on", fault)


def money(field: str, raw: Raw, *, max_amount_inr: Decimal) -> Decimal:
    """An amount in rupees from its JSON text: a positive number with at most two decimals, `max_amount_inr` at most."""
    text = bytes(raw).decode("ascii", errors="replace").strip()
    if not _MONEY.match(text):
        is_number = text[:1] == "-" or text[:1].isdigit()
        raise _InvalidRecord(field, _NO_AMOUNT if is_number else "is not a number")
    amount = Decimal(text)
    if not amount:
        raise _InvalidRecord(field, _NO_AMOUNT)
    if fault := bounds.amount_fault(amount, max_amount_inr):
        raise _InvalidRecord(field, fault)
    return amount.quantize(Decimal("0.01"))


def _optional_reference(text: str | None) -> str | None:
    return None if text is None else _reference(text)


def _reference(text: str) -> str:
    """A retailer_ref without what cannot be seen (decision 88); case tells ledgers apart.

    What holds neither a letter nor a digit (`-`, blanks) names nobody; accepted, such records would be one retailer's.
    """
    reference = visible_text(text)
    if not any(char.isalnum() for char in reference):
        raise _InvalidRecord("retailer_ref", "holds no letter or digit")
    if len(reference) > bounds.MAX_REFERENCE_CHARS:
        raise _InvalidRecord("retailer_ref", "has a wrong length")
    return reference


def _reference_of_gst(text: str | None) -> str | None:
    """Reference of a retailer known by GSTIN alone; one with a wrong check digit still tells ledgers apart."""
    gstin = normal_gstin(text) if text else None
    return f"gst:{gstin}" if gstin else None


class _IdentityCollector:
    """Merges what a batch says per retailer: the master wins over invoices, a verified GSTIN over an unverified one."""

    def __init__(self) -> None:
        self._fields_of: dict[str, dict[str, str]] = {}

    def add(self, reference: str | None, source: RecordIn) -> None:
        if reference is None:
            return
        fields = self._fields_of.setdefault(reference, {})
        if isinstance(source, InvoiceIn) and source.retailer_gst:
            self._add_gst(fields, source.retailer_gst)
        if isinstance(source, RetailerIn):
            if source.gst:
                self._add_gst(fields, source.gst, is_master=True)
            fields.update({name: value for name in ("phone", "shop_name") if (value := getattr(source, name))})

    @staticmethod
    def _add_gst(fields: dict[str, str], text: str, *, is_master: bool = False) -> None:
        is_better = parse_gstin(text) is not None and (is_master or parse_gstin(fields.get("gst")) is None)
        if "gst" not in fields or is_better:
            fields["gst"] = text

    def merged(self) -> tuple[Identity, ...]:
        return tuple(Identity(reference, **fields) for reference, fields in sorted(self._fields_of.items()))
