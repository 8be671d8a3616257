"""Tally's own monthly totals, from the census and from the journals that settle."""

from collections.abc import Iterable
from decimal import Decimal

from altscore_connector.records import LEDGER_TABLES, ErpTotal, Table

Sums = dict[tuple[Table, str], tuple[int, Decimal]]


def month_totals(
    vouchers: Iterable[tuple[Table, str, Decimal | None]], journals: Iterable[tuple[Table, str, Decimal]]
) -> tuple[list[ErpTotal], set[tuple[Table, str]]]:
    """Totals of the live vouchers by month, and the months that have none: a voucher of them tells no amount.

    Args:
        vouchers: table, month and amount of each live voucher of a debtor, as the census tells it.
        journals: table, month and amount of each journal that settles; the census does not tell their amounts.
    """
    sums: Sums = {}
    unknown: set[tuple[Table, str]] = set()
    for table, month, amount in vouchers:
        if amount is None:
            unknown.add((table, month))
        else:
            _add(sums, (table, month), amount=amount)
    for table, month, amount in journals:
        _add(sums, (table, month), amount=amount)
    totals = [
        ErpTotal(table=table, month=month, count=count, amount_inr=amount)
        for (table, month), (count, amount) in sorted(sums.items())
        if (table, month) not in unknown
    ]
    return totals, unknown


def add_totals(first: Iterable[ErpTotal], second: Iterable[ErpTotal]) -> list[ErpTotal]:
    """The totals of two companies as one ledger's."""
    sums: Sums = {}
    for total in (*first, *second):
        _add(sums, (total.table, total.month), amount=total.amount_inr, count=total.count)
    return [
        ErpTotal(table=table, month=month, count=count, amount_inr=amount)
        for (table, month), (count, amount) in sorted(sums.items())
    ]


def empty_months(totals: Iterable[ErpTotal], known: Iterable[tuple[str, str]], *, first: str) -> list[ErpTotal]:
    """Totals of zero for known months from `first` on (`YYYY-MM`) of which the ERP shows no document any more."""
    told = {(total.table, total.month) for total in totals}
    return [
        ErpTotal(table=table, month=month, count=0, amount_inr=Decimal(0))
        for table in LEDGER_TABLES
        for name, month in sorted(known)
        if name == table and month >= first and (table, month) not in told
    ]


def _add(sums: Sums, place: tuple[Table, str], *, amount: Decimal, count: int = 1) -> None:
    known = sums.get(place, (0, Decimal(0)))
    sums[place] = (known[0] + count, known[1] + amount)
