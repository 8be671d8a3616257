"""Ledgers with every oddity of real distributors, drawn from a seed."""

from datetime import date, timedelta
from random import Random

from oracle.corners import add_corners
from oracle.history import TRAITS, History
from oracle.records import Distributor, Ledger

END = date(2026, 5, 31)
# Days that each ledger is late; the last two versions of a statement's schema beside each other.
_DISTRIBUTORS = (
    ("dist_a", 0, True),
    ("dist_b", 0, False),
    ("dist_c", 1, True),
    ("dist_d", 7, True),
    ("dist_e", 21, False),
    ("dist_f", 45, True),
    ("dist_g", 46, True),
    ("dist_h", 60, False),
)
_WEIGHTS = (8, 6, 4, 3, 2, 2, 2, 1)
_ACCOUNTS = (1, 1, 1, 1, 2, 2, 3)


def generated_ledger(retailers: int, *, seed: int) -> Ledger:
    """A ledger of so many retailers, each with one oddity in turn and others by chance, and of those on a threshold.

    Args:
        retailers: how many.
        seed: equal seeds give equal ledgers.
    """
    ledger = Ledger(
        {
            name: Distributor(name, END - timedelta(days=late), has_order=has_order, place=place)
            for place, (name, late, has_order) in enumerate(_DISTRIBUTORS)
        }
    )
    for number in range(retailers):
        _add_retailer(ledger, number, Random(f"{seed}/{number}"))
    add_corners(ledger)
    Random(seed).shuffle(ledger.documents)
    return ledger


def _add_retailer(ledger: Ledger, number: int, random: Random) -> None:
    name = f"retailer-{number:05d}"
    traits = {TRAITS[number % len(TRAITS)], *random.sample(TRAITS, k=random.randint(0, 2))}
    names = [name for name, _, _ in _DISTRIBUTORS]
    accounts = random.choice(_ACCOUNTS)
    chosen: list[str] = []
    while len(chosen) < accounts:
        (distributor,) = random.choices(names, weights=_WEIGHTS)
        if distributor not in chosen:
            chosen.append(distributor)
    if "no_consent" not in traits:
        ledger.consented.add(name)
    if random.random() < 0.4:
        ledger.verified.add(name)
        if (state := random.choice(("07", "27", "29", None))) is not None:
            ledger.gst_states[name] = state
    for distributor in chosen:
        history = History(ledger, ledger.distributors[distributor], name, traits=traits, random=random)
        history.write()
