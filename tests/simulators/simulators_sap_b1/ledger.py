"""The company's documents: what was entered, changed, cancelled and reversed. Money is whole paise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

DocumentKind = Literal["invoice", "credit_note"]
OBJECT_TYPES: Mapping[str, int] = {"invoice": 13, "credit_note": 14, "payment": 24, "posting": 30}
_FIRST_ENTRY: Mapping[str, int] = {"invoice": 1000, "credit_note": 80, "payment": 500, "posting": 9000}
_TICK = timedelta(seconds=1)


class BadChangeError(Exception):
    """A change names what does not exist, or cannot be done."""


def paise_of(value: object) -> int:
    """Rupees as text or number, as whole paise."""
    return int((Decimal(str(value)) * 100).to_integral_exact())


@dataclass
class Partner:
    """A business partner; `addresses` and `tax_ids` are kept in the names of the Service Layer."""

    code: str
    name: str
    fields: dict[str, Any]
    addresses: list[dict[str, Any]]
    tax_ids: list[dict[str, Any]]
    updated_at: datetime


@dataclass
class Document:
    """An invoice or a credit note; `cancels` is the DocEntry that a cancellation document cancels."""

    kind: DocumentKind
    entry: int
    number: int
    partner: str
    on: str
    due_on: str
    paise: int
    updated_at: datetime
    created_on: str
    currency: str = "INR"
    foreign_paise: int = 0
    reference: str | None = None
    is_cancelled: bool = False
    cancels: int | None = None


@dataclass
class Application:
    """What one payment settles of one document; a netted credit note is negative."""

    kind: DocumentKind
    entry: int
    paise: int
    foreign_paise: int = 0


@dataclass
class Payment:
    """An incoming payment; it has no date of its last change. `reversed_on` is the day of a posting that undid it."""

    entry: int
    number: int
    partner: str
    on: str
    cash_paise: int
    transfer_paise: int
    cheques: list[dict[str, Any]]
    applied: list[Application]
    currency: str = "INR"
    transfer_reference: str | None = None
    is_cancelled: bool = False
    reversed_on: str | None = None
    is_to_account: bool = False

    @property
    def paise(self) -> int:
        """The whole payment."""
        return self.cash_paise + self.transfer_paise + sum(int(cheque["paise"]) for cheque in self.cheques)


@dataclass
class Posting:
    """A journal entry with two lines: the partner's and an account's; `source` and `source_entry` say where from."""

    entry: int
    on: str
    partner: str
    paise: int
    is_debit: bool
    source: str
    source_entry: int
    reference: str


@dataclass
class Company:
    """Everything that is served.

    Attributes:
        moves_invoices: whether a payment moves UpdateDate of the invoices that it settles; what the real one does is
            not documented.
        now: the company's clock; each change that is not quiet takes the next second.
    """

    database: str
    user: str
    password: str
    currency: str
    moves_invoices: bool
    now: datetime
    partners: dict[str, Partner] = field(default_factory=dict)
    documents: dict[tuple[str, int], Document] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)
    postings: dict[int, Posting] = field(default_factory=dict)

    def tick(self) -> datetime:
        """The time of the next change."""
        self.now += _TICK
        return self.now

    def document(self, kind: str, entry: object) -> Document:
        """An invoice or credit note.

        Raises:
            BadChangeError: there is none.
        """
        try:
            return self.documents[kind, int(str(entry))]
        except KeyError as error:
            raise BadChangeError(f"no {kind} {entry}") from error

    def payment(self, entry: object) -> Payment:
        """A payment.

        Raises:
            BadChangeError: there is none.
        """
        try:
            return self.payments[int(str(entry))]
        except KeyError as error:
            raise BadChangeError(f"no payment {entry}") from error

    def next_entry(self, kind: str) -> int:
        """The next free DocEntry or JdtNum of a kind."""
        taken: list[int] = [entry for (known, entry) in self.documents if known == kind]
        if kind == "payment":
            taken = list(self.payments)
        if kind == "posting":
            taken = list(self.postings)
        return max(taken, default=_FIRST_ENTRY[kind]) + 1

    def settled_paise(self) -> dict[tuple[str, int], int]:
        """What payments have settled of every document, netted credit notes too; a mere posting changes nothing."""
        sums: dict[tuple[str, int], int] = {}
        for payment in self.payments.values():
            for line in () if payment.is_cancelled else payment.applied:
                sums[line.kind, line.entry] = sums.get((line.kind, line.entry), 0) + abs(line.paise)
        return sums
