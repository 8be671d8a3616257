"""What a file states: documents with their identity, their lines and what is known of their parties."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from altscore_connector.accepted import UNKNOWN_SCOPE, Place
from altscore_connector.records import Finding, FindingKind, Table
from altscore_connector.text import comparison_text

DocumentType = Literal["invoice", "return", "receipt"]
TABLE_OF: dict[DocumentType, Table] = {"invoice": "invoices", "return": "returns", "receipt": "payments"}
SCOPE = "csv"
LONGEST_NUMBER = 40
_WIRE_ID = re.compile(r"@[0-9]{2}-[0-9]{2}\.[^.]{1,8}\Z", re.ASCII)


@dataclass(frozen=True)
class DocumentId:
    """Identity of a document (decision 81).

    Attributes:
        type: what it is.
        number: its printed number in upper case, without invisible characters.
        financial_year: the year in which its financial year began in April.
        party: reference of the party.
    """

    type: DocumentType
    number: str
    financial_year: int
    party: str

    @property
    def text(self) -> str:
        """The identity as the connector remembers it."""
        return f"{self.type}|{self.wire_id}"

    @property
    def wire_id(self) -> str:
        """The identity as it is sent: number, financial year and the start of the party's reference."""
        year = self.financial_year % 100
        return f"{self.number}@{year:02d}-{(year + 1) % 100:02d}.{self.party.removeprefix('party:')[:8]}"


@dataclass(frozen=True)
class Line:
    """One line of a receipt, or the whole of an invoice or credit note.

    Attributes:
        amount_inr: rupees, above zero.
        bill: number of the invoice that a receipt's line names; empty on account.
        method: how it was paid; None where the file does not say.
        is_bounced: whether the cheque came back.
        bounced_on: when that became known, where the file says so.
    """

    amount_inr: Decimal
    bill: str = ""
    method: str | None = None
    is_bounced: bool = False
    bounced_on: date | None = None


@dataclass(frozen=True)
class Statement:
    """A document as one file states it, whole.

    Attributes:
        document: which one.
        on: its date.
        lines: its amounts; none when it is cancelled or came to nothing.
        row: its first row in the file.
        due_on: when an invoice is due.
        is_due_default: whether that follows from default terms.
        paid_inr: what its row says is paid of it by now; None where nothing is said or payments come from elsewhere.
        paid_on: date of the latest of these payments, where the row says so.
    """

    document: DocumentId
    on: date
    lines: tuple[Line, ...]
    row: int
    due_on: date | None = None
    is_due_default: bool = False
    paid_inr: Decimal | None = None
    paid_on: date | None = None

    @property
    def amount_inr(self) -> Decimal:
        """Sum of its lines, rupees."""
        return sum((line.amount_inr for line in self.lines), Decimal(0))


@dataclass
class Party:
    """A retailer as the rows of a file show it."""

    ref: str
    name: str
    gstin: str | None = None
    phone: str | None = None


@dataclass
class FileContents:
    """What one file holds.

    Attributes:
        name: of the file.
        statements: the documents that could be read whole.
        mentioned: documents that it holds and that are not stated: set aside, or held until their day.
        parties: by reference.
        findings: what a person should know.
        is_whole: whether every document of the file is stated or mentioned.
        notes: counters by name.
    """

    name: str
    statements: list[Statement] = field(default_factory=list)
    mentioned: set[DocumentId] = field(default_factory=set)
    parties: dict[str, Party] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    is_whole: bool = True
    notes: dict[str, int] = field(default_factory=dict)

    def add(self, kind: FindingKind, rule: str, *, row: int | None = None, key: str = "", column: str = "") -> None:
        """Adds a finding about this file."""
        self.findings.append(Finding(kind=kind, rule=rule, file=self.name, row=row, key=key, field=column))

    def note(self, name: str) -> None:
        """Counts something worth telling."""
        self.notes[name] = self.notes.get(name, 0) + 1

    @property
    def is_finished(self) -> bool:
        """Whether nothing of the file waits for another reading."""
        return all(finding.kind == "note" for finding in self.findings)


def financial_year(on: date) -> int:
    """The year in which the financial year of a day began: April to March."""
    return on.year if on.month >= 4 else on.year - 1


def party_ref(distributor_id: str, name: str) -> str:
    """Reference of a party known only by its name in the distributor's ledger; it does not contain the name."""
    digest = hashlib.sha256(f"{distributor_id}|{comparison_text(name)}".encode()).hexdigest()
    return f"party:{digest[:24]}"


def place_of(table: Table, key: str) -> Place:
    """Where a record of the wire stands; what has not the identity of a file's document is not of the folder."""
    number, line = (key.rpartition("#")[0], key.rpartition("#")[2]) if table == "payments" else (key, "1")
    kind = {"invoices": "invoice", "returns": "return"}.get(table, "receipt")
    if table == "payments" and number.startswith("paid:"):
        kind, number = "paid", number.removeprefix("paid:")
    scope = SCOPE if _WIRE_ID.search(number) else UNKNOWN_SCOPE
    return Place(key=f"{kind}|{number}#{line}", scope=scope, document=f"{kind}|{number}")
