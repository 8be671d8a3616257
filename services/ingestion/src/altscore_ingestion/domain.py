"""Rules of a batch: which records stand, what identifies them, what is a correction. No I/O, no clock."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec
from altscore_libs.errors import FieldError
from msgspec import Raw

from altscore_ingestion import bounds
from altscore_ingestion.identifiers import normal_gstin, verified_gst
from altscore_ingestion.payload import (
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
from altscore_ingestion.text import without_invisible

_MONEY = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,2}0*)?\Z")

Value = str | int | bool | date | Decimal | None


@dataclass(frozen=True, slots=True)
class Record:
    """A record that passed its own checks.

    Attributes:
        key: identity within (distributor, table); for `retailers` it is replaced by the subject token.
        retailer_ref: None where the retailer is that of `invoice_id`.
        values: columns of Bronze that are the record's own.
        dated_on: day that puts it into a month of the control totals; None for the master.
    """

    table: Table
    index: int
    key: str
    retailer_ref: str | None
    invoice_id: str | None
    dated_on: date | None
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that goes to quarantine: where it stood and which rules it broke, never its values."""

    table: Table
    index: int
    reasons: tuple[FieldError, ...]


@dataclass(frozen=True)
class Identity:
    """What a batch says about one retailer of the distributor; texts as sent, checked again by the vault."""

    retailer_ref: str
    gst: str | None = None
    phone: str | None = None
    shop_name: str | None = None

    def __repr__(self) -> str:
        return "Identity(***)"


@dataclass(frozen=True)
class Checked:
    """A batch after the checks of its single records."""

    records: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    identities: tuple[Identity, ...]


