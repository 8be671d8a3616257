"""Rows of one file become documents; what cannot be read for certain is set aside, with its row."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.documents import (
    DocumentId,
    DocumentType,
    FileContents,
    Line,
    Party,
    Statement,
    financial_year,
    party_ref,
)
from altscore_connector.csvdrop.rows import Head, RowReader, RowRefused
from altscore_connector.csvdrop.table import CsvTable, FileRefused, Row
from altscore_connector.csvdrop.values import read_money
from altscore_connector.phones import read_phone
from altscore_connector.retailers import read_gstin, shown_name
from altscore_connector.text import filled, visible_text

_Sums = tuple[Decimal, Decimal]  # as written, and by the types of the rows
_NOTHING: _Sums = (Decimal(0), Decimal(0))


@dataclass(frozen=True)
class _Part:
    """One row of a document."""

    row: Row
    number: str
    party: str
    head: Head
    amount_inr: Decimal
    line: Line | None


def read_contents(table: CsvTable, config: CsvConfig, *, name: str, distributor_id: str, today: date) -> FileContents:
    """Reads the rows of one file.

    Args:
        table: header and rows.
        config: what a row is and where payments come from.
        name: of the file, for the findings.
        distributor_id: whose parties they are.
        today: the day in India; a later document is held until its day.

    Raises:
        FileRefused: its total differs, a row without identity may belong to any document, or its kind is not
            expected.
    """
    reader = _ContentsReader(table, config, FileContents(name), distributor_id=distributor_id)
    return reader.read(today)


class _ContentsReader:
    def __init__(self, table: CsvTable, config: CsvConfig, contents: FileContents, *, distributor_id: str) -> None:
        self._table, self._config, self._contents = table, config, contents
        self._distributor_id = distributor_id
        self._cells = RowReader(table.columns, config, contents)
        self._is_receipts = table.columns.kind == "receipts"
        self._has_lines = self._is_receipts or config.rows == "items"
        self._blocked: set[str] = set()
        self._noted: set[tuple[str, str]] = set()

    def read(self, today: date) -> FileContents:
        self._check_payments()
        rows = self._without_totals()
        parts = [part for row in rows if (part := self._part(row)) is not None]
        for group in self._groups(parts):
            self._document(group, today)
        self._contents.notes["rows"] = len(rows)
        self._contents.notes["title_lines"] = self._table.title_lines
        self._contents.notes["columns_not_read"] = self._table.columns.unused
        return self._contents

    def _check_payments(self) -> None:
        """Payments come from one source; the other one is never counted too."""
        if self._is_receipts:
            if self._config.payments != "receipts":
                raise FileRefused("receipts_not_expected", row=1)
            return
        if self._config.payments != "receipts" or "paid" not in self._table.columns.places:
            return
        for row in self._table.rows:
            if len(row.cells) == self._table.columns.width and read_money(
                self._cells.cell(row, "paid"), self._config.decimal_mark
            ):
                self._contents.add("refused", "paid_beside_receipts", row=row.number, column="paid")
                return

    def _without_totals(self) -> list[Row]:
        """The rows without total and section lines; a total must be that of the rows above it.

        Broken rows count; else somebody lost a row. A subtotal is the sum since the total line before it. A credit
        note that only its type tells may stand in a total either way.
        """
        rows: list[Row] = []
        overall, since = _NOTHING, _NOTHING
        is_comparable = True
        for row in self._table.rows:
            if len(row.cells) != self._table.columns.width:
                is_comparable = False
                rows.append(row)
                continue
            amount = read_money(self._cells.cell(row, "amount"), self._config.decimal_mark)
            if self._cells.is_total(row):
                self._check_total(row, amount, sums=(*overall, *since) if is_comparable else ())
                since = _NOTHING
            elif self._cells.is_section(row):
                self._contents.note("section_lines")
            else:
                is_comparable &= amount is not None
                counted = amount or Decimal(0)
                added = (counted, self._cells.signed(row, counted))
                overall, since = _plus(overall, added), _plus(since, added)
                rows.append(row)
        return rows

    def _check_total(self, row: Row, amount: Decimal | None, *, sums: tuple[Decimal, ...]) -> None:
        if amount is None or not sums:
            self._contents.note("totals_not_comparable")
        elif amount in sums:
            self._contents.note("totals_agree")
        else:
            raise FileRefused("total_differs", row=row.number, field="amount")

    def _part(self, row: Row) -> _Part | None:
        """A row of a document; None, with a finding, where it cannot be read."""
        if len(row.cells) != self._table.columns.width:
            self._refuse_length(row)
            return None
        try:
            number = self._cells.checked_number(row)
        except RowRefused as fault:
            self._refuse_unknown(row, fault)
            return None
        try:
            line = self._cells.receipt_line(row) if self._is_receipts else None
            amount = line.amount_inr if line else Decimal(0) if self._is_receipts else self._cells.amount(row)
            is_return = amount < 0 and self._config.rows == "documents"
            head = self._cells.head(row, is_return=is_return)
        except RowRefused as fault:
            self._refuse_row(row, fault.rule, key=number, column=fault.field)
            return None
        self._note_party(row, head.party_name)
        return _Part(
            row=row,
            number=number,
            party=party_ref(self._distributor_id, head.party_name),
            head=head,
            amount_inr=amount,
            line=line,
        )

    def _refuse_length(self, row: Row) -> None:
        """A row longer or shorter than its header: its cells may have shifted, so none of it is used."""
        number = visible_text(row.cells[self._cells.number_place]).upper() if self._cells.date_in_place(row) else ""
        if not number:
            self._refuse_unknown(row, RowRefused("row_length", ""))
        else:
            self._refuse_row(row, "row_length", key=number)

    def _refuse_unknown(self, row: Row, fault: RowRefused) -> None:
        """A row whose document is not known: where documents have several rows, it may be a part of any of them."""
        if self._has_lines:
            raise FileRefused(fault.rule, row=row.number, field=fault.field)
        self._refuse_row(row, fault.rule, key="", column=fault.field)

    def _refuse_row(self, row: Row, rule: str, *, key: str, column: str = "") -> None:
        self._contents.add("set_aside", rule, row=row.number, key=key, column=column)
        self._contents.is_whole = False
        if key:
            self._blocked.add(key)

    def _groups(self, parts: list[_Part]) -> list[list[_Part]]:
        """The rows of each document."""
        groups: dict[tuple[object, ...], list[_Part]] = defaultdict(list)
        for part in parts:
            year = financial_year(part.head.on)
            if self._has_lines:
                groups[part.number, year].append(part)
            else:
                groups[part.number, year, part.party, part.amount_inr < 0].append(part)
        return list(groups.values())

    def _document(self, parts: list[_Part], today: date) -> None:
        first = parts[0]
        counted = parts if self._has_lines else parts[:1]
        amount = sum((part.amount_inr for part in counted), Decimal(0))
        amount = -abs(amount) if first.head.is_credit_note else amount
        kind: DocumentType = "receipt" if self._is_receipts else "return" if amount < 0 else "invoice"
        year = financial_year(first.head.on)
        document = DocumentId(type=kind, number=first.number, financial_year=year, party=first.party)
        if fault := self._fault(parts):
            rule, row = fault
            self._contents.add("set_aside", rule, row=row, key=first.number)
            self._contents.mentioned |= {replace(document, party=part.party) for part in parts}
            return
        if first.number in self._blocked:
            self._contents.mentioned.add(document)
            return
        if first.head.on > today:
            self._contents.add("held", "post_dated", row=first.row.number, key=first.number)
            self._contents.mentioned.add(document)
            return
        head = first.head
        paid_inr = head.paid_inr
        if head.paid_on is not None and head.paid_on > today:
            self._contents.add("held", "payment_post_dated", row=first.row.number, key=first.number, column="paid_date")
            paid_inr = None
        self._contents.statements.append(
            Statement(
                document=document,
                on=head.on,
                lines=() if head.is_cancelled else self._lines(counted, abs(amount), today),
                row=first.row.number,
                due_on=head.due_on,
                is_due_default=head.is_due_default,
                paid_inr=Decimal(0) if head.is_cancelled else paid_inr,
                paid_on=head.paid_on,
            )
        )

    def _lines(self, parts: list[_Part], amount: Decimal, today: date) -> tuple[Line, ...]:
        if self._is_receipts:
            return tuple(self._with_day(part, part.line, today) for part in parts if part.line is not None)
        return (Line(amount_inr=amount),) if amount else ()

    def _with_day(self, part: _Part, line: Line, today: date) -> Line:
        """The line; a cheque cannot come back before it was paid in, or later than today: such a day is dropped."""
        if line.bounced_on is None or part.head.on <= line.bounced_on <= today:
            return line
        self._contents.add("note", "optional_date_dropped", row=part.row.number, key=part.number, column="bounced_on")
        return replace(line, bounced_on=None)

    def _fault(self, parts: list[_Part]) -> tuple[str, int] | None:
        """Why the rows of one number are no certain document, and at which row."""
        first = parts[0]
        seen = {first.row.cells}
        for part in parts[1:]:
            is_repeated = part.row.cells in seen
            seen.add(part.row.cells)
            if not self._has_lines:
                if not is_repeated:
                    return "number_repeated", part.row.number
                self._contents.note("rows_repeated")
            elif part.party != first.party or _without_name(part.head) != _without_name(first.head):
                return "heads_differ", part.row.number
            elif self._is_receipts and is_repeated:
                return "row_repeated", part.row.number
        return None

    def _note_party(self, row: Row, name: str) -> None:
        """Keeps what a row shows of its party; the last row that shows something counts."""
        ref = party_ref(self._distributor_id, name)
        party = self._contents.parties.setdefault(ref, Party(ref=ref, name=shown_name(name)))
        if (text := filled(self._cells.cell(row, "gstin"))) is not None:
            if (gstin := read_gstin(text)) is None:
                self._note_once(row, "gstin_unreadable", column="gstin", ref=ref)
            else:
                self._several("gst", party.gstin, gstin)
                party.gstin = gstin
        if (text := filled(self._cells.cell(row, "phone"))) is not None:
            phone = read_phone(text)
            if phone.mobile is None:
                self._note_once(row, phone.fault, column="phone", ref=ref)
            else:
                self._several("phone", party.phone, phone.mobile)
                party.phone = phone.mobile

    def _note_once(self, row: Row, rule: str, *, column: str, ref: str) -> None:
        """A party's cell is bad in all of its rows; the first one is named."""
        if (ref, rule) not in self._noted:
            self._noted.add((ref, rule))
            self._contents.add("note", rule, row=row.number, column=column)

    def _several(self, what: str, before: str | None, now: str) -> None:
        if before not in (None, now):
            self._contents.note(f"parties_with_several_{what}")


def _plus(sums: _Sums, added: _Sums) -> _Sums:
    return sums[0] + added[0], sums[1] + added[1]


def _without_name(head: Head) -> tuple[object, ...]:
    """A head without the spelling of its party, which its reference compares."""
    return (head.on, head.due_on, head.paid_inr, head.paid_on, head.is_cancelled, head.is_credit_note)
