"""Bronze of any size: the training generator's ledgers, one distributor after another, so that memory stays flat."""

from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from simulators_ledger.behaviour import make_population
from simulators_ledger.bronze import write_bronze
from simulators_ledger.trade import Habits, make_ledger

from bench.lake.folders import BRONZE, IDENTITIES

AS_OF_ON = date(2026, 11, 21)
MONTHS = 24
RETAILERS_OF_ONE = 1_000
# 32 invoices a retailer in 24 months: 16 million of 500,000.
VOLUME = 0.36


class Written(NamedTuple):
    """What was generated."""

    retailers: int
    invoices: int
    rows: int


def write_ledgers(root: Path, retailers: int, *, processes: int) -> Written:
    """Writes `root`/bronze-bucket and `root`/identities/*.parquet; equal numbers give equal bytes."""
    (root / IDENTITIES).mkdir(parents=True, exist_ok=True)
    numbers = range(-(-retailers // RETAILERS_OF_ONE))
    sizes = [min(RETAILERS_OF_ONE, retailers - number * RETAILERS_OF_ONE) for number in numbers]
    with ProcessPoolExecutor(processes) as pool:
        written = list(pool.map(partial(_write_one, root), numbers, sizes))
    return Written(retailers, sum(item.invoices for item in written), sum(item.rows for item in written))


def _write_one(root: Path, number: int, size: int) -> Written:
    population = make_population(number, size, as_of=AS_OF_ON, months=MONTHS)
    is_tally = number % 3 == 0
    habits = Habits(
        on_account_ratio=0.6 if is_tally else 0.35,
        terms_ratio=0.5 if is_tally else 0.8,
        has_lines=is_tally,
        volume=VOLUME,
    )
    name = f"dist_bench{number:04d}"
    ledger = make_ledger(number, population, np.arange(size), distributor_id=name, habits=habits)
    scratch = root / "scratch" / name
    totals = write_bronze(scratch, [ledger], seed=number)
    target = root / BRONZE / "bronze"
    target.mkdir(parents=True, exist_ok=True)
    (scratch / "bronze" / f"dist={name}").rename(target / f"dist={name}")
    (scratch / "identity_map.parquet").rename(root / IDENTITIES / f"{name}.parquet")
    return Written(size, int(ledger.invoices.day.size), int(totals["ledgers"][0]["rows"]))
