"""What a ledger states, before anything is known of Bronze: documents, master records, who consents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Document:
    """One statement of one document; a later one of the same key corrects it.

    Attributes:
        ledger: the customer's ledger at the distributor; a retailer may have several.
        order: the ERP's own order of statements; 0 where it has none.
        sequence: of the batch, where the ERP's order ties.
    """

    distributor: str
    ledger: str
    key: str
    on: date
    paise: int
    is_cancelled: bool = field(default=False, kw_only=True)
    order: int = field(default=0, kw_only=True)
    sequence: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class Invoice(Document):
    """`due_source`: stated, default or assumed; an assumed date is not stated, `due_on` is then None."""

    due_on: date | None
    due_source: str
    bill_ref: str | None = None
    sku_category: str | None = None
    line_count: int | None = None


@dataclass(frozen=True)
class Payment(Document):
    """One line of a payment."""

    line: int = 1
    invoice_id: str | None = None
    bill_ref: str | None = None
    method: str | None = None
    is_bounced: bool = False
    bounced_on: date | None = None


@dataclass(frozen=True)
class Return(Document):
    """A credit note."""

    invoice_id: str | None = None


@dataclass(frozen=True)
class Master:
    """A master record of a customer."""

    distributor: str
    ledger: str
    district: str | None
    is_active: bool = True


@dataclass(frozen=True)
class Distributor:
    """A ledger as a whole.

    Attributes:
        covered_on: last day that it covers.
        has_order: whether its statements tell their order and cancel payments and returns (schema version 2).
        place: distributors of one `covered_on` deliver in this order.
    """

    name: str
    covered_on: date
    has_order: bool
    place: int


@dataclass
class Ledger:
    """Everything, statements in the order of their arrival."""

    distributors: dict[str, Distributor]
    documents: list[Document] = field(default_factory=list)
    masters: list[Master] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    consented: set[str] = field(default_factory=set)
    verified: set[str] = field(default_factory=set)
    gst_states: dict[str, str] = field(default_factory=dict)

    def owner(self, ledger: str) -> str | None:
        """The consented retailer of a customer's ledger."""
        retailer = self.owners[ledger]
        return retailer if retailer in self.consented else None


def newest_statements(documents: Sequence[Document]) -> list[Document]:
    """The newest statement of every document (decision 79): by the ERP's order, the batch's sequence, the arrival."""
    newest: dict[tuple[str, str, str, int], tuple[tuple[int, int, int], Document]] = {}
    for arrival, document in enumerate(documents):
        line = document.line if isinstance(document, Payment) else 0
        key = (type(document).__name__, document.distributor, document.key, line)
        age = (document.order, document.sequence, arrival)
        if key not in newest or newest[key][0] < age:
            newest[key] = (age, document)
    return [document for _, document in newest.values()]
