"""Business partners, invoices, credit notes and incoming payments become records."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from altscore_connector.accepted import UNKNOWN_SCOPE, Place
from altscore_connector.records import (
    LONGEST_CREDIT,
    Finding,
    FindingKind,
    Item,
    Reading,
    Record,
    Table,
    without_empty,
)
from altscore_connector.retailers import master_fields, note_faults
from altscore_connector.sap_b1.errors import UnreadableDocumentError
from altscore_connector.sap_b1.values import Row, amount_of, day_of, entry_of, one_of, order_of, rows_of, text_of

# What is asked for and nothing else: other fields hold free text about people.
PARTNER_FIELDS = ("CardCode", "CardName", "Cellular", "Phone1", "Frozen", "BilltoDefault", "BPAddresses")
DOCUMENT_FIELDS = (
    *("DocEntry", "CardCode", "DocDate", "DocDueDate", "DocTotal", "DocTotalFc", "DocCurrency"),
    *("CancelStatus", "UpdateDate", "UpdateTime"),
)
PAYMENT_FIELDS = (
    *("DocEntry", "DocNum", "DocType", "CardCode", "DocDate", "DocCurrency", "CashSum", "TransferSum", "Cancelled"),
    *("PaymentChecks", "PaymentInvoices"),
)
INVOICE, CREDIT_NOTE, PAYMENT = 13, 14, 24
_DOCUMENT_KEY = re.compile(rf"({INVOICE}|{CREDIT_NOTE}|{PAYMENT})-[0-9]+", re.ASCII)
CURRENCY = "INR"
_ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Scope:
    """What the documents of a reading share.

    Attributes:
        company_db: the company; it is the scope of all items.
        today: the day in India; documents of a later day wait for it.
        partners: codes of the customers.
    """

    company_db: str
    today: date
    partners: frozenset[str]


@dataclass(frozen=True)
class Line:
    """One line of a payment: an invoice of ours, another document, or money on account."""

    amount: Decimal
    invoice: int | None = None
    bill_ref: str | None = None


@dataclass(frozen=True)
class Money:
    """One incoming payment."""

    entry: int
    number: int
    partner: str
    on: date
    total: Decimal
    method: str
    is_cancelled: bool
    lines: tuple[Line, ...]
    netted: Mapping[int, int]


def document_key(object_type: int, entry: int) -> str:
    """Identity of a document (decision 81)."""
    return f"{object_type}-{entry}"


def place_of(table: Table, key: str, *, company_db: str) -> Place:
    """Where a record of the wire stands; what has not the identity of a document of a company is not its."""
    document = key.rpartition("#")[0] if table == "payments" else key
    is_ours = _DOCUMENT_KEY.fullmatch(document) is not None
    return Place(key=key, scope=company_db if is_ours else UNKNOWN_SCOPE, document=document)


def find(reading: Reading, kind: FindingKind, rule: str, *, key: str, name: str = "") -> None:
    """Adds a finding about a document."""
    reading.findings.append(Finding(kind=kind, rule=rule, file="sap_b1", key=key, field=name))


def retailer_item(row: Row, company_db: str, reading: Reading) -> Item | None:
    """A customer; the GSTIN is that of the default billing address."""
    code = text_of(row, "CardCode")
    if not code:
        find(reading, "set_aside", "sap_key_unreadable", key="", name="CardCode")
        return None
    gstins, chosen = _gstins(row)
    reading.note("partners_with_several_gstins", int(len(gstins) > 1))
    phones = (text_of(row, "Cellular"), text_of(row, "Phone1"))
    fields = master_fields(text_of(row, "CardName"), gstins=chosen, phones=phones)
    note_faults(reading, fields, place="sap_b1", key=code)
    record: Record = {
        "retailer_ref": code,
        "gst": fields.gstin,
        "phone": fields.phone,
        "shop_name": fields.shop_name,
        "active": text_of(row, "Frozen") != "tYES",
    }
    return Item(table="retailers", key=code, record=without_empty(record), document=code, scope=company_db)


def _gstins(row: Row) -> tuple[set[str], list[str]]:
    """All GSTINs of a partner's addresses; and that of its default billing address, else of the first one."""
    addresses = [address for address in rows_of(row, "BPAddresses") if text_of(address, "GSTIN")]
    billing = [address for address in addresses if text_of(address, "AddressType") == "bo_BillTo"]
    default = [address for address in billing if text_of(address, "AddressName") == text_of(row, "BilltoDefault")]
    ordered = [*default, *billing, *addresses]
    chosen = [text_of(address, "GSTIN") for address in ordered]
    return set(chosen), chosen[:1]


