"""What became of each invoice: returned, written off, paid, open; when it was settled."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from oracle.accounts import Account, due_on
from oracle.allocation import Allocation, allocate
from oracle.numbers import percentile
from oracle.records import Invoice
from oracle.rules import CAP_MIN_INVOICES, CAP_MULTIPLE, WRITE_OFF_DAYS, WRITE_OFF_SHARE


@dataclass
class Settled:
    """An invoice with its fate at the account's now."""

    account: Account
    invoice: Invoice
    due_on: date
    capped: int
    returned: int
    write_offs: Sequence[Allocation]
    paid: int
    parts: Sequence[Allocation]
    settled_on: date | None

    @property
    def written_off(self) -> int:
        """What credit notes gave up of it."""
        return sum(part.paise for part in self.write_offs)

    @property
    def open(self) -> int:
        """What the ERP says is owed."""
        return self.invoice.paise - self.returned - self.written_off - self.paid

    @property
    def net(self) -> int:
        """What was to be paid."""
        return self.invoice.paise - self.returned

    @property
    def age(self) -> int:
        """Days since it was issued."""
        return self.account.age(self.invoice.on)

    @property
    def is_due(self) -> bool:
        """Whether its due date is over."""
        return self.due_on < self.account.now

    @property
    def is_overdue(self) -> bool:
        """Whether anything of it is open past its due date."""
        return self.open > 0 and self.is_due

    @property
    def delay(self) -> int | None:
        """Days from due date to settlement, or to now; None: nothing to pay, or not due."""
        if self.net == 0:
            return None
        if self.settled_on is not None:
            return (self.settled_on - self.due_on).days
        return self.account.age(self.due_on) if self.is_due else None


@dataclass
class AccountState:
    """An account with its allocations and settled invoices; `written_off` by credit note."""

    account: Account
    allocations: list[Allocation]
    invoices: list[Settled]
    written_off: dict[str, int]


def settle(accounts: Mapping[tuple[str, str], Account]) -> dict[str, list[AccountState]]:
    """By retailer."""
    by_retailer: dict[str, list[Account]] = defaultdict(list)
    for account in accounts.values():
        by_retailer[account.retailer].append(account)
    return {retailer: _settle_retailer(own) for retailer, own in by_retailer.items()}


def _settle_retailer(accounts: Sequence[Account]) -> list[AccountState]:
    cap = _cap([invoice.paise for account in accounts if account.counts for invoice in account.invoices])
    return [_settle_account(account, cap) for account in accounts]


def _cap(amounts: Sequence[int]) -> int | None:
    """With five invoices or more, one counts at most ten times the median."""
    median = percentile(amounts, Fraction(1, 2))
    return None if median is None or len(amounts) < CAP_MIN_INVOICES else int(CAP_MULTIPLE * median)


def _settle_account(account: Account, cap: int | None) -> AccountState:
    allocations = allocate(account)
    parts: dict[str, list[Allocation]] = defaultdict(list)
    for allocation in allocations:
        parts[allocation.invoice_id].append(allocation)
    written_off: dict[str, int] = defaultdict(int)
    invoices = []
    for invoice in account.invoices:
        own = parts[invoice.key]
        off = [part for part in own if _is_write_off(part, invoice)]
        for part in off:
            written_off[part.key] += part.paise
        invoices.append(_settle_invoice(account, invoice, own, off=off, cap=cap))
    return AccountState(account, allocations, invoices, written_off)


def _is_write_off(part: Allocation, invoice: Invoice) -> bool:
    if part.source != "return":
        return False
    late = (part.credit_on - due_on(invoice)).days
    share = Fraction(part.paise, invoice.paise)
    is_large = part.method == "named" and late > 0 and share > Fraction(*WRITE_OFF_SHARE)
    return late > WRITE_OFF_DAYS or is_large


def _settle_invoice(
    account: Account, invoice: Invoice, parts: Sequence[Allocation], *, off: Sequence[Allocation], cap: int | None
) -> Settled:
    written_off = sum(part.paise for part in off)
    returned = sum(part.paise for part in parts if part.source == "return") - written_off
    payments = [part for part in parts if part.source == "payment"]
    paid = sum(part.paise for part in payments)
    is_settled = paid > 0 and paid == invoice.paise - returned and not off
    return Settled(
        account=account,
        invoice=invoice,
        due_on=due_on(invoice),
        capped=invoice.paise if cap is None else min(invoice.paise, cap),
        returned=returned,
        write_offs=off,
        paid=paid,
        parts=parts,
        settled_on=max(part.allocated_on for part in payments) if is_settled else None,
    )
