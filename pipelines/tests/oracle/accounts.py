"""What is known of each account (a retailer at a distributor) on the snapshot day."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from oracle.records import Invoice, Ledger, Payment, Return, newest_statements
from oracle.rules import ASSUMED_CREDIT, LATEST_LEDGER_DAYS


@dataclass
class Account:
    """A retailer at a distributor; `now` is the first instant that its ledger does not cover, or the snapshot."""

    retailer: str
    distributor: str
    now: date
    counts: bool = True
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)

    def age(self, day: date) -> int:
        """Days before the account's now."""
        return (self.now - day).days


def due_on(invoice: Invoice) -> date:
    """Stated, by default terms, or assumed."""
    return invoice.on + ASSUMED_CREDIT if invoice.due_on is None else invoice.due_on


def accounts_at(ledger: Ledger, as_of: date) -> dict[tuple[str, str], Account]:
    """All accounts of consented retailers of which anything is known; documents in order of date and key."""
    accounts: dict[tuple[str, str], Account] = {}

    def account_of(distributor: str, retailer: str) -> Account:
        key = (retailer, distributor)
        if key not in accounts:
            accounts[key] = _new_account(ledger, key, as_of=as_of)
        return accounts[key]

    for document in sorted(newest_statements(ledger.documents), key=lambda document: (document.on, document.key)):
        retailer = ledger.owner(document.ledger)
        if document.is_cancelled or retailer is None:
            continue
        now = _now(ledger, document.distributor, as_of=as_of)
        if document.on >= now:
            continue
        account = account_of(document.distributor, retailer)
        if isinstance(document, Invoice):
            account.invoices.append(document)
        elif isinstance(document, Payment):
            account.payments.append(_as_known(document, now))
        elif isinstance(document, Return):
            account.returns.append(document)
    for master in ledger.masters:
        retailer = ledger.owner(master.ledger)
        if retailer is not None:
            account_of(master.distributor, retailer)
    return accounts


def _now(ledger: Ledger, distributor: str, *, as_of: date) -> date:
    after_ledger = ledger.distributors[distributor].covered_on + timedelta(days=1)
    return min(as_of, after_ledger)


def _new_account(ledger: Ledger, key: tuple[str, str], *, as_of: date) -> Account:
    retailer, distributor = key
    now = _now(ledger, distributor, as_of=as_of)
    counts = (as_of - now).days <= LATEST_LEDGER_DAYS
    return Account(retailer, distributor, now=now, counts=counts)


def _as_known(payment: Payment, now: date) -> Payment:
    """A bounce that became known later has not happened yet."""
    is_known = payment.bounced_on is None or payment.bounced_on < now
    return replace(payment, is_bounced=payment.is_bounced and is_known)
