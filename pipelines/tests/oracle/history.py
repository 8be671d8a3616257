"""What one retailer did with one distributor, by traits."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from oracle.records import Distributor, Document, Invoice, Ledger, Master, Payment, Return

START = date(2024, 1, 15)
SNAPSHOTS = (date(2025, 8, 15), date(2025, 11, 30), date(2026, 6, 1))
TRAITS = (
    *("steady", "seasonal", "dormant", "one_day", "single", "newcomer", "stopped", "snapshot_day"),
    *("on_account", "unknown_bills", "over_payment", "advance", "part_payer", "never_pays", "bill_refs", "early"),
    *("returns_before", "returns_after", "returns_whole", "written_off_late", "written_off_large", "bounces"),
    *("cancellations", "corrections", "moved", "due_missing", "due_default", "due_mixed", "long_terms"),
    *("huge", "tiny", "ties", "outlier", "no_consent", "master_only", "payments_only", "returns_only"),
    *("two_ledgers", "masters", "undated_bounces"),
)
LARGEST_PAISE = 10**12
LONGEST_TERMS_DAYS = 1_095
METHODS = ("upi", "neft", "cash", "cheque", None)
CATEGORIES = ("oil", "rice", "soap", None)
TERMS = (0, 7, 15, 30, 45)


class History:
    """Adds an account's documents to a ledger.

    Args:
        ledger: to fill.
        distributor: of the account.
        retailer: its name.
        traits: what is odd about it.
        random: the only source of chance.
    """

    def __init__(
        self, ledger: Ledger, distributor: Distributor, retailer: str, *, traits: set[str], random: Random
    ) -> None:
        self._ledger, self._distributor, self._traits, self._random = ledger, distributor, traits, random
        self._last = distributor.covered_on + timedelta(days=1)
        self._numbers = 0
        self._ledgers = [f"{retailer}/{distributor.name}/{place}" for place in (1, 2)]
        self._terms = random.choice(TERMS)
        self._scale = random.choice((5_000, 60_000, 800_000, 5_000_000))
        for own in self._ledgers:
            ledger.owners[own] = retailer

    def write(self) -> None:
        """All documents and master records."""
        self._masters()
        if "master_only" in self._traits:
            return
        days = self._days()
        if not self._traits & {"payments_only", "returns_only"}:
            for on in days:
                self._purchase(on)
        if "payments_only" in self._traits:
            self._pay(self._random.choice(days), 12_345, named=None)
            self._pay(self._random.choice(days), 500, named=None, is_bounced=True)
        if "returns_only" in self._traits:
            self._give_back(self._random.choice(days), 777, named=None)
        if "on_account" in self._traits:
            for on in days[:: self._random.randint(1, 4)]:
                self._pay(on + timedelta(days=self._random.randint(0, 60)), self._scale * 2, named=None)
        if "snapshot_day" in self._traits:
            self._around_snapshots()

    def _masters(self) -> None:
        districts = [None, None, "unknown", "Pune", "Nashik", "Thane"]
        for own in self._ledgers[: 2 if "masters" in self._traits else self._random.randint(0, 1)]:
            self._ledger.masters.append(Master(self._distributor.name, own, self._random.choice(districts)))
        if self._traits & {"master_only", "masters"}:
            self._ledger.masters.append(Master(self._distributor.name, self._ledgers[0], "Satara", is_active=False))
        if "masters" in self._traits:  # a newer record that is silent about the district
            self._ledger.masters.append(Master(self._distributor.name, self._ledgers[0], None))

    def _days(self) -> list[date]:
        first = START + timedelta(days=self._random.randint(0, 700))
        every = self._random.choice((3, 7, 14, 30, 45))
        end = self._last
        if "early" in self._traits:
            first = date(2024, 2, 29)
        if "newcomer" in self._traits:
            first = self._last - timedelta(days=self._random.randint(1, 80))
        if "dormant" in self._traits:
            first, end = START, START + timedelta(days=self._random.randint(60, 120))
        if "stopped" in self._traits:
            end = min(SNAPSHOTS[self._random.randrange(2)] + timedelta(days=self._random.randint(-60, 20)), self._last)
        days: list[date] = []
        on = first
        while on <= end and len(days) < 60:
            if "seasonal" not in self._traits or on.month in (9, 10, 11, 3):
                days.append(on)
            on += timedelta(days=max(1, round(self._random.gauss(every, every / 4))))
        days = days or [min(first, self._last)]
        if "single" in self._traits:
            return days[-1:]
        return [days[0]] * 3 if "one_day" in self._traits else days

    def _amount(self) -> int:
        if "ties" in self._traits:
            return 10_000
        if "tiny" in self._traits:
            return self._random.randint(1, 20)
        if "huge" in self._traits and self._random.random() < 0.3:
            return LARGEST_PAISE - self._random.randint(0, 1) * self._random.randint(0, 10**6)
        if "outlier" in self._traits and self._random.random() < 0.1:
            return self._scale * 1_000
        return max(1, round(self._scale * self._random.lognormvariate(0, 0.5)))

    def _due(self, on: date) -> tuple[date | None, str]:
        source = "stated"
        if "due_missing" in self._traits:
            source = "assumed"
        if "due_default" in self._traits:
            source = "default"
        if "due_mixed" in self._traits:
            source = self._random.choice(("stated", "default", "assumed"))
        terms = LONGEST_TERMS_DAYS if "long_terms" in self._traits and self._random.random() < 0.3 else self._terms
        return (None if source == "assumed" else on + timedelta(days=terms)), source

    def _next_key(self, letter: str) -> str:
        """Keys do not sort by date, so that ties are told from order."""
        self._numbers += 1
        return f"{letter}{self._random.randrange(10**6):06d}{self._ledgers[0][-14:].replace('/', '-')}{self._numbers}"

    def _purchase(self, on: date) -> None:
        due, source = self._due(on)
        paise = self._amount()
        invoice = Invoice(
            self._distributor.name,
            self._own_ledger(),
            self._next_key("I"),
            on=on,
            paise=paise,
            due_on=due,
            due_source=source,
            bill_ref=f"B/{self._random.randint(1, 8)}" if "bill_refs" in self._traits else None,
            sku_category=self._random.choice(CATEGORIES),
            line_count=self._random.choice((None, 1, 2, 5, 40)),
        )
        self._state(invoice)
        self._returns_of(invoice)
        self._payments_of(invoice)

    def _own_ledger(self) -> str:
        return self._random.choice(self._ledgers) if "two_ledgers" in self._traits else self._ledgers[0]

    def _payments_of(self, invoice: Invoice) -> None:
        if self._traits & {"never_pays", "on_account"} or self._random.random() < 0.07:
            return
        due = invoice.due_on or invoice.on + timedelta(days=30)
        on = max(invoice.on, due + timedelta(days=round(self._random.gauss(2, 14))))
        if "advance" in self._traits and self._random.random() < 0.5:
            on = invoice.on - timedelta(days=self._random.randint(1, 40))
        if "over_payment" in self._traits:
            self._pay(on, invoice.paise + self._random.choice((1, 500, invoice.paise)), named=invoice)
        elif "part_payer" in self._traits and invoice.paise > 3:
            part = invoice.paise // 3
            for place, paise in enumerate((part, part, invoice.paise - 2 * part)[: self._random.randint(1, 3)]):
                self._pay(on + timedelta(days=9 * place * self._random.randint(0, 1)), paise, named=invoice)
        else:
            self._pay(on, invoice.paise, named=invoice)

    def _returns_of(self, invoice: Invoice) -> None:
        due = invoice.due_on or invoice.on + timedelta(days=30)
        chance = self._random.random()
        if "returns_before" in self._traits and chance < 0.2:
            self._give_back(invoice.on - timedelta(days=3), max(1, invoice.paise // 4), named=None)
        if "returns_after" in self._traits and chance < 0.3:
            self._give_back(invoice.on + timedelta(days=4), max(1, invoice.paise // 5), named=invoice)
        if "returns_whole" in self._traits and chance < 0.3:
            self._give_back(invoice.on + timedelta(days=2), invoice.paise, named=invoice)
        if "written_off_late" in self._traits and chance < 0.4:
            late = self._random.choice((1, 44, 45, 46, 90))
            self._give_back(due + timedelta(days=late), max(1, invoice.paise // 10), named=invoice)
        if "written_off_large" in self._traits and chance < 0.4:
            part = self._random.choice((29, 30, 31, 100))
            late = self._random.choice((0, 1, 20))
            self._give_back(due + timedelta(days=late), max(1, invoice.paise * part // 100), named=invoice)

    def _pay(self, on: date, paise: int, *, named: Invoice | None, is_bounced: bool = False) -> None:
        on = min(on, self._last)
        if "bounces" in self._traits and self._random.random() < 0.3:
            is_bounced = True
        known_on = min(on + timedelta(days=self._random.randint(0, 30)), self._last)
        invoice_id, bill_ref = self._reference(named)
        is_dated = self._distributor.has_order and "undated_bounces" not in self._traits
        payment = Payment(
            self._distributor.name,
            self._own_ledger(),
            self._next_key("P"),
            on=on,
            paise=min(paise, LARGEST_PAISE),
            line=self._random.randint(1, 3),
            invoice_id=invoice_id,
            bill_ref=bill_ref,
            method=self._random.choice(METHODS),
            is_bounced=is_bounced,
            bounced_on=known_on if is_bounced and is_dated else None,
        )
        self._state(payment)

    def _reference(self, named: Invoice | None) -> tuple[str | None, str | None]:
        if "unknown_bills" in self._traits and self._random.random() < 0.4:
            return self._random.choice((("unknown", None), (None, "B/0"), ("unknown", "B/1")))
        if named is None or self._random.random() < 0.2:
            return None, None
        return (None, named.bill_ref) if named.bill_ref else (named.key, None)

    def _give_back(self, on: date, paise: int, *, named: Invoice | None) -> None:
        reference = named.key if named is not None and self._random.random() < 0.8 else None
        returned = Return(
            self._distributor.name,
            self._own_ledger(),
            self._next_key("R"),
            on=min(on, self._last),
            paise=paise,
            invoice_id=reference,
        )
        self._state(returned)

    def _around_snapshots(self) -> None:
        for snapshot in SNAPSHOTS:
            for shift in (-1, 0):
                on = snapshot + timedelta(days=shift)
                if on > self._last:
                    continue
                for days in (0, 1):
                    self._state(
                        Invoice(
                            self._distributor.name,
                            self._ledgers[0],
                            self._next_key("I"),
                            on=on,
                            paise=1_000,
                            due_on=on + timedelta(days=days),
                            due_source="stated",
                        )
                    )
                self._pay(on, 700, named=None)
                self._give_back(on, 100, named=None)
            self._purchase(min(snapshot - timedelta(days=365), self._last))
            self._purchase(min(snapshot - timedelta(days=366), self._last))

    def _state(self, document: Document) -> None:
        """States a document, and states it again where it is corrected, cancelled or moved."""
        statements = [document]
        if "corrections" in self._traits and self._random.random() < 0.3:
            statements = self._corrected(document)
        if "cancellations" in self._traits and self._random.random() < 0.2 and self._can_cancel(document):
            statements.append(replace(document, is_cancelled=True))
        if "moved" in self._traits and self._random.random() < 0.2:
            statements.append(replace(document, ledger=self._random.choice(self._neighbours())))
        orders = [0] * len(statements)
        if self._distributor.has_order:
            orders = list(range(3, 3 + len(statements)))
            if self._random.random() < 0.3:
                orders = [5] * len(statements)
        for place, (statement, order) in enumerate(zip(statements, orders, strict=True)):
            sequence = place if order == 5 else 0
            self._ledger.documents.append(replace(statement, order=order, sequence=sequence))

    def _neighbours(self) -> list[str]:
        return [own for own in self._ledger.owners if own.split("/")[1] == self._distributor.name]

    def _can_cancel(self, document: Document) -> bool:
        return self._distributor.has_order or isinstance(document, Invoice)

    def _corrected(self, document: Document) -> list[Document]:
        other = max(1, document.paise + self._random.randint(-document.paise, document.paise) // 2)
        earlier = replace(document, paise=min(other, LARGEST_PAISE))
        if isinstance(document, Invoice) and document.due_on is not None:
            latest = document.on + timedelta(days=LONGEST_TERMS_DAYS)
            due_on = min(document.due_on + timedelta(days=3), latest)
            earlier = replace(document, paise=min(other, LARGEST_PAISE), due_on=due_on)
        return [earlier, document] if self._random.random() < 0.5 else [document, earlier, document]
