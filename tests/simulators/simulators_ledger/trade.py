"""One distributor's trade with its retailers: invoices, credit notes, receipts."""

from dataclasses import dataclass, replace

import numpy as np

from simulators_ledger.corrections import cut_off, reverse_some, write_off_some
from simulators_ledger.frauds import forge
from simulators_ledger.model import (
    BEHAVIOURS,
    NONE,
    Bools,
    Floats,
    Ints,
    Invoices,
    Ledger,
    Payments,
    Population,
    Returns,
)
from simulators_ledger.oddities import FRAUDS, PLAIN, Oddities

_NEVER = 10**6


@dataclass(frozen=True)
class Habits:
    """What a distributor's ledger looks like, apart from its retailers.

    Attributes:
        on_account_ratio: share of receipts that name no bill.
        terms_ratio: share of invoices that carry their due date.
        has_lines: whether the ERP tells the number of lines of an invoice.
        volume: multiplies every retailer's order rate.
        late_days: how many days before the others it ends.
    """

    on_account_ratio: float = 0.45
    terms_ratio: float = 0.8
    has_lines: bool = False
    volume: float = 1.0
    late_days: int = 0


def make_ledger(
    seed: int,
    population: Population,
    members: Ints,
    *,
    distributor_id: str,
    habits: Habits,
    oddities: Oddities = PLAIN,
) -> Ledger:
    """Draws the ledger of one distributor for the given members of the population.

    Args:
        seed: same seed, same ledger.
        population: of the run; its traits say who forges.
        members: numbers of the distributor's retailers.
        distributor_id: its name, which also moves the random numbers.
        habits: what the ledger looks like.
        oddities: shares of its documents.
    """
    rng = np.random.default_rng([seed, 2, *distributor_id.encode()])
    invoices = _invoices(rng, population, members=members, habits=habits)
    is_prompt = np.zeros(invoices.day.size, dtype=bool)
    if any(population.traits.of(name).size for name in FRAUDS):
        invoices, is_prompt = forge(seed, population, members, invoices=invoices)
    returns = _returns(rng, population, members=members, invoices=invoices)
    lines, owed = _payment_lines(rng, population, members, invoices=invoices, returns=returns, is_prompt=is_prompt)
    payments = _receipts(rng, population, members, lines=lines, invoices=invoices, habits=habits)
    own = np.random.default_rng([seed, 26, *distributor_id.encode()])
    if oddities.write_offs:
        returns = write_off_some(
            own, returns, invoices=invoices, owed=owed, share=oddities.write_offs, days=population.days
        )
    if oddities.reversals:
        payments = reverse_some(own, payments, share=oddities.reversals, last_day=population.days - 1)
    ledger = Ledger(
        distributor_id=distributor_id,
        population=population,
        members=members,
        invoices=invoices,
        payments=payments,
        returns=returns,
        tells_bounce_days=bool(oddities.reversals),
    )
    return cut_off(replace(ledger, late_days=habits.late_days)) if habits.late_days else ledger


def _order_days(rng: np.random.Generator, population: Population, members: Ints, volume: float) -> tuple[Ints, Ints]:
    """Days of ordering: a renewal process per retailer in the time of its cumulative intensity."""
    edges = np.append(population.month_starts, population.days).astype(np.float64)
    lengths = np.diff(np.append(population.month_starts, population.month_starts[-1] + 30))
    daily = population.rate[members] * volume / lengths
    cumulative = np.concatenate([np.zeros((members.size, 1)), np.cumsum(daily * np.diff(edges), axis=1)], axis=1)
    retailers, days = [], []
    for i in range(members.size):
        total = cumulative[i, -1]
        if total < 0.05:
            continue
        shape = population.regularity[members[i]]
        gaps = rng.gamma(shape, 1 / shape, int(total + 6 * np.sqrt(total) + 12))
        marks = np.cumsum(gaps) - rng.random()
        marks = marks[(marks > 0) & (marks < total)]
        days.append(np.interp(marks, cumulative[i], edges).astype(np.int64))
        retailers.append(np.full(marks.size, i, dtype=np.int64))
    return np.concatenate(retailers), np.minimum(np.concatenate(days), population.days - 1)


def _month_of(population: Population, day: Ints) -> Ints:
    return np.asarray(np.searchsorted(population.month_starts, day, side="right") - 1, dtype=np.int64)


