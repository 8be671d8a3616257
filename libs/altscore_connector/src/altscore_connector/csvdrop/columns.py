"""Which column of a file holds what: headers are compared by their letters and digits alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from altscore_connector.text import comparison_text

Kind = Literal["invoices", "receipts"]
ColumnNames = Mapping[str, tuple[str, ...]]

# Field to the headers that name it; `[csv.columns]` replaces the list of a field.
DEFAULT_NAMES: ColumnNames = {
    "invoice_no": ("Invoice No", "Invoice Number", "Bill No"),
    "invoice_date": ("Invoice Date", "Bill Date"),
    "due_date": ("Due Date",),
    "party": ("Party", "Party Name"),
    "gstin": ("GSTIN", "GSTIN/UIN", "Party GSTIN"),
    "phone": ("Phone", "Mobile", "Mobile No"),
    "amount": ("Amount",),
    "paid": ("Paid",),
    "paid_date": ("Paid Date",),
    "status": ("Status",),
    "voucher_type": ("Voucher Type", "Vch Type", "Document Type", "Doc Type"),
    "currency": ("Currency", "Currency Code"),
    "receipt_no": ("Receipt No", "Receipt Number"),
    "receipt_date": ("Receipt Date",),
    "mode": ("Mode", "Payment Mode"),
    "bounced_on": ("Bounced On",),
}
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "invoices": ("invoice_no", "invoice_date", "party", "amount"),
    "receipts": ("receipt_no", "receipt_date", "party", "amount"),
}


@dataclass(frozen=True)
class Columns:
    """The columns of one file.

    Attributes:
        kind: whether its rows are invoices and credit notes, or receipts.
        places: field to the number of its cell.
        width: how many cells a row has.
        unused: number of named columns that are not read and never leave the site.
    """

    kind: Kind
    places: Mapping[str, int]
    width: int
    unused: int

    def cell(self, cells: Sequence[str], field: str) -> str:
        """The cell of a field; empty where the file has no such column."""
        place = self.places.get(field)
        return "" if place is None else cells[place]


class HeaderMatch(NamedTuple):
    """What a line is as a header: the columns; or the fields that are missing; or a fault."""

    columns: Columns | None = None
    fields: tuple[str, ...] = ()
    fault: str = ""


@lru_cache(maxsize=4096)
def header_form(text: str) -> str:
    """Letters and digits of a header: `Invoice No.`, `invoice_no` and `INVOICE NO` are equal in this form."""
    return "".join(char for char in comparison_text(text) if char.isalnum())


def _places(forms: Sequence[str], headers: Sequence[str]) -> list[int]:
    looked_for = {header_form(name) for name in headers} - {""}
    return [place for place, form in enumerate(forms) if form in looked_for]


def match_header(cells: Sequence[str], names: ColumnNames) -> HeaderMatch:
    """Compares one line with the headers that are looked for."""
    forms = [header_form(cell) for cell in cells]
    places = {field: _places(forms, headers) for field, headers in names.items()}
    missing = {kind: tuple(field for field in needed if not places.get(field)) for kind, needed in NEEDED.items()}
    kinds = [kind for kind, fields in missing.items() if not fields]
    if not kinds:
        nearest = min(missing.values(), key=len)
        is_header = len(nearest) < len(NEEDED["invoices"])
        return HeaderMatch(fields=nearest if is_header else ())
    named = [form for form in forms if form]
    twice = [field for field, spots in places.items() if len(spots) > 1]
    if twice or len(set(named)) < len(named):
        return HeaderMatch(fault="column_twice", fields=tuple(twice))
    if len(kinds) > 1:
        return HeaderMatch(fault="file_of_two_kinds", fields=("invoice_date", "receipt_date"))
    used = {field: spots[0] for field, spots in places.items() if spots}
    return HeaderMatch(Columns(kind=kinds[0], places=used, width=len(cells), unused=len(named) - len(used)))
