"""A distributor's ledger as a model: random edits, exports as drop files, and what must live after each sync."""

import csv
import io
import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from altscore_connector.csvdrop.period import DeclaredPeriod
from altscore_connector.india import INDIA
from altscore_connector.text import comparison_text

FIRST_ON, LAST_ON = date(2026, 2, 1), date(2026, 6, 30)  # two financial years
BEGIN_MS = int(datetime(2026, 7, 1, tzinfo=INDIA).timestamp() * 1000)
PARTIES = (
    ("Om Traders", "OM  TRADERS", "Om\u200b Traders"),
    ("श्री गणेश किराना", "श्\u200dरी गणेश किराना"),
    ("Ram & Sons, Pune", "Ram & Sons,\u00a0Pune\u200e"),
)
NO_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CANCELLED = ("Cancelled", "CANCELLED BY PARTY", "void", "Reversed - duplicate")
_STANDING = ("", "", "Open", "Partly Paid")
Key = tuple[str, str, int, int]  # type, number, financial year, party


@dataclass(frozen=True)
class Doc:
    """A document of the model; `lines` are (bill, paise)."""

    type: str
    number: str
    party: int
    on: date
    lines: tuple[tuple[str, int], ...]
    paid: int = 0
    is_cancelled: bool = False
    is_bounced: bool = False

    @property
    def key(self) -> Key:
        """Its identity."""
        return self.type, self.number, self.on.year - (self.on.month < 4), self.party

    @property
    def paise(self) -> int:
        """What it comes to."""
        return 0 if self.is_cancelled else sum(paise for _, paise in self.lines)

    @property
    def kind(self) -> str:
        """The kind of file that it stands in."""
        return "receipts" if self.type == "receipt" else "invoices"


@dataclass(frozen=True)
class Style:
    """How a distributor writes files."""

    rows: str
    payments: str
    is_declared: bool
    encoding: str
    delimiter: str
    date_format: str
    decimal_mark: str

    @property
    def tells_type(self) -> bool:
        """Whether a column says which rows are credit notes."""
        return self.decimal_mark == "."


@dataclass(frozen=True)
class Export:
    """One file that was written, and what it truly holds."""

    name: str
    kind: str
    order: int
    period: DeclaredPeriod | None
    docs: tuple[Doc, ...]
    data: bytes