def _invoices(rng: np.random.Generator, population: Population, members: Ints, habits: Habits) -> Invoices:
    retailer, day = _order_days(rng, population, members=members, volume=habits.volume)
    order = np.lexsort((retailer, day))
    retailer, day = retailer[order], day[order]
    count, person, month = day.size, members[retailer], _month_of(population, day)
    stress = population.stress[person, month]
    mean = population.basket_inr[person] * np.exp(-0.06 * np.clip(stress, 0, 4))
    rupees = np.clip(mean * np.exp(rng.normal(-0.1, 0.45, count)), 150, 900_000)
    whole = rng.random(count) < 0.45
    paise = np.where(whole, np.round(rupees) * 100, np.round(rupees * 100)).astype(np.int64)
    corrected = rng.random(count) < 0.01
    first = np.where(corrected, np.round(paise * rng.uniform(1.02, 1.3, count)), NONE).astype(np.int64)
    cancelled = (rng.random(count) < 0.007) & ~corrected
    lines = 1 + rng.poisson(np.clip(population.basket_inr[person] / 2500, 1, 12))
    return Invoices(
        retailer=retailer,
        day=day,
        credit_days=population.credit_days[person],
        has_terms=(rng.random(count) < habits.terms_ratio) & (population.behaviour[person] != BEHAVIOURS.index("thin")),
        paise=paise,
        first_paise=first,
        is_cancelled=cancelled,
        line_count=lines.astype(np.int64) if habits.has_lines else np.full(count, NONE, dtype=np.int64),
        entered_day=day,
    )


def _returns(rng: np.random.Generator, population: Population, members: Ints, invoices: Invoices) -> Returns:
    person_ratio = np.clip(rng.gamma(1.2, 0.022, population.size), 0.002, 0.2)
    ratio = person_ratio[members[invoices.retailer]]
    chosen = np.flatnonzero((rng.random(invoices.day.size) < ratio) & ~invoices.is_cancelled)
    day = invoices.day[chosen] + rng.integers(1, 15, chosen.size)
    chosen, day = chosen[day < population.days], day[day < population.days]
    paise = np.round(invoices.paise[chosen] * rng.uniform(0.04, 0.3, chosen.size)).astype(np.int64)
    return Returns(
        retailer=invoices.retailer[chosen],
        day=day,
        invoice=chosen,
        names_invoice=rng.random(chosen.size) < 0.6,
        paise=np.maximum(paise, 100),
        is_write_off=np.zeros(chosen.size, dtype=bool),
    )


def _payment_lines(
    rng: np.random.Generator,
    population: Population,
    members: Ints,
    *,
    invoices: Invoices,
    returns: Returns,
    is_prompt: Bools,
) -> tuple[tuple[Ints, Ints, Ints], Ints]:
    """Invoice, day and paise of all that is paid before the ledger ends, and what of each bill nobody ever pays."""
    count = invoices.day.size
    stress = population.stress[members[invoices.retailer], _month_of(population, invoices.day)]
    payable = invoices.paise.copy()
    np.subtract.at(payable, returns.invoice, returns.paise)
    payable[invoices.is_cancelled] = 0
    due = invoices.day + invoices.credit_days
    lateness = np.round(rng.gamma(1.6, 2.3 * np.exp(0.5 * stress)) - 3.0)
    pay_day = np.maximum(invoices.day, due + lateness.astype(np.int64))
    first_share, second_day = _splits(rng, stress, pay_day)
    withheld, late_day = _withheld(rng, population, members=members, invoices=invoices, due=due)
    withheld &= ~is_prompt
    first_share = np.where(withheld, np.where(rng.random(count) < 0.4, rng.uniform(0.15, 0.6, count), 0.0), first_share)
    pay_day = np.where(withheld, due + rng.integers(5, 45, count), pay_day)
    first_share, pay_day = np.where(is_prompt, 1.0, first_share), np.where(is_prompt, invoices.day, pay_day)
    second_day = np.where(withheld, late_day, second_day)
    first = np.round(payable * first_share).astype(np.int64)
    index = np.concatenate([np.arange(count), np.arange(count)])
    amount = np.concatenate([first, payable - first])
    day = np.concatenate([pay_day, second_day])
    day = _on_visit_days(rng, members, retailer=invoices.retailer[index], day=day)
    known = (amount > 0) & (day < population.days)
    owed = np.where(withheld & (second_day == _NEVER), payable - first, 0)
    return (index[known], day[known], amount[known]), owed


def _splits(rng: np.random.Generator, stress: Floats, pay_day: Ints) -> tuple[Floats, Ints]:
    """Share paid at first and the day of the rest; most pay at once."""
    in_parts = rng.random(stress.size) < np.clip(0.04 * np.exp(0.6 * stress), 0.01, 0.5)
    share = np.where(in_parts, rng.uniform(0.3, 0.8, stress.size), 1.0)
    return share, pay_day + rng.integers(4, 26, stress.size)


def _withheld(
    rng: np.random.Generator, population: Population, members: Ints, invoices: Invoices, due: Ints
) -> tuple[Bools, Ints]:
    """Which invoices are not paid within 90 days of their due date, and when they are after all."""
    person, count = members[invoices.retailer], due.size
    stress = population.stress[person, _month_of(population, invoices.day)]
    in_default = population.withheld[person, _month_of(population, invoices.day)] & (rng.random(count) < 0.85)
    dispute = rng.random(count) < np.clip(0.0006 * np.exp(0.7 * stress), 0, 0.01)
    settles = population.settles[person] | (rng.random(count) < 0.15) | dispute
    late = due + rng.integers(95, 190, count)
    return in_default | dispute, np.where(settles, late, _NEVER)