class Known(NamedTuple):
    """What is stored of a record: newest version, digest of its content, whose it is."""

    content_version: int
    content_sha256: bytes
    subject_token: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A record with its retailer and its version, as Bronze will hold it."""

    record: Record
    key: str
    subject_token: str
    content_version: int
    content_sha256: bytes


class _Invalid(Exception):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field)
        self.errors = (FieldError(field, reason),)


def check_records(batch: BatchIn, *, received_at: datetime) -> Checked:
    """Checks every record by itself; what stands lies within `bounds`.

    Args:
        batch: the envelope with its raw records.
        received_at: when the batch arrived; ERP data may be one day ahead of it, since India is.

    Returns:
        The records that stand, the rejected ones with reasons, and what they say about retailers.
    """
    records: list[Record] = []
    rejected: list[Rejected] = []
    identities = _Identities()
    for table in TABLES:
        for index, raw in enumerate(batch.records(table)):
            try:
                found = read_record(table, raw)
                records.append(_record(table, index, found, received_at))
            except msgspec.ValidationError as error:
                rejected.append(Rejected(table, index, (explain(error),)))
            except _Invalid as error:
                rejected.append(Rejected(table, index, error.errors))
            else:
                identities.add(records[-1].retailer_ref, found)
    return Checked(tuple(records), tuple(rejected), identities.merged())


def _record(table: Table, index: int, found: RecordIn, received_at: datetime) -> Record:
    match found:
        case InvoiceIn():
            return _invoice(index, found, received_at)
        case PaymentIn():
            return _payment(index, found, received_at)
        case ReturnIn():
            return _return(index, found, received_at)
        case RetailerIn():
            values: dict[str, Value] = {"district": found.district, "is_active": found.active is not False}
            reference = visible_reference(found.retailer_ref)
            return Record(table, index, reference, reference, None, None, values)


def _invoice(index: int, found: InvoiceIn, received_at: datetime) -> Record:
    _check_day("invoice_date", found.invoice_date, received_at)
    if found.due_date is not None and (fault := bounds.due_day_fault(found.due_date, found.invoice_date)):
        raise _Invalid("due_date", fault)
    values: dict[str, Value] = {
        "invoice_id": found.invoice_id,
        "invoice_on": found.invoice_date,
        "due_on": found.due_date,
        "due_on_is_default": found.due_date is not None and found.due_date_is_default is True,
        "amount_inr": money("amount_inr", found.amount_inr),
        "bill_ref": found.bill_ref,
        "sku_category": found.sku_category,
        "line_count": found.line_count,
        "is_cancelled": found.is_cancelled is True,
    }
    ref = visible_reference(found.retailer_ref) if found.retailer_ref else _ref_of_gst(found.retailer_gst)
    if ref is None:
        raise _Invalid("retailer_ref", "is missing, and retailer_gst does not name a retailer")
    return Record("invoices", index, found.invoice_id, ref, None, found.invoice_date, values)


def _payment(index: int, found: PaymentIn, received_at: datetime) -> Record:
    _check_day("paid_date", found.paid_date, received_at)
    values: dict[str, Value] = {
        "payment_id": found.payment_id,
        "line_no": found.line_no,
        "invoice_id": found.invoice_id,
        "bill_ref": found.bill_ref,
        "paid_on": found.paid_date,
        "amount_inr": money("amount_paid_inr", found.amount_paid_inr),
        "payment_method": found.payment_method,
        "is_bounced": found.is_bounced is True,
    }
    key = f"{found.payment_id}#{found.line_no}"
    ref = visible_reference(found.retailer_ref) if found.retailer_ref else None
    return _of_a_retailer(Record("payments", index, key, ref, found.invoice_id, found.paid_date, values))


def _return(index: int, found: ReturnIn, received_at: datetime) -> Record:
    _check_day("return_date", found.return_date, received_at)
    values: dict[str, Value] = {
        "return_id": found.return_id,
        "invoice_id": found.invoice_id,
        "returned_on": found.return_date,
        "amount_inr": money("amount_inr", found.amount_inr),
    }
    ref = visible_reference(found.retailer_ref) if found.retailer_ref else None
    return _of_a_retailer(Record("returns", index, found.return_id, ref, found.invoice_id, found.return_date, values))


def _of_a_retailer(record: Record) -> Record:
    if record.retailer_ref is None and record.invoice_id is None:
        raise _Invalid("retailer_ref", "is missing, and no invoice is named")
    return record


def _check_day(field: str, day: date, received_at: datetime) -> None:
    if fault := bounds.day_fault(day, received_at):
        raise _Invalid(field, fault)


def money(field: str, raw: Raw) -> Decimal:
    """An amount in rupees from its JSON text: a positive number with at most two decimals, within bounds."""
    text = bytes(raw).decode("ascii", errors="replace").strip()
    if not _MONEY.match(text):
        number = text[:1] == "-" or text[:1].isdigit()
        raise _Invalid(field, "is not an amount with at most two decimals, above zero" if number else "is not a number")
    amount = Decimal(text)
    if not amount:
        raise _Invalid(field, "is not an amount with at most two decimals, above zero")
    if fault := bounds.amount_fault(amount):
        raise _Invalid(field, fault)
    return amount.quantize(Decimal("0.01"))


def visible_reference(text: str) -> str:
    """A retailer_ref as ledgers are told apart by it: two that look alike are one; case tells ledgers apart."""
    reference = without_invisible(text)
    if not 1 <= len(reference) <= bounds.MAX_REFERENCE_CHARS:
        raise _Invalid("retailer_ref", "has a wrong length" if reference else "holds no visible character")
    return reference


def _ref_of_gst(text: str | None) -> str | None:
    """Reference of a retailer known by GSTIN alone; a wrong check digit still tells ledgers apart."""
    gstin = normal_gstin(text) if text else None
    return f"gst:{gstin}" if gstin else None


class _Identities:
    """Collects what a batch says per retailer; the master speaks before invoices, a verified GSTIN before another."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, str]] = {}

    def add(self, ref: str | None, found: RecordIn) -> None:
        if ref is None:
            return
        said = self._found.setdefault(ref, {})
        if isinstance(found, InvoiceIn) and found.retailer_gst:
            self._gst(said, found.retailer_gst)
        if isinstance(found, RetailerIn):
            if found.gst:
                self._gst(said, found.gst, is_master=True)
            said.update({k: v for k in ("phone", "shop_name") if (v := getattr(found, k))})

    @staticmethod
    def _gst(said: dict[str, str], text: str, *, is_master: bool = False) -> None:
        is_better = verified_gst(text) is not None and (is_master or verified_gst(said.get("gst")) is None)
        if "gst" not in said or is_better:
            said["gst"] = text

    def merged(self) -> tuple[Identity, ...]:
        return tuple(Identity(ref, **said) for ref, said in sorted(self._found.items()))


