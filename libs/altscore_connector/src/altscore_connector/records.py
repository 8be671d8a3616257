"""Records on their way to AltScore, their exact JSON and their digest."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

Table = Literal["retailers", "invoices", "payments", "returns"]
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


@dataclass(frozen=True)
class Item:
    """One record with its identity.

    Attributes:
        table: the list of the payload it belongs to.
        key: its identity inside the table.
        record: the fields as they are sent; a broken value stays as the text that was read.
        source: digest of the file it came from; empty when the ERP only knows the present state.
    """

    table: Table
    key: str
    record: Record
    source: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 over source and content; equal digests need not be sent twice."""
        return hashlib.sha256(f"{self.source}|{to_json(self.record)}".encode()).hexdigest()

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


@dataclass
class Reading:
    """What one look at an ERP gave.

    Attributes:
        items: the records, inside a table in the ERP's own order.
        erp_totals: per table the ERP's own count and sum, where it tells them, and the sum of our records of them.
        notes: what was left out or odd, by name and number.
        marks: high-water marks to remember once everything is acknowledged.
        files: digest and name of fully read files.
    """

    items: list[Item] = field(default_factory=list)
    erp_totals: dict[Table, tuple[int, Decimal, Decimal]] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)

    def note(self, name: str, count: int = 1) -> None:
        """Counts something worth telling."""
        if count:
            self.notes[name] = self.notes.get(name, 0) + count

    def add_erp_total(self, table: Table, count: int, amount: Decimal, *, ours: Decimal) -> None:
        """Adds what the ERP itself says about some records, and what we made of the same ones."""
        known = self.erp_totals.get(table, (0, Decimal(0), Decimal(0)))
        self.erp_totals[table] = (known[0] + count, known[1] + amount, known[2] + ours)


def to_json(value: object) -> str:
    """Compact JSON with keys in order; Decimals are numbers with their two places, never floats."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{to_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, str) or value is None or isinstance(value, bool | int):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Iterable):
        return "[" + ",".join(to_json(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a payload")


def without_empty(record: Record) -> Record:
    """The record without fields that say nothing."""
    return {name: value for name, value in record.items() if value is not None and value != ""}