@dataclass
class Ledger:
    """The truth, its former versions, and the months that changed since their last export."""

    rng: random.Random
    style: Style
    docs: dict[Key, Doc] = field(default_factory=dict)
    former: list[Doc] = field(default_factory=list)
    dirty: set[tuple[str, str]] = field(default_factory=set)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def put(self, doc: Doc) -> None:
        """Writes a document; a former version is remembered, so that it can come back."""
        if (before := self.docs.get(doc.key)) is not None:
            self.former.append(before)
            self._touch(before)
        self.docs[doc.key] = doc
        self._touch(doc)

    def remove(self, doc: Doc) -> None:
        """Deletes a document."""
        self.former.append(self.docs.pop(doc.key))
        self._touch(doc)

    def _touch(self, doc: Doc) -> None:
        self.dirty.add((doc.kind, f"{doc.on:%Y-%m}"))

    def day(self) -> date:
        """Any day of the ledger."""
        return FIRST_ON + timedelta(days=self.rng.randrange((LAST_ON - FIRST_ON).days + 1))

    def next_number(self, kind: str, on: date) -> str:
        """Numbers begin anew each April."""
        year = on.year - (on.month < 4)
        self.numbers[kind, year] = self.numbers.get((kind, year), 0) + 1
        # Items are summed by number, so that a credit note cannot share an invoice's there.
        prefix = "CN" if kind == "return" and self.style.rows == "items" else ""
        return f"{prefix}{self.numbers[kind, year]:04d}"

    def paise(self) -> int:
        """Any amount."""
        return self.rng.choice((self.rng.randrange(1, 100), self.rng.randrange(100, 50_000_000)))

    def edit(self) -> None:
        """One random edit."""
        rng = self.rng
        if not self.docs or rng.random() < 0.35:
            self._add()
            return
        doc = rng.choice(list(self.docs.values()))
        edits: list[Callable[[], None]] = [
            lambda: self.put(self._changed(doc)),
            self._back,
            lambda: self.put(replace(doc, is_cancelled=not doc.is_cancelled)),
            lambda: self.remove(doc),
            lambda: self._split(doc),
            lambda: self._merge(doc),
            lambda: self.put(replace(doc, lines=doc.lines[:-1] if len(doc.lines) > 1 else doc.lines)),
            lambda: self._redate(doc),
            lambda: self._pay(doc),
            lambda: self._pay(doc),
            lambda: self.put(replace(doc, is_bounced=doc.type == "receipt" and not doc.is_bounced)),
        ]
        rng.choice(edits)()

    def _add(self) -> None:
        rng, on = self.rng, self.day()
        types = ["invoice", "invoice", "return"] + ["receipt"] * 2 * (self.style.payments == "receipts")
        kind = rng.choice(types)
        number = self.next_number(kind, on)
        bills = rng.sample(["", "0001", "0002", "0003"], k=rng.randrange(1, 4))
        many = kind == "receipt" or (self.style.rows == "items" and kind == "invoice")
        lines = tuple((bill if kind == "receipt" else "", self.paise()) for bill in (bills if many else bills[:1]))
        self.put(Doc(type=kind, number=number, party=rng.randrange(len(PARTIES)), on=on, lines=lines))

    def _changed(self, doc: Doc) -> Doc:
        place = self.rng.randrange(len(doc.lines))
        lines = [*doc.lines]
        lines[place] = (lines[place][0], self.paise())
        return replace(doc, lines=tuple(lines))

    def _back(self) -> None:
        if self.former:
            self.put(self.rng.choice(self.former))

    def _split(self, doc: Doc) -> None:
        if doc.lines[0][1] < 2 or doc.is_cancelled:
            return
        bill, paise = doc.lines[0]
        part = self.rng.randrange(1, paise)
        self.put(replace(doc, lines=((bill, paise - part), *doc.lines[1:]), paid=0))
        self.put(replace(doc, number=self.next_number(doc.type, doc.on), lines=((bill, part),), paid=0))

    def _merge(self, doc: Doc) -> None:
        others = [other for other in self.docs.values() if (other.type, other.party) == (doc.type, doc.party)]
        other = self.rng.choice(others)
        if other.key == doc.key or doc.is_cancelled or other.is_cancelled:
            return
        sums = dict(doc.lines)
        for bill, paise in other.lines:
            sums[bill] = sums.get(bill, 0) + paise
        is_single = doc.type != "receipt"
        self.put(replace(doc, lines=(("", doc.paise + other.paise),) if is_single else tuple(sums.items())))
        self.remove(other)

    def _redate(self, doc: Doc) -> None:
        moved = replace(doc, on=self.day())
        if moved.key != doc.key and (doc.type == "receipt" or self.style.rows == "items"):
            # There a number belongs to one party in its financial year.
            moved = replace(moved, number=self.next_number(doc.type, moved.on))
        if moved.key in self.docs and moved.key != doc.key:
            return
        if moved.key != doc.key:
            self.remove(doc)
        self.put(moved)

    def _pay(self, doc: Doc) -> None:
        if doc.type == "invoice" and self.style.payments == "paid_column":
            self.put(replace(doc, paid=self.rng.choice((0, doc.paid, self.rng.randrange(doc.paise + 1)))))

    def export(self, kind: str, month: str, order: int) -> Export:
        """Writes the file of one month, whole."""
        first = date.fromisoformat(f"{month}-01")
        period = DeclaredPeriod(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        docs = [doc for doc in self.docs.values() if doc.kind == kind and period.holds(doc.on)]
        self.rng.shuffle(docs)
        tag = self.rng.choice(("", "copy of ", "export (10) ", "export (2) "))
        name = f"{tag}{kind}_complete_{month}_{order}.csv" if self.style.is_declared else f"{tag}{kind}_{order}.csv"
        return Export(
            name=name.replace(f"{month}_{order}", f"{month} {order}"),
            kind=kind,
            order=order,
            period=period if self.style.is_declared else None,
            docs=tuple(docs),
            data=render(kind, docs, style=self.style, rng=self.rng),
        )


def render(kind: str, docs: Iterable[Doc], *, style: Style, rng: random.Random) -> bytes:
    """A file as an ERP writes it, with title lines, a total and repeated rows now and then."""
    invoices = ["Invoice No.", "Invoice Date", "Party", "Amount", "Status"]
    invoices += ["Paid", "Paid Date"] * (style.payments == "paid_column")
    invoices += ["Voucher Type"] * style.tells_type
    header = (
        invoices
        if kind == "invoices"
        else ["Receipt No", "Receipt Date", "Party", "Invoice No", "Amount", "Mode", "Status"]
    )
    rows, total = [], 0
    for doc in docs:
        for row, paise in _rows(doc, style, rng):
            rows.append(row)
            total += paise
            if style.rows == "documents" and kind == "invoices" and rng.random() < 0.05:
                rows.append(row)
                total += paise
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=style.delimiter, lineterminator="\r\n")
    if rng.random() < 0.3:
        writer.writerows([["Shree Distributors"], []])
    writer.writerow(header)
    writer.writerows([row[name] for name in header] for row in rows)
    if rng.random() < 0.5:
        place = rng.choice((header[0], "Party"))
        closing = dict.fromkeys(header, "") | {place: "Grand Total", "Amount": money(total, style)}
        writer.writerow([closing[name] for name in header])
    return text.getvalue().encode(style.encoding)


