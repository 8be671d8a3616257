"""The latent course of every retailer: monthly stress, phases of distress, intensity of ordering."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from simulators_ledger.model import BEHAVIOURS, Bools, Floats, Ints, Population, Shop

_CALM, _RAMP, _DEFAULT, _GONE = range(4)
_MIX = {
    "regular": 0.40,
    "growing": 0.14,
    "declining": 0.12,
    "seasonal": 0.12,
    "sparse": 0.08,
    "new": 0.08,
    "distressed": 0.06,
}
_CREDIT_DAYS = (7, 10, 14, 15, 21, 30)
_FESTIVE = {9: 1.15, 10: 1.5, 11: 1.35, 3: 1.1, 6: 0.85, 7: 0.8}


def first_of_months(as_of: date, months: int) -> list[date]:
    """First days of the last `months` full months and of the month of `as_of`."""
    index = as_of.year * 12 + as_of.month - 1
    return [date(i // 12, i % 12 + 1, 1) for i in range(index - months, index + 1)]


@dataclass(frozen=True)
class Cast:
    """Retailers whose course is not left to chance, by number; the rest is drawn."""

    thin: tuple[int, ...] = ()
    short: tuple[int, ...] = ()
    steady: tuple[int, ...] = ()
    strained: tuple[int, ...] = ()


def make_population(
    seed: int, size: int, *, as_of: date, months: int, shops: tuple[Shop, ...] = (), cast: Cast | None = None
) -> Population:
    """Draws the retailers of all ledgers of one run.

    Args:
        seed: same seed, same population.
        size: number of retailers.
        as_of: last day of the ledgers.
        months: full months of history before the month of `as_of`.
        shops: identities, empty for a ledger without personal data.
        cast: retailers with a given course.
    """
    cast = cast or Cast()
    rng = np.random.default_rng([seed, 1])
    firsts = first_of_months(as_of, months)
    starts = np.array([(first - firsts[0]).days for first in firsts], dtype=np.int64)
    behaviour = rng.choice(len(_MIX), size=size, p=list(_MIX.values()))
    base = rng.normal(0.0, 0.85, size) + np.where(behaviour == BEHAVIOURS.index("distressed"), 1.3, 0.0)
    for numbers, kind, level in (
        (cast.steady, "regular", -1.3),
        (cast.strained, "distressed", 1.9),
        (cast.short, "new", -0.4),
    ):
        behaviour[list(numbers)], base[list(numbers)] = BEHAVIOURS.index(kind), level
    stress, phase, settles = _stress_paths(rng, base, len(firsts))
    steady = list(cast.steady)
    phase[steady], stress[steady] = _CALM, np.minimum(stress[steady], -0.5)
    rate = _intensity(rng, behaviour, phase=phase, firsts=firsts)
    credit = rng.choice(_CREDIT_DAYS, size=size, p=[0.16, 0.12, 0.2, 0.2, 0.2, 0.12])
    regularity = np.clip(rng.gamma(4.0, 1.2, size) * np.exp(-0.25 * base), 0.8, 12.0)
    withheld = phase == _DEFAULT
    for number in cast.short:
        rate[number, : months - 3], rate[number, months - 3 :] = 0.0, np.maximum(rate[number, months - 3 :], 3.0)
    for number in cast.thin:
        # Two or three invoices this month, none due yet, none paid.
        rate[number], behaviour[number], credit[number] = 0.0, BEHAVIOURS.index("thin"), 30
        rate[number, -1], withheld[number], settles[number], regularity[number] = 4.0, True, False, 12.0
    return Population(
        start_on=firsts[0],
        end_on=as_of,
        month_starts=starts,
        behaviour=behaviour.astype(np.int64),
        stress=stress,
        withheld=withheld,
        settles=settles,
        rate=rate,
        basket_inr=np.exp(rng.normal(8.9, 0.7, size)),
        regularity=regularity,
        credit_days=credit.astype(np.int64),
        shops=shops,
    )


def _stress_paths(rng: np.random.Generator, base: Floats, months: int) -> tuple[Floats, Ints, Bools]:
    """Monthly stress and phase; a ramp of two to five months leads most into default, some recover."""
    size = base.size
    level = base + rng.normal(0, 0.3, size)
    phase, left = np.full(size, _CALM), np.zeros(size, dtype=np.int64)
    ramp = np.zeros(size)
    settles = rng.random(size) < 0.35
    stress, phases = np.empty((size, months)), np.empty((size, months), dtype=np.int64)
    # A year of burn-in, so that the first month already holds every phase.
    for month in range(-12, months):
        level = base + 0.8 * (level - base) + rng.normal(0, 0.25, size)
        ramp = np.where(phase == _RAMP, ramp + 0.65, np.where(phase == _DEFAULT, 2.2, ramp * 0.4))
        onset = (phase == _CALM) & (rng.random(size) < 1 / (1 + np.exp(4.45 - 1.15 * np.clip(level, -3, 3))))
        sudden = onset & (rng.random(size) < 0.12)
        left = np.where(phase == _CALM, 0, left - 1)
        ended = (phase != _CALM) & (phase != _GONE) & (left <= 0)
        fails = rng.random(size) < 0.72
        after_ramp = np.where(fails, _DEFAULT, _CALM)
        after_default = np.where(settles | (month < 0), _CALM, _GONE)
        was = phase
        phase = np.where(ended & (was == _RAMP), after_ramp, np.where(ended & (was == _DEFAULT), after_default, was))
        phase = np.where(onset, np.where(sudden, _DEFAULT, _RAMP), phase)
        entered_ramp, entered_default = onset & ~sudden, (phase == _DEFAULT) & (was != _DEFAULT)
        left = np.where(
            entered_ramp, rng.integers(2, 6, size), np.where(entered_default, rng.integers(3, 6, size), left)
        )
        if month >= 0:
            stress[:, month], phases[:, month] = level + ramp, phase
    return np.clip(stress, -2.5, 4.5), phases, settles


def _intensity(rng: np.random.Generator, behaviour: Ints, phase: Ints, firsts: list[date]) -> Floats:
    """Expected invoices per month, shape (retailers, months)."""
    size, months = phase.shape
    kind = {name: behaviour == BEHAVIOURS.index(name) for name in BEHAVIOURS}
    level = np.exp(rng.normal(1.55, 0.45, size))
    level = np.where(kind["sparse"], rng.uniform(0.4, 0.9, size), np.clip(level, 1.5, 14.0))
    slope = np.where(kind["growing"], 0.025, 0.0) - np.where(kind["declining"], 0.03, 0.0)
    season = np.array([_FESTIVE.get(first.month, 1.0) for first in firsts])
    strength = np.where(kind["seasonal"], 2.2, 0.6)
    age = np.arange(months) - months / 2
    rate = level[:, None] * np.exp(slope[:, None] * age) * season[None, :] ** strength[:, None]
    opened = np.where(kind["new"], months - 1 - rng.integers(1, min(15, months), size), 0)
    # Half of the others also joined some time during the ledger.
    joined = (rng.random(size) < 0.3) & ~kind["new"]
    opened = np.where(joined, rng.integers(0, max(1, months - 8), size), opened)
    rate *= np.arange(months)[None, :] >= opened[:, None]
    gap = rng.random((size, months)) < np.where(phase == _RAMP, 0.18, 0.02)
    factor = np.choose(phase, [1.0, 0.85, 0.5, 0.0]) * np.where(gap, 0.25, 1.0)
    return np.asarray(rate * factor, dtype=np.float64)