def document_item(row: Row, *, table: Table, scope: Scope, reading: Reading) -> Item | None:
    """An invoice or credit note; None for a cancellation document, for what comes to nothing, and for what waits.

    Raises:
        UnreadableDocumentError: a value cannot be read.
    """
    status = one_of(row, "CancelStatus", ("csNo", "csYes", "csCancellation"))
    if status == "csCancellation":
        return None
    entry, partner, on = entry_of(row, "DocEntry"), text_of(row, "CardCode"), day_of(row, "DocDate")
    key = document_key(INVOICE if table == "invoices" else CREDIT_NOTE, entry)
    if on > scope.today:
        find(reading, "held", "post_dated", key=key)
        return None
    if partner not in scope.partners:
        raise UnreadableDocumentError("sap_partner_unknown", field="CardCode")
    amount = base_amount(row)
    if not amount:
        reading.note("documents_of_nothing")
        return None
    record: Record = {
        "retailer_ref": partner,
        "is_cancelled": status == "csYes" or None,
        "amount_inr": amount,
    }
    if table == "invoices":
        due = _due_on(row, on, key=key, reading=reading)
        due_date = None if due is None else due.isoformat()
        record = {**record, "invoice_id": key, "invoice_date": on.isoformat(), "due_date": due_date}
    else:
        record = {**record, "return_id": key, "return_date": on.isoformat()}
    return Item(
        table=table,
        key=key,
        record=without_empty(record),
        document=key,
        source_order=order_of(row),
        scope=scope.company_db,
    )


def _due_on(row: Row, on: date, *, key: str, reading: Reading) -> date | None:
    """The due date; one that cannot be read or be true is dropped with a finding, and the invoice stays."""
    try:
        due = max(on, day_of(row, "DocDueDate"))
    except UnreadableDocumentError:
        rule = "optional_date_dropped"
    else:
        if due <= on + LONGEST_CREDIT:
            return due
        rule = "due_date_implausible"
    find(reading, "note", rule, key=key, name="DocDueDate")
    return None


def base_amount(row: Row) -> Decimal:
    """The total in the company's currency; of a foreign document the base amount of the ERP (decision 85).

    Raises:
        UnreadableDocumentError: no such amount.
    """
    amount = amount_of(row, "DocTotal")
    is_foreign = text_of(row, "DocCurrency") != CURRENCY
    if amount < 0 or (is_foreign and (amount_of(row, "DocTotalFc") > 0) != (amount > 0)):
        raise UnreadableDocumentError("sap_amount_unreadable", field="DocTotal")
    return amount