def _rows(doc: Doc, style: Style, rng: random.Random) -> list[tuple[dict[str, str], int]]:
    party, sign = rng.choice(PARTIES[doc.party]), -1 if doc.type == "return" else 1
    status = rng.choice(_CANCELLED if doc.is_cancelled else _STANDING)
    rows = []
    for bill, paise in (
        doc.lines if doc.kind == "receipts" or style.rows == "items" else [("", sum(p for _, p in doc.lines))]
    ):
        row = {"Party": party, "Amount": money(sign * paise, style), "Status": status}
        if doc.kind == "receipts":
            mode = "Cheque Bounced" if doc.is_bounced else "UPI"
            row |= {"Receipt No": doc.number, "Receipt Date": day(doc.on, style), "Invoice No": bill, "Mode": mode}
        else:
            row |= {"Invoice No.": doc.number, "Invoice Date": day(doc.on, style), "Paid Date": ""}
            row["Paid"] = money(doc.paid, style) if doc.type == "invoice" else ""
            # The type tells a credit note whatever its sign; where rows are items, the sign of each counts.
            row["Voucher Type"] = "Credit Note" if doc.type == "return" else "Tax Invoice"
            if doc.type == "return" and style.tells_type and style.rows == "documents" and rng.random() < 0.5:
                row["Amount"] = money(paise, style)
        rows.append((row, sign * paise))
    return rows


def money(paise: int, style: Style) -> str:
    """An amount in lakh grouping; a negative one in brackets."""
    whole, rest = divmod(abs(paise), 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    while head:
        tail, head = f"{head[-2:]},{tail}", head[:-2]
    text = f"{tail}.{rest:02d}"
    if style.decimal_mark == ",":
        text = text.translate({ord("."): ",", ord(","): "."})
    return f"({text})" if paise < 0 else text


def day(on: date, style: Style) -> str:
    """A date in the distributor's form."""
    if style.date_format == "dd-mmm-yyyy":
        return f"{on.day}-{NO_MONTHS[on.month - 1].title()}-{on.year}"
    return on.strftime(style.date_format.replace("dd", "%d").replace("mm", "%m").replace("yyyy", "%Y"))


def damaged(export: Export, style: Style, rng: random.Random) -> Export | None:
    """The file with one row that cannot be read: a cell more or less, another date, an amount; None without rows."""
    text = export.data.decode(style.encoding)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=style.delimiter))
    begin = next(place for place, row in enumerate(rows) if row and row[0] in ("Invoice No.", "Receipt No"))
    places = [place for place in range(begin + 1, len(rows)) if rows[place][0] not in ("", "Grand Total")]
    if not places:
        return None
    row, header = rows[rng.choice(places)], rows[begin]
    kind = rng.choice(("more", "less", "date", "amount"))
    if kind == "more":
        row.insert(rng.randrange(len(row) + 1), "x")
    elif kind == "less":
        del row[rng.randrange(len(row))]
    else:
        row[1 if kind == "date" else header.index("Amount")] = "1.2,3"
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=style.delimiter, lineterminator="\r\n").writerows(rows)
    return replace(export, data=out.getvalue().encode(style.encoding))


def drop(folder: Path, export: Export, name: str | None = None) -> None:
    """Puts a file into the folder, with the time at which it was written."""
    path = folder / (name or export.name)
    path.write_bytes(export.data)
    os.utime(path, ns=(export.order * 1_000_000, export.order * 1_000_000))


def expected(delivered: Iterable[Export]) -> dict[Key, Doc]:
    """What lives by the files that arrived: the newest statement of each document, unless a newer file that is
    complete for its day does not hold it."""
    files = sorted(delivered, key=lambda export: export.order)
    newest: dict[Key, tuple[int, Doc]] = {}
    for export in files:
        for doc in export.docs:
            newest[doc.key] = (export.order, doc)
    live = {}
    for key, (order, doc) in newest.items():
        is_gone = any(
            export.order > order
            and export.kind == doc.kind
            and export.period is not None
            and export.period.holds(doc.on)
            for export in files
        )
        if not is_gone and not doc.is_cancelled:
            live[key] = doc
    return live


def rupees(paise: int) -> Decimal:
    """Rupees with two places."""
    return Decimal(paise).scaleb(-2)


def party_form(party: int) -> str:
    """How a party is compared."""
    return comparison_text(PARTIES[party][0])
