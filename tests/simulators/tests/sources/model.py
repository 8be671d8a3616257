"""A small generated ledger that can be edited, and what a receiver must hold of it."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
from simulators_ledger.behaviour import make_population
from simulators_ledger.identities import make_shops
from simulators_ledger.model import Ints, Ledger, rupees
from simulators_ledger.trade import Habits, make_ledger

AS_OF = date(2025, 12, 31)
SHOPS = 14
Row = tuple[str, str, str, Decimal]  # kind, party, day, rupees


class Model:
    """A ledger of one distributor, which stays the truth through every edit."""

    def __init__(self, seed: int) -> None:
        shops = make_shops(seed, SHOPS)
        population = make_population(seed, SHOPS, as_of=AS_OF, months=4, shops=shops)
        habits = Habits(on_account_ratio=0.5, terms_ratio=0.6, has_lines=True)
        self.ledger: Ledger = make_ledger(seed, population, np.arange(SHOPS), distributor_id="dist_x", habits=habits)

    def free_invoices(self) -> list[int]:
        """Live invoices that nothing settles, so that they can be cancelled in every ERP, the latest first."""
        ledger = self.ledger
        settled = {*ledger.payments.invoice.tolist(), *ledger.returns.invoice.tolist()}
        live = np.flatnonzero(~ledger.invoices.is_cancelled).tolist()
        return [invoice for invoice in reversed(live) if invoice not in settled]

    def a_receipt(self) -> int:
        """The latest receipt of which the money stayed."""
        payments = self.ledger.payments
        return int(payments.receipt[~payments.is_bounced].max())

    def change(self, invoice: int, paise: int) -> None:
        """Gives an invoice another amount; what was written before a correction of the generator is forgotten."""
        invoices = self.ledger.invoices
        self._set(invoices=replace(invoices, paise=_with(invoices.paise, invoice, paise)))

    def remove(self, invoice: int) -> None:
        """An invoice that counts no longer."""
        is_cancelled = self.ledger.invoices.is_cancelled.copy()
        is_cancelled[invoice] = True
        self._set(invoices=replace(self.ledger.invoices, is_cancelled=is_cancelled))

    def remove_receipt(self, receipt: int) -> None:
        """A receipt that counts no longer."""
        payments = self.ledger.payments
        kept = payments.receipt != receipt
        columns = {name: column[kept] for name, column in vars(payments).items()}
        self._set(payments=replace(payments, **columns))

    def _set(self, **parts: object) -> None:
        self.ledger = replace(self.ledger, **parts)  # type: ignore[arg-type]

    def truth(self) -> Counter[Row]:
        """The live documents: kind, party, day and rupees; money that came back is a kind of its own."""
        ledger = self.ledger
        invoices, payments, returns = ledger.invoices, ledger.payments, ledger.returns
        rows = [
            self._row("invoices", int(invoices.retailer[i]), day=int(invoices.day[i]), paise=int(invoices.paise[i]))
            for i in np.flatnonzero(~invoices.is_cancelled).tolist()
        ]
        rows += [
            self._row("returns", int(returns.retailer[i]), day=int(returns.day[i]), paise=int(returns.paise[i]))
            for i in range(returns.day.size)
        ]
        for receipt in np.unique(payments.receipt).tolist():
            lines = np.flatnonzero(payments.receipt == receipt)
            kind = "bounced" if payments.is_bounced[lines[0]] else "payments"
            paise = int(payments.paise[lines].sum())
            rows.append(self._row(kind, int(payments.retailer[lines[0]]), day=int(payments.day[lines[0]]), paise=paise))
        return Counter(rows)

    def _row(self, kind: str, retailer: int, *, day: int, paise: int) -> Row:
        return kind, self.ledger.shop(retailer).name, self.ledger.on(day).isoformat(), rupees(paise)

    def monthly(self) -> dict[tuple[str, str], tuple[int, Decimal]]:
        """Number and sum of the documents by table and month; a bounced receipt is still a receipt."""
        totals: dict[tuple[str, str], tuple[int, Decimal]] = {}
        for (kind, _, on, amount), count in self.truth().items():
            place = ("payments" if kind == "bounced" else kind, on[:7])
            before = totals.get(place, (0, Decimal(0)))
            totals[place] = (before[0] + count, before[1] + count * amount)
        return totals


def _with(column: Ints, place: int, value: int) -> Ints:
    changed = column.copy()
    changed[place] = value
    return changed
