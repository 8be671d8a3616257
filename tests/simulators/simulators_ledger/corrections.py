"""What happens to a ledger after the trade: debts written off, receipts taken back, an export that ends early."""

from dataclasses import fields, replace

import numpy as np

from simulators_ledger.model import Ints, Invoices, Ledger, Payments, Returns

# Days from the due date to the write-off: of a rest, whose first part was paid within 50 days; of a whole debt,
# half of them early and half late.
_REST_DAYS, _EARLY_DAYS, _LATE_DAYS = (51, 120), (20, 45), (60, 200)
_BACK_DAYS = (1, 20)  # from a receipt to the entry that takes it back


def write_off_some(
    rng: np.random.Generator, returns: Returns, *, invoices: Invoices, owed: Ints, share: float, days: int
) -> Returns:
    """The credit notes with write-offs among them: what was owed and never paid, for good.

    Args:
        rng: of the oddities.
        returns: of goods.
        invoices: of the ledger.
        owed: paise of each invoice that nobody ever pays.
        share: of these invoices.
        days: of the ledger.
    """
    debts = np.flatnonzero(owed > 0)
    chosen = debts[rng.random(debts.size) < share]
    is_part = owed[chosen] < invoices.paise[chosen]
    rest, early, late = (rng.integers(*span, chosen.size) for span in (_REST_DAYS, _EARLY_DAYS, _LATE_DAYS))
    after = np.where(is_part, rest, np.where(rng.random(chosen.size) < 0.5, early, late))
    day = invoices.day[chosen] + invoices.credit_days[chosen] + after
    chosen, day = chosen[day < days], day[day < days]
    columns = {
        "retailer": invoices.retailer[chosen],
        "day": day,
        "invoice": chosen,
        "names_invoice": np.ones(chosen.size, dtype=bool),
        "paise": owed[chosen],
        "is_write_off": np.ones(chosen.size, dtype=bool),
    }
    return Returns(**{name: np.concatenate([getattr(returns, name), column]) for name, column in columns.items()})


def reverse_some(rng: np.random.Generator, payments: Payments, *, share: float, last_day: int) -> Payments:
    """The payments with some receipts entered twice, of which the second entry is taken back later.

    Args:
        rng: of the oddities.
        payments: in order of receipts.
        share: of the receipts.
        last_day: of the ledger.
    """
    receipts = int(payments.receipt.max()) + 1 if payments.receipt.size else 0
    after = rng.integers(*_BACK_DAYS, receipts)
    is_twice = (rng.random(receipts) < share)[payments.receipt] & ~payments.is_bounced
    again = np.flatnonzero(is_twice & (payments.day + after[payments.receipt] <= last_day))
    columns = {field.name: getattr(payments, field.name) for field in fields(payments)}
    index = np.concatenate([np.arange(payments.day.size), again])
    merged = {name: column[index] for name, column in columns.items()}
    is_copy = np.arange(index.size) >= payments.day.size
    back_day = merged["day"] + after[merged["receipt"]]
    merged |= {
        "is_bounced": merged["is_bounced"] | is_copy,
        "is_reversal": is_copy,
        "back_day": np.where(is_copy, back_day, merged["back_day"]),
    }
    # The copy stands behind its receipt, so numbers go on growing with the days.
    order = np.lexsort((merged["line_no"], is_copy, merged["receipt"]))
    ordered = {name: column[order] for name, column in merged.items()}
    key = ordered["receipt"] * 2 + is_copy[order]
    _, ordered["receipt"] = np.unique(key, return_inverse=True)
    return Payments(**ordered)


def cut_off(ledger: Ledger) -> Ledger:
    """The ledger as it is known on its last day: nothing later is in it, and money that goes back later did not yet."""
    last = ledger.last_day
    invoices, payments, returns = ledger.invoices, ledger.payments, ledger.returns
    parts = {
        name: {field.name: getattr(part, field.name)[part.day <= last] for field in fields(part)}
        for name, part in (("invoices", invoices), ("payments", payments), ("returns", returns))
    }
    is_early = parts["payments"]["back_day"] > last
    # Entered twice and not yet noticed would be money twice: such a copy is noticed at once.
    parts["payments"]["back_day"] = np.where(is_early, last, parts["payments"]["back_day"])
    return replace(
        ledger,
        invoices=Invoices(**parts["invoices"]),
        payments=Payments(**parts["payments"]),
        returns=Returns(**parts["returns"]),
    )
