"""Single rows: what each cell says, and what is wrong with it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from altscore_connector.bounces import speaks_of_a_bounce
from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.columns import Columns
from altscore_connector.csvdrop.documents import LONGEST_NUMBER, FileContents, Line
from altscore_connector.csvdrop.table import Row
from altscore_connector.csvdrop.values import (
    LARGEST_INR,
    amount_fault,
    date_fault,
    is_scientific,
    read_date,
    read_money,
)
from altscore_connector.csvdrop.words import is_rupees, kind_of, state_of
from altscore_connector.records import LONGEST_CREDIT
from altscore_connector.text import comparison_text, filled, visible_text

_TOTAL = re.compile(r"(?:sub|grand|net|page)?[\s-]*total\b|.*\btotal\W*$|कुल|योग")
_ON_ACCOUNT = frozenset({"on account", "on a/c", "advance"})
_METHODS = (("upi", "upi"), ("cash", "cash"), ("neft", "neft"), ("rtgs", "neft"), ("imps", "neft"), ("che", "cheque"))
_LONGEST_BILL = 64
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
"""No document waits for a later day than these; terms of credit may be added to what lies between."""


class RowRefused(Exception):
    """A required cell of a row cannot be read for certain.

    Attributes:
        rule: what is wrong.
        field: the column.
    """

    def __init__(self, rule: str, field: str) -> None:
        super().__init__(rule)
        self.rule, self.field = rule, field


@dataclass(frozen=True)
class Head:
    """What all rows of one document must agree on."""

    on: date
    party_name: str
    due_on: date | None = None
    is_due_default: bool = False
    paid_inr: Decimal | None = None
    paid_on: date | None = None
    is_cancelled: bool = False
    is_credit_note: bool = False


class RowReader:
    """Reads the cells of one file's rows; a bad optional cell is dropped with a finding, a bad required one raises.

    Args:
        columns: which cell holds what.
        config: the drop folder's settings.
        contents: takes the findings.
    """

    def __init__(self, columns: Columns, config: CsvConfig, contents: FileContents) -> None:
        self._columns, self._config, self._contents = columns, config, contents
        is_receipts = columns.kind == "receipts"
        self._number, self._date = ("receipt_no", "receipt_date") if is_receipts else ("invoice_no", "invoice_date")

    @property
    def number_place(self) -> int:
        """Place of the number in a row."""
        return self._columns.places[self._number]

    def cell(self, row: Row, field: str) -> str:
        """A cell by its field."""
        return self._columns.cell(row.cells, field)

    def number(self, row: Row) -> str:
        """The document's number in its normal form; empty where there is none."""
        return visible_text(self.cell(row, self._number)).upper()

    def checked_number(self, row: Row) -> str:
        """The number.

        Raises:
            RowRefused: missing, longer than 40 characters, damaged, or turned into `1.2E+11` by a spreadsheet.
        """
        number = self.number(row)
        if not number:
            raise RowRefused("number_missing", self._number)
        if is_scientific(number):
            raise RowRefused("number_in_scientific_form", self._number)
        if len(number) > LONGEST_NUMBER:
            raise RowRefused("number_too_long", self._number)
        if "\ufffd" in number:
            raise RowRefused("text_damaged", self._number)
        return number

    def is_total(self, row: Row) -> bool:
        """Whether it is a total or subtotal line: a text that says so, without a number, or as one without a date."""
        number = self.number(row)
        if number and (_TOTAL.match(comparison_text(number)) is None or visible_text(self.cell(row, self._date))):
            return False
        texts = (comparison_text(cell) for cell in row.cells)
        return any(_TOTAL.match(text) for text in texts if text)

    def is_section(self, row: Row) -> bool:
        """Whether it is a line between groups: no number, no date, no amount."""
        return not any(visible_text(self.cell(row, field)) for field in (self._number, self._date, "amount"))

    def date_in_place(self, row: Row) -> bool:
        """Whether the date stands where it belongs although the row has another length than the header."""
        place = self._columns.places[self._date]
        is_there = len(row.cells) > max(place, self.number_place)
        return is_there and read_date(row.cells[place], self._config.date_format) is not None

    def amount(self, row: Row) -> Decimal:
        """The amount, negative for a credit note, also where only its type says that it is one.

        Raises:
            RowRefused: missing, not certain, not in rupees, or beyond what AltScore can hold; or the row is no invoice.
        """
        if kind_of(self.cell(row, "voucher_type")) == "other":
            raise RowRefused("row_is_no_invoice", "voucher_type")
        amount = self._money(row, "amount")
        # Of items the sum counts: some may lower a credit note, whichever sign it is written with.
        return amount if self._config.rows == "items" else self.signed(row, amount)

    def is_credit_note(self, row: Row) -> bool:
        """Whether its type says that it is one."""
        return kind_of(self.cell(row, "voucher_type")) == "return"

    def signed(self, row: Row, amount: Decimal) -> Decimal:
        """An amount as one of a credit note where the type says that the row is one."""
        return -abs(amount) if self.is_credit_note(row) else amount

    def _money(self, row: Row, field: str) -> Decimal:
        text = self.cell(row, field)
        amount = read_money(text, self._config.decimal_mark)
        if amount is None:
            raise RowRefused(amount_fault(text), field)
        if amount and not is_rupees(self.cell(row, "currency")):
            raise RowRefused("currency_foreign", "currency")
        if abs(amount) > LARGEST_INR:
            raise RowRefused("amount_out_of_range", field)
        return amount

    def head(self, row: Row, *, is_return: bool) -> Head:
        """Date, party, due date, payment and status of a row.

        Raises:
            RowRefused: no date in the declared form, no party, or a status that is not known.
        """
        on = self._day(row, self._date)
        party = self._party(row)
        is_cancelled = self._is_cancelled(row)
        if self._columns.kind == "receipts" or is_return:
            return Head(on=on, party_name=party, is_cancelled=is_cancelled)
        due_on, is_default = self._due(row, on)
        paid_inr, paid_on = self._paid(row)
        return Head(
            on=on,
            party_name=party,
            due_on=due_on,
            is_due_default=is_default,
            paid_inr=paid_inr,
            paid_on=paid_on,
            is_cancelled=is_cancelled,
            is_credit_note=self.is_credit_note(row),
        )

    def _is_cancelled(self, row: Row) -> bool:
        status = self.cell(row, "status")
        if self._columns.kind == "receipts" and speaks_of_a_bounce(status):
            return False
        state = state_of(status)
        if state == "unknown":
            raise RowRefused("status_unknown", "status")
        return state == "cancelled"

    def _day(self, row: Row, field: str) -> date:
        text = self.cell(row, field)
        day = read_date(text, self._config.date_format)
        if day is None:
            raise RowRefused(date_fault(text, self._config.date_format) if text.strip() else "date_missing", field)
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise RowRefused("date_out_of_range", field)
        return day

    def _optional_day(self, row: Row, field: str) -> date | None:
        """A date that may lack; a bad one is dropped with a finding."""
        if filled(self.cell(row, field)) is None:
            return None
        try:
            return self._day(row, field)
        except RowRefused:
            self._contents.add("note", "optional_date_dropped", row=row.number, key=self.number(row), column=field)
            return None

    def _party(self, row: Row) -> str:
        name = self.cell(row, "party")
        if filled(name) is None or not any(char.isalnum() for char in comparison_text(name)):
            raise RowRefused("party_missing", "party")
        if "\ufffd" in name:
            raise RowRefused("text_damaged", "party")
        return name

    def _due(self, row: Row, on: date) -> tuple[date | None, bool]:
        """The due date; default terms, flagged, only where the distributor agreed to some."""
        due_on = self._optional_day(row, "due_date")
        if due_on is not None and not on <= due_on <= on + LONGEST_CREDIT:
            self._contents.add("note", "due_date_implausible", row=row.number, key=self.number(row), column="due_date")
            due_on = None
        if due_on is not None or self._config.default_credit_days is None:
            return due_on, False
        return on + timedelta(days=self._config.default_credit_days), True

    def _paid(self, row: Row) -> tuple[Decimal | None, date | None]:
        """What is paid by now and when the latest part was; a payment that cannot be read is set aside."""
        if "paid" not in self._columns.places or self._config.payments != "paid_column":
            return None, None
        if not visible_text(self.cell(row, "paid")).strip("-"):
            return Decimal("0.00"), None
        try:
            paid_inr = self._money(row, "paid")
            if paid_inr < 0:
                raise RowRefused("amount_out_of_range", "paid")
            has_day = paid_inr > 0 and filled(self.cell(row, "paid_date")) is not None
            return paid_inr, self._day(row, "paid_date") if has_day else None
        except RowRefused as fault:
            self._contents.add(
                "set_aside", "payment_unreadable", row=row.number, key=self.number(row), column=fault.field
            )
            return None, None

    def receipt_line(self, row: Row) -> Line | None:
        """The line of a receipt; None where it comes to nothing.

        Raises:
            RowRefused: the amount is not certain or negative.
        """
        amount = self.amount(row)
        if amount < 0:
            raise RowRefused("receipt_negative", "amount")
        mode = comparison_text(self.cell(row, "mode"))
        is_bounced = (
            speaks_of_a_bounce(mode)
            or speaks_of_a_bounce(self.cell(row, "status"))
            or filled(self.cell(row, "bounced_on")) is not None
        )
        line = Line(
            amount_inr=amount,
            bill=self._bill(row),
            method=next((method for term, method in _METHODS if term in mode), "other" if mode else None),
            is_bounced=is_bounced,
            bounced_on=self._optional_day(row, "bounced_on") if is_bounced else None,
        )
        return line if amount else None

    def _bill(self, row: Row) -> str:
        bill = (filled(self.cell(row, "invoice_no")) or "").upper()
        if bill.casefold() in _ON_ACCOUNT:
            return ""
        if len(bill) > _LONGEST_BILL:
            self._contents.add("note", "bill_too_long", row=row.number, key=self.number(row), column="invoice_no")
            return ""
        return bill
