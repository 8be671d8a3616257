"""The newest statement of every document over all files of a reading, and over what was stated before."""

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.documents import (
    SCOPE,
    TABLE_OF,
    DocumentId,
    DocumentType,
    FileContents,
    Line,
    Statement,
)
from altscore_connector.csvdrop.files import DroppedFile
from altscore_connector.csvdrop.part_payments import PartPayment, next_parts
from altscore_connector.csvdrop.period import DeclaredPeriod
from altscore_connector.state import Known, State

PERIODS_MARK = "csv.periods"


@dataclass(frozen=True)
class Entry:
    """What is known of a document.

    Attributes:
        order: file time of its newest statement, milliseconds; a withdrawal by a complete period has it too, since
            that file says where the document is not, and not where it is.
        statement: what that says; None when it is withdrawn, or was stated before this reading.
        bills: numbers of the invoices that a receipt's live lines name.
        parts: the part payments of an invoice.
        contents: the file that states it; None before this reading.
        file_on: the day of that file.
    """

    order: int
    statement: Statement | None = None
    bills: frozenset[str] = frozenset()
    parts: tuple[PartPayment, ...] = ()
    contents: FileContents | None = None
    file_on: date = date.min


@dataclass(frozen=True)
class KnownPeriod:
    """A period that some file was complete for, and the time of that file, milliseconds."""

    kind: str
    period: DeclaredPeriod
    order: int


def paid_document(document: DocumentId) -> str:
    """Document of the part payments that an invoice's own row carries."""
    return f"paid|{document.wire_id}"