def locate(
    records: Iterable[Record], tokens: Mapping[str, str], stored_invoices: Mapping[str, str]
) -> tuple[list[tuple[Record, str]], list[Rejected]]:
    """Gives every record the subject token of its retailer.

    Args:
        records: the records that stand.
        tokens: subject token by retailer_ref.
        stored_invoices: subject token by invoice id, of earlier batches.

    Returns:
        Records with tokens, and those whose only pointer is an invoice that nobody knows.
    """
    every = list(records)
    of_invoice = dict(stored_invoices)
    of_invoice |= {one.key: tokens[one.retailer_ref] for one in every if one.table == "invoices" and one.retailer_ref}
    located: list[tuple[Record, str]] = []
    lost: list[Rejected] = []
    for one in every:
        token = tokens[one.retailer_ref] if one.retailer_ref else of_invoice.get(one.invoice_id or "")
        if token is None:
            reason = FieldError("retailer_ref", "is missing, and the invoice is unknown")
            lost.append(Rejected(one.table, one.index, (reason,)))
        else:
            located.append((one, token))
    return located, lost


def content_digest(record: Record, subject_token: str, *, extra: Mapping[str, Value]) -> bytes:
    """SHA-256 of what a record says; equal digests are duplicates, other ones corrections.

    Args:
        record: the record.
        subject_token: keyed token of its retailer, so that no personal data enters the digest.
        extra: columns that the vault's answer adds.
    """
    said = {**record.values, **extra, "subject_token": subject_token}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def place(
    candidates: Iterable[tuple[Record, str, str, bytes]], known: Mapping[tuple[Table, str], Known]
) -> tuple[list[Placed], list[Record]]:
    """Tells new records and corrections from duplicates.

    Args:
        candidates: record, key, subject token and content digest, in the order of the batch.
        known: newest stored version per (table, key).

    Returns:
        The records to write, each with its version, and the duplicates: same content as the newest version.
    """
    newest = dict(known)
    placed: list[Placed] = []
    duplicates: list[Record] = []
    for record, key, token, digest in candidates:
        before = newest.get((record.table, key))
        if before is not None and before.content_sha256 == digest:
            duplicates.append(record)
            continue
        version = 1 if before is None else before.content_version + 1
        newest[(record.table, key)] = Known(version, digest, token)
        placed.append(Placed(record, key, token, version, digest))
    return placed, duplicates


def completeness(records: Sequence[Record], *, verified_refs: frozenset[str]) -> Decimal:
    """How complete a batch is, 0–100 with one decimal; informational (decisions 68 define the retailer's own).

    50 × share of invoices with a due date (default terms count half) + 25 × share of payments that name an invoice or
    a bill + 25 × share of invoices whose retailer has a verified GSTIN. A part without records counts in full.
    """
    invoices = [one for one in records if one.table == "invoices"]
    payments = [one for one in records if one.table == "payments"]
    due = sum(
        Decimal("0.5") if one.values["due_on_is_default"] else Decimal(1) for one in invoices if one.values["due_on"]
    )
    named = sum(1 for one in payments if one.values["invoice_id"] or one.values["bill_ref"])
    verified = sum(1 for one in invoices if one.retailer_ref in verified_refs)
    score = (
        50 * _share(due, len(invoices))
        + 25 * _share(Decimal(named), len(payments))
        + 25 * _share(Decimal(verified), len(invoices))
    )
    return score.quantize(Decimal("0.1"))


def _share(part: Decimal | int, whole: int) -> Decimal:
    return Decimal(part) / whole if whole else Decimal(1)
