"""Which credit pays which invoice, one credit after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from oracle.accounts import Account
from oracle.records import Invoice, Payment, Return


@dataclass
class Credit:
    """A payment or a return with what is left of it."""

    source: str
    key: str
    line: int
    on: date
    left: int
    invoice_id: str | None
    bill_ref: str | None


@dataclass(frozen=True)
class Allocation:
    """A part of a credit that pays a part of an invoice."""

    invoice_id: str
    source: str
    key: str
    line: int
    method: str
    credit_on: date
    allocated_on: date
    paise: int


def allocate(account: Account) -> list[Allocation]:
    """Credits that name an invoice pay that, or nothing where it is not there; what is left pays oldest to oldest."""
    left = {invoice.key: invoice.paise for invoice in account.invoices}
    by_key = {invoice.key: invoice for invoice in account.invoices}
    offered = _credits(account)
    allocations: list[Allocation] = []

    def pay(credit: Credit, invoice: Invoice, method: str) -> None:
        paise = min(credit.left, left[invoice.key])
        if paise:
            credit.left -= paise
            left[invoice.key] -= paise
            allocations.append(
                Allocation(
                    invoice_id=invoice.key,
                    source=credit.source,
                    key=credit.key,
                    line=credit.line,
                    method=method,
                    credit_on=credit.on,
                    allocated_on=max(credit.on, invoice.on),
                    paise=paise,
                )
            )

    for credit in sorted(offered, key=lambda credit: (credit.source != "return", *_order(credit))):
        named = by_key.get(credit.invoice_id or "") or _by_bill_number(account.invoices, credit)
        if named is not None:
            pay(credit, named, "named")
        elif credit.invoice_id is not None or credit.bill_ref is not None:
            offered.remove(credit)
    owed = sorted(account.invoices, key=lambda invoice: (invoice.on, invoice.key))
    for credit in sorted(offered, key=lambda credit: (credit.on, credit.source != "return", *_order(credit))):
        for invoice in owed:
            if credit.left == 0:
                break
            pay(credit, invoice, "fifo")
        owed = [invoice for invoice in owed if left[invoice.key]]
    return allocations


def _order(credit: Credit) -> tuple[date, str, int]:
    return credit.on, credit.key, credit.line


def _credits(account: Account) -> list[Credit]:
    return [_credit(payment) for payment in account.payments if not payment.is_bounced] + [
        _credit(returned) for returned in account.returns
    ]


def _credit(document: Payment | Return) -> Credit:
    is_payment = isinstance(document, Payment)
    return Credit(
        source="payment" if is_payment else "return",
        key=document.key,
        line=document.line if isinstance(document, Payment) else 1,
        on=document.on,
        left=document.paise,
        invoice_id=document.invoice_id,
        bill_ref=document.bill_ref if isinstance(document, Payment) else None,
    )


def _by_bill_number(invoices: Sequence[Invoice], credit: Credit) -> Invoice | None:
    """A number may repeat over the years: the latest invoice not after the credit, else the first after it."""
    if credit.bill_ref is None:
        return None
    namesakes = [invoice for invoice in invoices if invoice.bill_ref == credit.bill_ref]
    before = [invoice for invoice in namesakes if invoice.on <= credit.on]
    if before:
        latest = max(invoice.on for invoice in before)
        return min((invoice for invoice in before if invoice.on == latest), key=lambda invoice: invoice.key)
    return min(namesakes, key=lambda invoice: (invoice.on, invoice.key), default=None)
