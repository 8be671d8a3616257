"""Retailers who stand exactly on a threshold of the lake or the least step beside it; chance seldom puts one there."""

from datetime import date, timedelta

from oracle.records import Invoice, Ledger, Payment, Return

DISTRIBUTOR, LATE_DISTRIBUTOR = "dist_a", "dist_f"  # never late, and 45 days: its months count back from April
NOW = date(2026, 6, 1)
CREDIT = timedelta(days=15)


class Corner:
    """One retailer's documents with one distributor.

    Args:
        ledger: to fill.
        name: of the retailer, who consents.
        distributor: whose ledger is never late, if not another.
    """

    def __init__(self, ledger: Ledger, name: str, distributor: str = DISTRIBUTOR) -> None:
        self._ledger, self._name, self._distributor = ledger, name, distributor
        self._own = f"corner {name}/{distributor}/1"
        self._numbers = 0
        ledger.owners[self._own] = f"corner {name}"
        ledger.consented.add(f"corner {name}")

    def invoice(self, on: date, paise: int, *, due_on: date | None = None) -> Invoice:
        """An invoice; without a due day it is due 15 days later."""
        invoice = Invoice(
            self._distributor,
            self._own,
            self._key("I"),
            on=on,
            paise=paise,
            due_on=due_on or on + CREDIT,
            due_source="stated",
            order=1,
        )
        self._ledger.documents.append(invoice)
        return invoice

    def pay(
        self,
        on: date,
        paise: int,
        *,
        named: Invoice | None = None,
        is_bounced: bool = False,
        bounced_on: date | None = None,
    ) -> None:
        """A payment by UPI."""
        payment = Payment(
            self._distributor,
            self._own,
            self._key("P"),
            on=on,
            paise=paise,
            invoice_id=None if named is None else named.key,
            method="upi",
            is_bounced=is_bounced or bounced_on is not None,
            bounced_on=bounced_on,
            order=1,
        )
        self._ledger.documents.append(payment)

    def give_back(self, on: date, paise: int, *, named: Invoice | None = None) -> None:
        """A credit note."""
        returned = Return(
            self._distributor,
            self._own,
            self._key("R"),
            on=on,
            paise=paise,
            invoice_id=None if named is None else named.key,
            order=1,
        )
        self._ledger.documents.append(returned)

    def _key(self, letter: str) -> str:
        self._numbers += 1
        return f"{letter}{self._numbers:02d} {self._name}"


def add_corners(ledger: Ledger) -> None:
    """All of them."""
    _size_bands(ledger)
    _caps(ledger)
    _write_offs(ledger)
    _delays(ledger)
    _windows(ledger)
    _smallest_amounts(ledger)
    _festive_months(ledger)
    _bounces(ledger)


def _size_bands(ledger: Ledger) -> None:
    """Six months' purchases of exactly a band's lower end, and a paisa less."""
    for monthly_inr in (20_000, 60_000, 200_000):
        for less in (0, 1):
            Corner(ledger, f"band {monthly_inr} less {less}").invoice(date(2026, 3, 10), 600 * monthly_inr - less)


def _caps(ledger: Ledger) -> None:
    """An outlier among five invoices is capped, among four it is not; ten times the median is no outlier."""
    for count in (4, 5):
        corner = Corner(ledger, f"outlier of {count}")
        for day in range(1, count):
            corner.invoice(date(2026, 4, day), 10_000)
        corner.invoice(date(2026, 4, 20), 100_001)


def _write_offs(ledger: Ledger) -> None:
    """Credit notes that name their invoice: 30 % of it and a paisa beside, on the due day, a day, 45 and 46 later."""
    due = date(2026, 1, 20)
    for paise in (29_999, 30_000, 30_001):
        for late in (0, 1):
            corner = Corner(ledger, f"gave {paise} back {late} days late")
            invoice = corner.invoice(date(2026, 1, 5), 100_000, due_on=due)
            corner.give_back(due + timedelta(days=late), paise, named=invoice)
            corner.pay(due + timedelta(days=late), 100_000 - paise, named=invoice)
    for late in (45, 46):
        for is_named in (True, False):
            corner = Corner(ledger, f"gave a little back {late} days late, named: {is_named}")
            invoice = corner.invoice(date(2026, 1, 5), 100_000, due_on=due)
            corner.give_back(due + timedelta(days=late), 5_000, named=invoice if is_named else None)


def _delays(ledger: Ledger) -> None:
    """Settled on time and 15, 30 or 90 days late, and a day later each; open for 90 and 91 days past due."""
    due = date(2026, 1, 20)
    for late in (0, 1, 15, 16, 30, 31):
        corner = Corner(ledger, f"paid {late} days late")
        corner.pay(due + timedelta(days=late), 7_700, named=corner.invoice(date(2026, 1, 5), 7_700, due_on=due))
    for age in (0, 1, 90, 91):
        corner = Corner(ledger, f"open {age} days past due")
        corner.invoice(date(2026, 1, 5), 7_700, due_on=NOW - timedelta(days=age))


def _windows(ledger: Ledger) -> None:
    """Each kind of document on the last day of each window and on the day before it."""
    for age in (90, 91, 92, 182, 183, 365, 366):
        on = NOW - timedelta(days=age)
        corner = Corner(ledger, f"{age} days ago")
        recent = corner.invoice(date(2026, 5, 2), 9_000, due_on=date(2026, 5, 20))
        corner.pay(date(2026, 5, 22), 9_000, named=recent)
        old = corner.invoice(on, 5_000, due_on=on + timedelta(days=10))
        corner.pay(on + timedelta(days=13), 4_000, named=old)
        aged = Corner(ledger, f"credits {age} days ago")
        debt = aged.invoice(on - timedelta(days=20), 50_000, due_on=on + timedelta(days=10))
        aged.invoice(date(2026, 5, 2), 9_000)
        aged.give_back(on, 1_000, named=debt)
        aged.pay(on, 2_000, named=debt)
        aged.pay(on, 300, is_bounced=True)


def _smallest_amounts(ledger: Ledger) -> None:
    """A paisa bought, owed, left over, and a paisa short of what was to be paid."""
    corner = Corner(ledger, "bought a paisa")
    for month in range(1, 6):
        corner.invoice(date(2026, month, 10), 1)
    short = Corner(ledger, "a paisa short")
    short.pay(date(2026, 4, 12), 9_999, named=short.invoice(date(2026, 4, 1), 10_000))
    over = Corner(ledger, "a paisa over")
    over.pay(date(2026, 4, 12), 10_001, named=over.invoice(date(2026, 4, 1), 10_000))
    over.invoice(date(2026, 4, 2), 10_000)


def _festive_months(ledger: Ledger) -> None:
    """An October of a late ledger meets a return of the other ledger's December: a part of it, and more than it."""
    for paise in (20_000, 40_000):
        name = f"festive, {paise} given back"
        fresh, late = Corner(ledger, name), Corner(ledger, name, LATE_DISTRIBUTOR)
        fresh.invoice(date(2025, 4, 10), 50_000)
        fresh.invoice(date(2026, 3, 10), 50_000)
        fresh.give_back(date(2025, 12, 10), paise)
        late.invoice(date(2025, 10, 10), 30_000)


def _bounces(ledger: Ledger) -> None:
    """A bounce of the snapshot day is not known yet, one of the day before it is."""
    for known_on in (date(2025, 11, 29), date(2025, 11, 30)):
        corner = Corner(ledger, f"bounced on {known_on}")
        corner.pay(date(2025, 11, 20), 4_000, named=corner.invoice(date(2025, 11, 3), 4_000), bounced_on=known_on)