def _on_visit_days(rng: np.random.Generator, members: Ints, retailer: Ints, day: Ints) -> Ints:
    """Collectors come on one weekday per retailer, so one receipt often settles several bills."""
    weekday = rng.integers(0, 6, members.size)[retailer]
    weekly = (rng.random(members.size) < 0.55)[retailer]
    return np.asarray(np.where(weekly, day + (weekday - day) % 7, day), dtype=np.int64)


def _receipts(
    rng: np.random.Generator,
    population: Population,
    members: Ints,
    *,
    lines: tuple[Ints, Ints, Ints],
    invoices: Invoices,
    habits: Habits,
) -> Payments:
    index, day, amount = lines
    retailer = invoices.retailer[index]
    key = retailer * (population.days + 1) + day
    _, group = np.unique(key, return_inverse=True)
    groups = int(group.max()) + 1 if group.size else 0
    lean = np.clip(rng.beta(1.2, 1.2, members.size) - 0.5 + habits.on_account_ratio, 0.02, 0.98)
    group_retailer = np.zeros(groups, dtype=np.int64)
    group_retailer[group] = retailer
    on_account = rng.random(groups) < lean[group_retailer]
    method = _methods(rng, members.size)[group_retailer, rng.integers(0, 8, groups)]
    # Money on account is one line per receipt.
    span = invoices.day.size + 1
    merged, line = np.unique(group * span + np.where(on_account[group], NONE, index) + 1, return_inverse=True)
    total, line_day = np.zeros((2, merged.size), dtype=np.int64)
    np.add.at(total, line, amount)
    line_day[line] = day
    receipt, invoice = merged // span, merged % span - 1
    written = np.where(invoice == NONE, 0, invoices.day[invoice])
    return _with_bounces(
        rng,
        population,
        members,
        group=receipt,
        invoice=invoice,
        day=line_day,
        paise=total,
        retailer=group_retailer[receipt],
        method=method[receipt],
        written=written,
    )


def _methods(rng: np.random.Generator, retailers: int) -> Ints:
    """Eight remembered ways of paying per retailer, so that habits show."""
    usual = rng.choice(4, size=retailers, p=[0.4, 0.3, 0.22, 0.08])
    other = rng.choice(4, size=(retailers, 8), p=[0.4, 0.3, 0.22, 0.08])
    return np.asarray(np.where(rng.random((retailers, 8)) < 0.65, usual[:, None], other), dtype=np.int64)


def _with_bounces(
    rng: np.random.Generator,
    population: Population,
    members: Ints,
    *,
    group: Ints,
    invoice: Ints,
    day: Ints,
    paise: Ints,
    retailer: Ints,
    method: Ints,
    written: Ints,
) -> Payments:
    """Adds failed cheques some days before the receipt that made them good, and numbers receipts by date."""
    stress = population.stress[members[retailer], _month_of(population, day)]
    chance = np.clip(0.012 * np.exp(0.8 * stress), 0.001, 0.25)
    groups = int(group.max()) + 1 if group.size else 0
    draw = rng.random(groups)
    bounced = np.flatnonzero((method == 2) & (draw[group] < chance) & (day >= 6) & (day > written))
    all_group = np.concatenate([group * 2 + 1, group[bounced] * 2])
    parts = {
        "retailer": np.concatenate([retailer, retailer[bounced]]),
        "day": np.concatenate([day, np.maximum(day[bounced] - 5, written[bounced])]),
        "invoice": np.concatenate([invoice, invoice[bounced]]),
        "paise": np.concatenate([paise, paise[bounced]]),
        "method": np.concatenate([method, method[bounced]]),
    }
    is_bounced = np.concatenate([np.zeros(group.size, dtype=bool), np.ones(bounced.size, dtype=bool)])
    order = np.lexsort((parts["invoice"], all_group, parts["day"]))
    ordered = all_group[order]
    fresh = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if ordered.size else np.zeros(0, dtype=bool)
    receipt = np.cumsum(fresh) - 1
    first = np.flatnonzero(fresh)[receipt] if ordered.size else receipt
    return Payments(
        retailer=parts["retailer"][order],
        receipt=receipt,
        line_no=np.arange(ordered.size) - first + 1,
        day=parts["day"][order],
        invoice=parts["invoice"][order],
        paise=parts["paise"][order],
        method=parts["method"][order],
        is_bounced=is_bounced[order],
        back_day=np.where(is_bounced, np.minimum(parts["day"] + 2, population.days - 1), NONE)[order],
        is_reversal=np.zeros(order.size, dtype=bool),
    )