class NewestStatements:
    """Takes the files of a reading, oldest first; the newest by file time wins, never by name or arrival.

    Args:
        state: what was acknowledged before.
        config: where payments come from.
    """

    def __init__(self, state: State, config: CsvConfig) -> None:
        self._state, self._config = state, config
        self.entries: dict[DocumentId, Entry] = {}
        self.mentioned: dict[DocumentId, int] = {}
        self.completed: list[tuple[DocumentType, DeclaredPeriod, int]] = []
        self.older = 0
        self._undecided: list[tuple[Statement, FileContents, int]] = []
        self._periods = _read_periods(state.mark(PERIODS_MARK))

    def apply(self, file: DroppedFile, contents: FileContents, *, kind: str, period: DeclaredPeriod | None) -> None:
        """Takes one file in.

        Args:
            file: the file, not older than any taken before.
            contents: what it holds; gets a finding for what cannot be decided.
            kind: `invoices` or `receipts`.
            period: what it is complete for.
        """
        for document in contents.mentioned:
            self.mentioned[document] = file.modified_ms
        is_complete = period is not None and contents.is_whole
        for statement in contents.statements:
            self._state_document(statement, file, contents=contents, is_complete=is_complete, kind=kind)
        if period is None:
            return
        if not is_complete:
            contents.add("held", "period_not_complete")
            return
        self._complete(contents, kind=kind, period=period, order=file.modified_ms)

    def _state_document(
        self, statement: Statement, file: DroppedFile, *, contents: FileContents, is_complete: bool, kind: str
    ) -> None:
        document = statement.document
        before = self.entries.get(document) or self._before(document)
        if before is not None and file.modified_ms < before.order:
            self.older += 1
            return
        if self._is_gone_since(statement, kind, file.modified_ms):
            self.older += 1
            self.entries[document] = Entry(order=file.modified_ms)
            return
        if before is not None and self._is_undecided(before, statement, file, contents=contents, whole=is_complete):
            self.mentioned[document] = file.modified_ms
            return
        self.mentioned.pop(document, None)
        parts = before.parts if before is not None else ()
        if document.type == "invoice" and statement.paid_inr is not None:
            parts = next_parts(parts, paid_inr=statement.paid_inr, paid_on=statement.paid_on, file_on=file.on)
        self.entries[document] = Entry(
            order=file.modified_ms,
            statement=statement,
            bills=frozenset(line.bill for line in statement.lines),
            parts=parts,
            contents=contents,
            file_on=file.on,
        )

    def _is_undecided(
        self, before: Entry, statement: Statement, file: DroppedFile, *, contents: FileContents, whole: bool
    ) -> bool:
        """Whether two files say different things and nothing tells which holds; both get a finding."""
        key, row = statement.document.number, statement.row
        if before.contents is not None and before.order == file.modified_ms and before.contents is not contents:
            if before.statement is None or _content(before.statement) != _content(statement):
                contents.add("set_aside", "two_files_of_one_time", row=row, key=key)
                before.contents.add("set_aside", "two_files_of_one_time", key=key)
                self.entries.pop(statement.document)
                return True
            return False
        bills = {line.bill for line in statement.lines} if statement.document.type == "receipt" else set()
        if before.order < file.modified_ms and not whole and before.bills and bills and not bills & before.bills:
            self._undecided.append((statement, contents, file.modified_ms))
            return True
        return False

    def settle(self) -> None:
        """Names the receipts of which files hold different lines, unless a later file holds them whole."""
        for statement, contents, order in self._undecided:
            if self.mentioned.get(statement.document) == order:
                contents.add("set_aside", "receipt_over_two_files", row=statement.row, key=statement.document.number)

    def _complete(self, contents: FileContents, *, kind: str, period: DeclaredPeriod, order: int) -> None:
        """Drops what older files state inside the period and this one does not."""
        stated = {statement.document for statement in contents.statements} | contents.mentioned
        types: tuple[DocumentType, ...] = ("receipt",) if kind == "receipts" else ("invoice", "return")
        for document, entry in list(self.entries.items()):
            is_inside = entry.statement is not None and period.holds(entry.statement.on)
            if document.type in types and is_inside and entry.order < order and document not in stated:
                self.entries[document] = replace(entry, statement=None, parts=())
        for document, mentioned in list(self.mentioned.items()):
            if document.type in types and mentioned < order and document not in stated:
                self.mentioned.pop(document)
        self.completed += [(kind_of, period, order) for kind_of in types]
        same = [known for known in self._periods if (known.kind, known.period) == (kind, period)]
        if all(known.order < order for known in same):
            self._periods = [known for known in self._periods if known not in same]
            self._periods.append(KnownPeriod(kind, period, order))

    def _is_gone_since(self, statement: Statement, kind: str, order: int) -> bool:
        """Whether a newer file was complete for the statement's day and did not hold its document."""
        return any(
            known.kind == kind and known.order > order and known.period.holds(statement.on) for known in self._periods
        )

    def _before(self, document: DocumentId) -> Entry | None:
        """What was acknowledged of a document before this reading."""
        known = self._state.known_of(TABLE_OF[document.type], SCOPE, document.text)
        if not known:
            mark = self._state.mark(gone_mark(document))
            return Entry(order=int(mark)) if mark else None
        live = [part for part in known if part.is_live]
        parts: tuple[PartPayment, ...] = ()
        if document.type == "invoice" and self._config.payments == "paid_column":
            parts = _parts(self._state.known_of("payments", SCOPE, paid_document(document)))
        return Entry(
            order=max(part.source_order for part in known),
            # What was taken over from AltScore names no party, and its bills are not known.
            bills=frozenset(str(part.record.get("bill_ref", "")) for part in live if "retailer_ref" in part.record),
            parts=parts,
        )

    @property
    def periods_mark(self) -> str:
        """What is to be remembered of the periods."""
        rows = [
            [known.kind, known.period.from_on.isoformat(), known.period.to_on.isoformat(), known.order]
            for known in self._periods
        ]
        return json.dumps(rows)


def gone_mark(document: DocumentId) -> str:
    """Name of the mark of a document that was never sent and is cancelled in the ERP."""
    return f"csv.gone.{document.text}"


def _read_periods(mark: str | None) -> list[KnownPeriod]:
    return [
        KnownPeriod(kind, DeclaredPeriod(date.fromisoformat(start), date.fromisoformat(end)), int(order))
        for kind, start, end, order in json.loads(mark or "[]")
    ]


def _parts(known: list[Known]) -> tuple[PartPayment, ...]:
    """The live part payments, oldest first."""
    live = sorted((part for part in known if part.is_live), key=lambda part: int(str(part.record["line_no"])))
    return tuple(
        PartPayment(Decimal(str(part.record["amount_paid_inr"])), date.fromisoformat(str(part.record["paid_date"])))
        for part in live
    )


def _content(statement: Statement) -> tuple[date, tuple[Line, ...], Decimal | None]:
    return statement.on, statement.lines, statement.paid_inr
