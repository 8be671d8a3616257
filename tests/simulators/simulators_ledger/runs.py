"""The two runs: the demo's two distributors, and the training ledger."""

import argparse
import uuid
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from simulators_ledger.behaviour import Cast, make_population
from simulators_ledger.bronze import random_of_people, retailer_ids, write_bronze
from simulators_ledger.csv_drop import to_csv_drop
from simulators_ledger.identities import make_shops
from simulators_ledger.latent import latent_table
from simulators_ledger.model import Ledger
from simulators_ledger.oddities import ON_ACCOUNT_SHARE, PLAIN, REALISTIC, Oddities
from simulators_ledger.tally_company import to_tally_company
from simulators_ledger.trade import Habits, make_ledger
from simulators_ledger.truth import oddities_of, personas, retailers, totals, write_json

COMPANY = "AltScore Demo Distributors (18 Months)"
_CERTAIN = 40
DEMO_CAST = Cast(thin=(0, 1), short=tuple(range(2, 10)), steady=tuple(range(22, 30)), strained=tuple(range(30, 40)))
_BOTH = range(10, 22)
LATE_DAYS = 9  # by which the ledger of one training distributor ends before the others
_FIRST_LATENT_MONTH = 12
_ON_ACCOUNT_LOST = 0.03


def demo_ledgers(options: argparse.Namespace, *, oddities: Oddities = REALISTIC) -> list[Ledger]:
    """Distributor A (a quarter of the retailers, Tally) and B (the others, CSV); twelve shops buy from both."""
    shops = make_shops(options.seed, options.retailers, certain=_CERTAIN)
    population = make_population(
        options.seed,
        options.retailers,
        as_of=options.as_of,
        months=options.months,
        shops=shops,
        cast=DEMO_CAST,
        oddities=oddities,
        protected=_CERTAIN,
    )
    numbers = np.arange(options.retailers)
    in_both = np.isin(numbers, list(_BOTH))
    in_a = (numbers % 4 == 1) | in_both
    ledgers = []
    for distributor, members, habits in (
        (
            options.distributor_a,
            np.flatnonzero(in_a),
            Habits(on_account_ratio=_leaning(oddities, 0.6), terms_ratio=0.4, has_lines=True, volume=1.2),
        ),
        (
            options.distributor_b,
            np.flatnonzero(~in_a | in_both),
            Habits(on_account_ratio=_leaning(oddities, 0.3), terms_ratio=0.85, volume=1.6),
        ),
    ):
        ledgers.append(
            make_ledger(options.seed, population, members, distributor_id=distributor, habits=habits, oddities=oddities)
        )
    return ledgers


def _leaning(oddities: Oddities, plain: float) -> float:
    """The habit that gives the share of receipts on account: limits per retailer take some of it off again."""
    return plain if oddities == PLAIN else ON_ACCOUNT_SHARE + _ON_ACCOUNT_LOST


def run_demo(options: argparse.Namespace) -> str:
    """Writes tally/company.json, csv/*.csv, [whatsapp/]personas.json and truth.json; returns a summary line."""
    a, b = demo_ledgers(options)
    out: Path = options.out
    guid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"altscore-ledger/{options.seed}/{a.distributor_id}"))
    vouchers = to_tally_company(a, out / "tally" / "company.json", name=COMPANY, guid=guid)
    files = to_csv_drop(b, out / "csv")
    # Once beside the truth, once where the WhatsApp simulator of the local stack looks for it.
    (out / "whatsapp").mkdir(parents=True, exist_ok=True)
    for path in (out / "personas.json", out / "whatsapp" / "personas.json"):
        write_json(path, personas([a, b]))
    truth = {
        "seed": options.seed,
        "as_of": options.as_of.isoformat(),
        "company": {"name": COMPANY, "guid": guid},
        "tally_vouchers": vouchers,
        "csv_files": files,
        "cast": {
            "thin": list(DEMO_CAST.thin),
            "short": list(DEMO_CAST.short),
            "steady": list(DEMO_CAST.steady),
            "strained": list(DEMO_CAST.strained),
            "in_both": list(_BOTH),
        },
        "oddities": oddities_of([a, b], REALISTIC, names=list(range(options.retailers))),
        "ledgers": [totals(ledger) | {"retailer_list": retailers(ledger)} for ledger in (a, b)],
    }
    write_json(out / "truth.json", truth)
    people = len(set(a.members.tolist()) | set(b.members.tolist()))
    count = a.invoices.day.size + b.invoices.day.size
    files_text = f"{sum(vouchers.values())} Tally vouchers, {len(files)} CSV files"
    return f"seed {options.seed}: {people} retailers, {count} invoices, {files_text} in {out}"


def training_ledgers(options: argparse.Namespace, *, oddities: Oddities = REALISTIC) -> list[Ledger]:
    """Equal slices of the population per distributor; a tenth of the retailers also buys from the next one."""
    population = make_population(
        options.seed + 1000, options.retailers, as_of=options.as_of, months=options.months, oddities=oddities
    )
    rng = np.random.default_rng([options.seed, 9])
    home = rng.integers(0, options.distributors, options.retailers)
    second = np.where(rng.random(options.retailers) < 0.1, (home + 1) % options.distributors, -1)
    ledgers = []
    for number in range(options.distributors):
        members = np.flatnonzero((home == number) | (second == number))
        is_tally, is_late = number % 3 == 0, oddities != PLAIN and number == options.distributors - 1
        habits = Habits(
            on_account_ratio=_leaning(oddities, 0.6 if is_tally else 0.35),
            terms_ratio=0.5 if is_tally else 0.8,
            has_lines=is_tally,
            late_days=LATE_DAYS if is_late else 0,
        )
        name = f"dist_train{number:02d}"
        ledgers.append(
            make_ledger(options.seed, population, members, distributor_id=name, habits=habits, oddities=oddities)
        )
    return ledgers


def run_training(options: argparse.Namespace, *, oddities: Oddities = REALISTIC) -> str:
    """Writes bronze/…, identity_map.parquet, latent.parquet and truth.json below DIR; returns a summary line."""
    ledgers = training_ledgers(options, oddities=oddities)
    options.out.mkdir(parents=True, exist_ok=True)
    written = write_bronze(options.out, ledgers, seed=options.seed)
    population = ledgers[0].population
    ids = retailer_ids(population.size, random_of_people(options.seed))
    latent = latent_table(population, ids, first_month=_FIRST_LATENT_MONTH, seed=options.seed)
    pq.write_table(latent, options.out / "latent.parquet", compression="zstd")
    write_json(
        options.out / "truth.json",
        {
            "seed": options.seed,
            "bronze": written,
            "oddities": oddities_of(ledgers, oddities, names=ids),
            "ledgers": [totals(ledger) for ledger in ledgers],
        },
    )
    count = sum(ledger.invoices.day.size for ledger in ledgers)
    size = f"{options.retailers} retailers, {count} invoices, {len(ledgers)} distributors"
    return f"seed {options.seed}: {size} in {options.out}"
