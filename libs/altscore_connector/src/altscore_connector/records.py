"""Records on their way to AltScore, their exact JSON and their digest."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

Table = Literal["retailers", "invoices", "payments", "returns"]
FindingKind = Literal["refused", "held", "set_aside", "note"]
Value = str | int | bool | Decimal | None
Record = Mapping[str, Value]

# The order of sending: retailers, what they owe, what they paid, what they returned.
TABLES: tuple[Table, ...] = ("retailers", "invoices", "payments", "returns")
AMOUNT_FIELD: Mapping[Table, str] = {
    "invoices": "amount_inr",
    "payments": "amount_paid_inr",
    "returns": "amount_inr",
}
DATE_FIELD: Mapping[Table, str] = {"invoices": "invoice_date", "payments": "paid_date", "returns": "return_date"}
ID_FIELD: Mapping[Table, str] = {
    "retailers": "retailer_ref",
    "invoices": "invoice_id",
    "payments": "payment_id",
    "returns": "return_id",
}
LONGEST_CREDIT = timedelta(days=3 * 365)  # AltScore takes no due date beyond it
LEDGER_TABLES: tuple[Table, ...] = tuple(DATE_FIELD)  # those of dated documents


@dataclass(frozen=True)
class Item:
    """One record with its identity.

    Attributes:
        table: the list of the payload it belongs to.
        key: its identity inside the table.
        record: the fields as they are sent; a broken value stays as the text that was read.
        document: identity of the voucher, receipt, credit note or group of rows that it is a part of. A reading
            states a document whole: parts that its newest statement lacks are withdrawn.
        source_order: grows with every change of the document in the ERP: Tally's AlterID, milliseconds of a
            file's time. The greatest one is the newest statement.
        scope: the company or folder it was read from, as in `CompletePeriod`.
    """

    table: Table
    key: str
    record: Record
    document: str = ""
    source_order: int = 0
    scope: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 over the content; a record with the digest of the newest acknowledged one is not sent again."""
        return hashlib.sha256(to_json(self.record).encode()).hexdigest()

    @property
    def amount(self) -> Decimal:
        """The record's amount; zero for master data and for amounts that are no number."""
        value = self.record.get(AMOUNT_FIELD.get(self.table, ""))
        return value if isinstance(value, Decimal) else Decimal(0)

    @property
    def on(self) -> date | None:
        """The record's own date where it has a readable one."""
        value = self.record.get(DATE_FIELD.get(self.table, ""))
        try:
            return date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None


@dataclass(frozen=True)
class CompletePeriod:
    """A period whose documents a reading states completely; known live ones that it does not state are withdrawn.

    Attributes:
        scope: the company or folder, as in `Item.scope`.
        table: invoices, payments or returns.
        from_on: first day, included; the day is that of the record.
        to_on: last day, included.
        source_order: of the statement of the period, where it has one; documents that are known with a greater
            one are newer than it and stay.
    """

    scope: str
    table: Table
    from_on: date
    to_on: date
    source_order: int | None = None


@dataclass(frozen=True)
class Finding:
    """Something a person should know; it never holds a value, a name, a GSTIN or a phone number.

    Attributes:
        kind: `refused` (a whole file, company or batch), `held` (it waits and is read later), `set_aside` (one
            document or row was left out) or `note` (nothing is missing).
        rule: stable name of the reason in snake_case.
        file: name of the file, or the number of the company in the configuration.
        row: row of the file, the header being row 1.
        key: identity of the document in the ERP.
        field: the field or column in question.
    """

    kind: FindingKind
    rule: str
    file: str = ""
    row: int | None = None
    key: str = ""
    field: str = ""


@dataclass(frozen=True)
class ErpTotal:
    """What the ERP itself says of the live documents of a month, for the distributor's whole ledger.

    Attributes:
        table: invoices, payments or returns.
        month: `YYYY-MM` of the documents' own date.
        count: number of documents, not of records.
        amount_inr: their sum, rupees with two places.
    """

    table: Table
    month: str
    count: int
    amount_inr: Decimal