def money_of(row: Row, *, invoices: Container[int]) -> Money:
    """One incoming payment, its lines adding up to the money that came.

    A credit note that was netted is no money: it is taken off the invoices of the payment in their order, and is
    counted as the return that it is. What is neither is on account. A document that is no invoice of ours settles
    nothing of ours and is named (decision 84).

    Raises:
        UnreadableDocumentError: a value cannot be read, or the parts are more than the whole.
    """
    checks = [amount_of(check, "CheckSum") for check in rows_of(row, "PaymentChecks")]
    sums = {"cash": amount_of(row, "CashSum"), "neft": amount_of(row, "TransferSum"), "cheque": sum(checks, _ZERO)}
    total = sum(sums.values(), _ZERO)
    used = [method for method, amount in sums.items() if amount]
    parts, netted_notes = _parts(row, invoices)
    lines, netted = _net(parts, netted_notes)
    rest = total - sum((line.amount for line in lines), _ZERO)
    is_foreign = text_of(row, "DocCurrency") != CURRENCY
    is_cancelled = one_of(row, "Cancelled", ("tNO", "tYES")) == "tYES"
    # Money by card is in fields that are not asked for: a payment that shows neither money nor a document had some.
    is_elsewhere = not total and not parts and not is_cancelled
    if rest < 0 or (is_foreign and rest) or is_elsewhere:
        # Of a foreign payment only the applied sums are known to be in the company's currency.
        raise UnreadableDocumentError("sap_payment_does_not_add_up", field="PaymentInvoices")
    return Money(
        entry=entry_of(row, "DocEntry"),
        number=entry_of(row, "DocNum"),
        partner=text_of(row, "CardCode"),
        on=day_of(row, "DocDate"),
        total=total,
        method=used[0] if len(used) == 1 else "other",
        is_cancelled=is_cancelled,
        lines=(*lines, *([Line(amount=rest)] if rest else [])),
        netted=netted,
    )


def _parts(row: Row, invoices: Container[int]) -> tuple[list[Line], list[tuple[int, Decimal]]]:
    """What the payment settles, and the netted credit notes; their sign differs and says nothing."""
    parts: list[Line] = []
    netted_notes: list[tuple[int, Decimal]] = []
    for line in rows_of(row, "PaymentInvoices"):
        entry, amount, kind = entry_of(line, "DocEntry"), amount_of(line, "SumApplied"), text_of(line, "InvoiceType")
        if kind == "it_CredItnote":
            netted_notes.append((entry, abs(amount)))
        elif amount < 0:
            raise UnreadableDocumentError("sap_payment_does_not_add_up", field="SumApplied")
        elif kind == "it_Invoice" and entry in invoices:
            parts.append(Line(amount=amount, invoice=entry))
        elif amount:
            parts.append(Line(amount=amount, bill_ref=f"{kind or 'unknown'} {entry}"))
    return parts, netted_notes


def _net(parts: Iterable[Line], netted_notes: Sequence[tuple[int, Decimal]]) -> tuple[list[Line], dict[int, int]]:
    """The lines less the credit notes, in order; and the invoice of a credit note that one invoice wholly takes."""
    left = [(entry, amount) for entry, amount in netted_notes if amount]
    lines: list[Line] = []
    netted: dict[int, int] = {}
    for part in parts:
        amount = part.amount
        while left and amount:
            entry, open_amount = left[0]
            taken = min(amount, open_amount)
            amount -= taken
            if taken < open_amount:
                left[0] = (entry, open_amount - taken)
                break
            left.pop(0)
            if part.invoice is not None and (entry, taken) in netted_notes:
                netted[entry] = part.invoice
        if amount:
            lines.append(Line(amount=amount, invoice=part.invoice, bill_ref=part.bill_ref))
    if left:
        raise UnreadableDocumentError("sap_payment_does_not_add_up", field="PaymentInvoices")
    return lines, netted


def payment_items(money: Money, *, scope: Scope) -> list[Item]:
    """One record per line. The Service Layer has no time of a payment's last change, so its order is 0."""
    document = document_key(PAYMENT, money.entry)
    items = []
    for number, line in enumerate(money.lines, start=1):
        record: Record = {
            "payment_id": document,
            "line_no": number,
            "retailer_ref": money.partner,
            "invoice_id": None if line.invoice is None else document_key(INVOICE, line.invoice),
            "bill_ref": line.bill_ref,
            "paid_date": money.on.isoformat(),
            "amount_paid_inr": line.amount,
            "payment_method": money.method,
            "is_cancelled": money.is_cancelled or None,
        }
        key = f"{document}#{number}"
        items.append(
            Item(table="payments", key=key, record=without_empty(record), document=document, scope=scope.company_db)
        )
    return items
