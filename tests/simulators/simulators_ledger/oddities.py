"""What real ledgers hold beside plain trade, as shares; nothing of it unless a run asks for it."""

from dataclasses import dataclass

import numpy as np

from simulators_ledger.model import NONE, Ints, Traits

ON_ACCOUNT_SHARE = 0.69  # of the receipts of a real Tally company


@dataclass(frozen=True)
class Oddities:
    """How much of each oddity a population and its ledgers hold; all zero is plain trade.

    Attributes:
        seasonal: share of retailers that buy in one season of five months only.
        stopped_paid: share that stop buying and pay what they owe.
        stopped_owing: share that stop buying and leave their last bills open.
        circular: share that trade in a circle, two and two: equal amounts to and fro, paid at once.
        split: share whose purchases are cut into several invoices of the same day.
        back_dated: share whose first year was written afterwards, every bill of it paid.
        inflated: share whose invoices are ten times as high as the trade behind them.
        write_offs: share of the bills that nobody pays which end in a credit note.
        reversals: share of receipts that are entered twice, the second taken back by a later entry.
        region_spread: standard deviation of the districts' mean stress; retailers' own is 0.85.
    """

    seasonal: float = 0.0
    stopped_paid: float = 0.0
    stopped_owing: float = 0.0
    circular: float = 0.0
    split: float = 0.0
    back_dated: float = 0.0
    inflated: float = 0.0
    write_offs: float = 0.0
    reversals: float = 0.0
    region_spread: float = 0.0


PLAIN = Oddities()
REALISTIC = Oddities(
    seasonal=0.03,
    stopped_paid=0.03,
    stopped_owing=0.015,
    circular=0.004,
    split=0.004,
    back_dated=0.004,
    inflated=0.004,
    write_offs=0.35,
    reversals=0.006,
    region_spread=0.2,
)
FRAUDS = ("circular", "split", "back_dated", "inflated")
TRAITS = ("seasonal", "stopped_paid", "stopped_owing", *FRAUDS)
_LATEST_START_MONTHS = 5  # before the end, so that what begins can be seen
_EARLIEST_START_SHARE = 0.35


def draw_traits(seed: int, size: int, *, months: int, protected: int, oddities: Oddities) -> Traits:
    """Chooses retailers for every oddity: at least one where its share is not zero, as long as retailers are left.

    Args:
        seed: same seed, same choice.
        size: number of retailers.
        months: full months of the ledger.
        protected: as many retailers, the first ones, are left as they are.
        oddities: shares.
    """
    rng = np.random.default_rng([seed, 21])
    left = protected + rng.permutation(max(0, size - protected))
    from_month = np.full(size, NONE, dtype=np.int64)
    numbers: dict[str, Ints] = {}
    for name in TRAITS:
        share = getattr(oddities, name)
        count = min(max(1, round(share * size)) if share else 0, left.size)
        if name == "circular":
            count = min(count + count % 2, left.size - left.size % 2)
        numbers[name], left = left[:count], left[count:]
    earliest = max(3, round(months * _EARLIEST_START_SHARE))
    begins = rng.integers(earliest, max(earliest + 1, months - _LATEST_START_MONTHS), size)
    begins[numbers["circular"][1::2]] = begins[numbers["circular"][::2]]
    for chosen in numbers.values():
        from_month[chosen] = begins[chosen]
    return Traits(numbers, from_month)
