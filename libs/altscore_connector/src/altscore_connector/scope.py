"""Which fields may leave a site: the versioned table of the data partnership agreement.

Source: specification, ERP Connector Security, Data Extraction Scope Limits. A new field needs a new version of the
table and of the agreement; nothing is added silently.
"""

from collections.abc import Iterable, Mapping

from altscore_connector.errors import ScopeError
from altscore_connector.records import Item, Table

SCOPE_VERSION = "2026-1"
SALES = "Sales Ledger"
TERMS = "Payment Terms"
MASTER = "Retailer Master"
CONTACT = "Contact for consent"
REFERENCE = "Reference between records"
SCOPE: Mapping[Table, Mapping[str, str]] = {
    "retailers": {
        "retailer_ref": REFERENCE,
        "gst": MASTER,
        "shop_name": MASTER,
        "district": MASTER,
        "active": MASTER,
        "phone": CONTACT,
    },
    "invoices": {
        "invoice_id": REFERENCE,
        "retailer_ref": REFERENCE,
        "bill_ref": REFERENCE,
        "source_order": REFERENCE,
        "invoice_date": SALES,
        "amount_inr": SALES,
        "line_count": SALES,
        "is_cancelled": SALES,
        "due_date": TERMS,
        "due_date_is_default": TERMS,
    },
    "payments": {
        "payment_id": REFERENCE,
        "line_no": REFERENCE,
        "retailer_ref": REFERENCE,
        "invoice_id": REFERENCE,
        "bill_ref": REFERENCE,
        "source_order": REFERENCE,
        "paid_date": SALES,
        "amount_paid_inr": SALES,
        "is_cancelled": SALES,
        "payment_method": TERMS,
        "is_bounced": TERMS,
        "bounced_on": TERMS,
    },
    "returns": {
        "return_id": REFERENCE,
        "retailer_ref": REFERENCE,
        "invoice_id": REFERENCE,
        "source_order": REFERENCE,
        "return_date": SALES,
        "amount_inr": SALES,
        "is_cancelled": SALES,
    },
}
_IDENTITIES: tuple[tuple[str, Table], ...] = (
    ("payment_id", "payments"),
    ("return_id", "returns"),
    ("invoice_id", "invoices"),
    ("retailer_ref", "retailers"),
)


def table_of(record: Mapping[str, object]) -> Table:
    """The list of the payload to which a record belongs.

    Raises:
        ScopeError: it has the identity of none.
    """
    for identity, table in _IDENTITIES:
        if identity in record:
            return table
    raise ScopeError("a record has no identity", fields=())


def fields_outside(table: Table, record: Mapping[str, object]) -> set[str]:
    """Names of the fields of a record that may not leave the site."""
    return {name for name in record if name not in SCOPE[table]}


def refuse_outside(items: Iterable[Item]) -> None:
    """Halts before anything is sent when a record has a field outside the table.

    Raises:
        ScopeError: with the names of the fields.
    """
    outside = {f"{item.table}.{name}" for item in items for name in fields_outside(item.table, item.record)}
    if outside:
        fields = tuple(sorted(outside))
        raise ScopeError(
            f"{', '.join(fields)} stands outside the agreed fields (scope {SCOPE_VERSION}), so nothing was sent; "
            "tell AltScore, and change nothing in the export until it answers",
            fields=fields,
        )
