"""Reads an outside ledger's CSV files by a mapping; what the lake could not hold is left out and counted."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from altscore_pipelines.bounds import EARLIEST_ON, LONGEST_CREDIT, MAX_AMOUNT_INR
from altscore_pipelines.errors import PipelineError

_CENT = Decimal("0.01")
_LATEST_ON = date(2199, 12, 31)  # many a system writes 9999-12-31 for "not yet", behind which no day can be counted


class LedgerUnusable(PipelineError):
    """An outside ledger or its mapping that cannot be read as stated; the message names columns, no values."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class InvoiceColumns(_Document):
    """Columns of the file of invoices; without `due_on` every invoice is due after `credit_days`."""

    customer: str
    invoice_id: str
    invoice_on: str
    amount: str
    due_on: str | None = None
    district: str | None = None


class PaymentColumns(_Document):
    """Columns of the file of payments, which may be the file of invoices again: a row without a day is no payment."""

    customer: str
    paid_on: str
    amount: str
    payment_id: str | None = None
    invoice_id: str | None = None


class LedgerMapping(_Document):
    """What the columns of an outside ledger mean, how its days are written, and where it ends.

    Rows after `last_on` are left out: one mistyped year would otherwise make every outcome look final.
    """

    invoices: InvoiceColumns
    payments: PaymentColumns
    date_format: str = "%Y-%m-%d"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    credit_days: Annotated[int, Field(ge=0, le=LONGEST_CREDIT.days)] = 30
    last_on: date = date.max


@dataclass
class OutsideLedger:
    """Rows as Bronze has them, without its common columns; `left_out` counts the others by table and reason."""

    invoices: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    districts: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


class _Unfit(Exception):
    """A row that is left out, with the reason."""


def load_mapping(path: Path) -> LedgerMapping:
    """The mapping of a YAML file.

    Raises:
        LedgerUnusable: not readable, or it names what no mapping has.
    """
    try:
        # Only texts: a column may be called No or Yes.
        document = yaml.load(path.read_bytes(), yaml.BaseLoader)  # noqa: S506  # it makes texts, lists and mappings alone
        return LedgerMapping.model_validate(document)
    except (OSError, yaml.YAMLError) as error:
        raise LedgerUnusable("the mapping cannot be read as YAML") from error
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, item["loc"])) for item in error.errors()}))
        raise LedgerUnusable(f"the mapping is not usable: {places}") from error


def read_ledger(invoices: Path, payments: Path, mapping: LedgerMapping) -> OutsideLedger:
    """Reads both files.

    Raises:
        LedgerUnusable: a file cannot be read, lacks a column, or no invoice is left.
    """
    ledger, known = OutsideLedger(), set[str]()
    for row in _rows(invoices, mapping.invoices, mapping.delimiter):
        try:
            invoice = _invoice(row, mapping)
            if invoice["invoice_id"] in known:
                raise _Unfit("an invoice that stands twice")
        except _Unfit as reason:
            ledger.left_out[f"invoices: {reason}"] += 1
            continue
        known.add(invoice["invoice_id"])
        ledger.invoices.append(invoice)
        if row.get("district"):
            ledger.districts.setdefault(row["customer"], row["district"])
    if not ledger.invoices:
        raise LedgerUnusable("not one invoice can be used: is the date format right?")
    _read_payments(payments, mapping, ledger)
    return ledger


def _read_payments(path: Path, mapping: LedgerMapping, ledger: OutsideLedger) -> None:
    known: set[str] = set()
    for number, row in enumerate(_rows(path, mapping.payments, mapping.delimiter)):
        if not row["paid_on"]:
            ledger.left_out["payments: not paid yet"] += 1
            continue
        try:
            payment = _payment(row, mapping, number=number)
            if payment["payment_id"] in known:
                raise _Unfit("a payment that stands twice")
        except _Unfit as reason:
            ledger.left_out[f"payments: {reason}"] += 1
            continue
        known.add(payment["payment_id"])
        ledger.payments.append(payment)


def _rows(path: Path, columns: BaseModel, delimiter: str) -> Iterator[dict[str, str]]:
    """Each row by the names of the mapping."""
    named = {name: column for name, column in columns.model_dump().items() if column is not None}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            missing = sorted(set(named.values()) - set(reader.fieldnames or ()))
            if missing:
                raise LedgerUnusable(f"{path.name} lacks the columns {', '.join(missing)}")
            for row in reader:
                yield {name: (row[column] or "").strip() for name, column in named.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LedgerUnusable(f"{path.name} cannot be read as CSV in UTF-8") from error


def _invoice(row: Mapping[str, str], mapping: LedgerMapping) -> dict[str, Any]:
    invoice_on = _known_day(row["invoice_on"], mapping)
    is_default = not row.get("due_on")
    due_on = invoice_on + timedelta(days=mapping.credit_days) if is_default else _day(row["due_on"], mapping)
    if not timedelta(0) <= due_on - invoice_on <= LONGEST_CREDIT:
        raise _Unfit("due before it was issued, or too long after")
    return {
        "customer": _key(row["customer"]),
        "invoice_id": _key(row["invoice_id"]),
        "invoice_on": invoice_on,
        "due_on": due_on,
        "due_on_is_default": is_default,
        "amount_inr": _amount(row["amount"]),
    }


def _payment(row: Mapping[str, str], mapping: LedgerMapping, *, number: int) -> dict[str, Any]:
    return {
        "customer": _key(row["customer"]),
        "payment_id": row.get("payment_id") or f"row-{number}",
        "invoice_id": row.get("invoice_id") or None,
        "paid_on": _known_day(row["paid_on"], mapping),
        "amount_inr": _amount(row["amount"]),
    }


def _key(text: str) -> str:
    if not text:
        raise _Unfit("without a customer or a number")
    return text


def _known_day(text: str, mapping: LedgerMapping) -> date:
    day = _day(text, mapping)
    if not EARLIEST_ON <= day <= min(mapping.last_on, _LATEST_ON):
        raise _Unfit("a day before 2000 or after the ledger's last")
    return day


def _day(text: str, mapping: LedgerMapping) -> date:
    try:
        return datetime.strptime(text, mapping.date_format).date()  # noqa: DTZ007  # a day without a zone
    except (ValueError, re.error) as error:  # a format that names a field twice is no pattern
        raise _Unfit("a day that cannot be read") from error


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.replace(",", "")).quantize(_CENT)
        is_fit = 0 < amount <= MAX_AMOUNT_INR  # a comparison with NaN raises
    except InvalidOperation as error:
        raise _Unfit("an amount that cannot be read") from error
    if not is_fit:
        raise _Unfit("an amount that is not above 0, or too large")
    return amount
