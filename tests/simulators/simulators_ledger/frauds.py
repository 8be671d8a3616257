"""Forged trade: what a ledger shows of retailers that trade in a circle, split, date back or inflate invoices."""

from dataclasses import fields, replace

import numpy as np

from simulators_ledger.model import NONE, Bools, Ints, Invoices, Population

INFLATION = 10
_PARTS = (3, 7)  # of a split invoice
_ROUND_DAYS = 9  # between two rounds of a circle
_ROUND_BASKETS = 3.0
_FORGED_MONTHS, _FORGED_PER_MONTH, _FORGED_BASKETS = 12, 2, 1.5
_LEAST_PAISE = 15_000


def forge(seed: int, population: Population, members: Ints, *, invoices: Invoices) -> tuple[Invoices, Bools]:
    """The invoices with all forgeries, in order of their days, and which of them are paid at once.

    Args:
        seed: of the run.
        population: says who forges, and from when on.
        members: the ledger's retailers.
        invoices: of honest trade, in order of their days.
    """
    invoices = _inflated(population, members, invoices)
    invoices = _split(seed, population, members=members, invoices=invoices)
    retailer, day, entered, paise = _invented(seed, population, members)
    count, person = retailer.size, members[retailer]
    has_lines = bool(invoices.line_count.size and invoices.line_count[0] != NONE)
    columns = {
        "retailer": retailer,
        "day": day,
        "credit_days": population.credit_days[person],
        "has_terms": np.ones(count, dtype=bool),
        "paise": paise,
        "first_paise": np.full(count, NONE, dtype=np.int64),
        "is_cancelled": np.zeros(count, dtype=bool),
        "line_count": np.full(count, 3 if has_lines else NONE, dtype=np.int64),
        "entered_day": entered,
    }
    merged = {name: np.concatenate([getattr(invoices, name), column]) for name, column in columns.items()}
    order = np.lexsort((merged["retailer"], merged["day"]))
    is_invented = np.concatenate([np.zeros(invoices.day.size, dtype=bool), np.ones(count, dtype=bool)])
    return Invoices(**{name: column[order] for name, column in merged.items()}), is_invented[order]


def _first_days(population: Population, numbers: Ints) -> Ints:
    """Per retailer the day on which its oddity begins, for those with these numbers; beyond the end for all others."""
    days = np.full(population.size, population.days, dtype=np.int64)
    days[numbers] = population.month_starts[population.traits.from_month[numbers]]
    return days


def _inflated(population: Population, members: Ints, invoices: Invoices) -> Invoices:
    begins = _first_days(population, population.traits.of("inflated"))
    factor = np.where(invoices.day >= begins[members[invoices.retailer]], INFLATION, 1)
    first = np.where(invoices.first_paise == NONE, NONE, invoices.first_paise * factor)
    return replace(invoices, paise=invoices.paise * factor, first_paise=first)


def _split(seed: int, population: Population, *, members: Ints, invoices: Invoices) -> Invoices:
    begins = _first_days(population, population.traits.of("split"))
    rng = np.random.default_rng([seed, 23, members.size])
    is_split = (invoices.day >= begins[members[invoices.retailer]]) & (invoices.first_paise == NONE)
    parts = np.where(is_split, rng.integers(*_PARTS, invoices.day.size), 1)
    parts = np.minimum(parts, np.maximum(1, invoices.paise // _LEAST_PAISE))
    index = np.repeat(np.arange(parts.size), parts)
    is_first = np.concatenate([[True], index[1:] != index[:-1]]) if index.size else np.zeros(0, dtype=bool)
    share = (invoices.paise // parts)[index]
    paise = np.where(is_first, invoices.paise[index] - share * (parts[index] - 1), share)
    columns = {field.name: getattr(invoices, field.name)[index] for field in fields(invoices)}
    return Invoices(**(columns | {"paise": paise}))


def _invented(seed: int, population: Population, members: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Retailer, day, day of entry and paise of invoices without any trade behind them."""
    place = np.full(population.size, NONE, dtype=np.int64)
    place[members] = np.arange(members.size)
    rows = [*_circles(seed, population), *_forged_years(seed, population)]
    chosen = [row for row in rows if place[row[0]] != NONE]
    numbers, day, entered, paise = np.array(chosen, dtype=np.int64).reshape(-1, 4).T
    return place[numbers], day, entered, paise


def _circles(seed: int, population: Population) -> list[tuple[int, int, int, int]]:
    """Equal amounts, first to one of a pair and a day later to the other, as long as the ledger goes."""
    rows = []
    pairs = population.traits.of("circular").reshape(-1, 2).tolist()
    for first, second in pairs:
        rng = np.random.default_rng([seed, 24, first])
        begins = int(population.month_starts[population.traits.from_month[first]])
        basket = float(population.basket_inr[[first, second]].mean())
        for day in range(begins + int(rng.integers(0, _ROUND_DAYS)), population.days - 1, _ROUND_DAYS):
            rupees = round(basket * _ROUND_BASKETS * float(rng.lognormal(0.0, 0.15)))
            back = round(rupees * float(rng.uniform(0.985, 1.0)))
            rows += [(first, day, day, rupees * 100), (second, day + 1, day + 1, back * 100)]
    return rows


def _forged_years(seed: int, population: Population) -> list[tuple[int, int, int, int]]:
    """Bills of a year in which the retailer did not exist, all written in the month in which it began to buy."""
    rows = []
    for number in population.traits.of("back_dated").tolist():
        rng = np.random.default_rng([seed, 25, number])
        month = int(population.traits.from_month[number])
        entered = int(population.month_starts[month])
        earliest = int(population.month_starts[max(0, month - _FORGED_MONTHS)])
        for day in np.sort(rng.integers(earliest, entered, _FORGED_MONTHS * _FORGED_PER_MONTH)).tolist():
            amount = float(population.basket_inr[number]) * _FORGED_BASKETS * float(rng.lognormal(0.0, 0.2))
            rows.append((number, day, entered, round(amount) * 100))
    return rows