@dataclass(frozen=True)
class Period:
    """Days from `from_on` to `to_on`, both included."""

    from_on: date
    to_on: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.from_on <= day <= self.to_on

    def holds_month(self, month: str) -> bool:
        """Whether a month (`YYYY-MM`) has days in it."""
        return f"{self.from_on:%Y-%m}" <= month <= f"{self.to_on:%Y-%m}"


@dataclass(frozen=True)
class Check:
    """One thing that a source needs, and whether it is in order.

    Attributes:
        subject: what was looked at: a setting, a company, a file.
        is_ok: whether it is in order.
        sentence: what is so, and where it is not in order what to do; it holds no value, name or password.
    """

    subject: str
    is_ok: bool
    sentence: str


class Items(Protocol):
    """Records in memory or on disk: a list, or an `ItemSpool`."""

    def append(self, item: Item, /) -> None:
        """Adds a record."""
        ...

    def extend(self, items: Iterable[Item], /) -> None:
        """Adds records."""
        ...

    def __iter__(self) -> Iterator[Item]: ...

    def __len__(self) -> int: ...


class Documents(Protocol):
    """Documents (table and identity) in memory or on disk: a set, or a `DocumentSpool`."""

    def add(self, document: tuple[Table, str], /) -> None:
        """Adds a document."""
        ...

    def update(self, documents: Iterable[tuple[Table, str]], /) -> None:
        """Adds documents."""
        ...

    def __contains__(self, document: tuple[Table, str], /) -> bool: ...

    def __iter__(self) -> Iterator[tuple[Table, str]]: ...


@dataclass
class Reading:
    """What one look at an ERP gave.

    Attributes:
        items: the records, inside a table in the ERP's own order.
        complete: the periods for which the reading states every live document.
        present: documents (table, document) that are alive and unchanged, so that their records were not read
            again; they count as stated.
        findings: what was left out or odd, one by one.
        erp_totals: the ERP's own monthly totals, where it tells them.
        notes: counters of what was seen, by name.
        marks: high-water marks to remember once everything is acknowledged.
        files: digest and name of fully read files.
        looked_at: digests of all files that were read, those with something left out too.
        has_more: whether the same source has more to read once this reading is finished.
        read_at: instant before which everything that was entered is in this reading, or known; None where the source
            cannot tell: files know the days of their records alone.
        is_partial: whether a part of the ledger could not be read, as of several companies one that is closed; its
            batches say nothing of days that were not told before.
        is_current: whether the ERP itself was read, as it is now: then nothing that is known is newer, also where the
            ERP's own order went back with a restored backup. Files may be older than what is known.
    """

    items: Items = field(default_factory=list[Item])
    complete: list[CompletePeriod] = field(default_factory=list)
    present: Documents = field(default_factory=set[tuple[Table, str]])
    findings: list[Finding] = field(default_factory=list)
    erp_totals: list[ErpTotal] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)
    has_more: bool = False
    read_at: datetime | None = None
    is_partial: bool = False
    is_current: bool = False

    def note(self, name: str, count: int = 1) -> None:
        """Counts something worth telling."""
        if count:
            self.notes[name] = self.notes.get(name, 0) + count


def on_the_wire(item: Item) -> Record:
    """The record as a batch carries it; a retailer has no versions of its own, every other one has its document's."""
    return item.record if item.table == "retailers" else {**item.record, "source_order": item.source_order}


_text = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` would make an encoder for each value


def to_json(value: object) -> str:
    """Compact JSON with keys in order; Decimals are numbers with their two places, never floats."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{" + ",".join([f"{json.dumps(key)}:{to_json(value[key])}" for key in sorted(value)]) + "}"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, Iterable):
        return "[" + ",".join(to_json(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a payload")


def without_empty(record: Record) -> Record:
    """The record without fields that say nothing."""
    return {name: value for name, value in record.items() if value is not None and value != ""}
