"""The latent course of every retailer: monthly stress, phases of distress, intensity of ordering."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from simulators_ledger.identities import DISTRICTS
from simulators_ledger.model import BEHAVIOURS, Bools, Floats, Ints, Latent, Population, Shop, Traits
from simulators_ledger.oddities import FRAUDS, PLAIN, Oddities, draw_traits

CALM, RAMP, DEFAULT, GONE = range(4)
# Orders of a retailer in each phase, compared with its calm months.
PHASE_FACTORS = (1.0, 0.85, 0.5, 0.0)
DISTRICTS_WITHOUT_SHOPS = 24
_SEASON_MONTHS, _SEASON_FACTOR = 5, 2.0
_UNPAID_MONTHS = 2  # before a retailer that owes stops buying
_FRAUD_STRESS = 0.8  # who forges a ledger needs the money
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
_CREDIT_SHARES = (0.16, 0.12, 0.2, 0.2, 0.2, 0.12)
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
    seed: int,
    size: int,
    *,
    as_of: date,
    months: int,
    shops: tuple[Shop, ...] = (),
    cast: Cast | None = None,
    oddities: Oddities = PLAIN,
    protected: int = 0,
) -> Population:
    """Draws the retailers of all ledgers of one run; same seed, same population.

    Args:
        seed: of all draws.
        size: number of retailers.
        as_of: last day of the ledgers.
        months: full months of history before the month of `as_of`.
        shops: identities, empty for a ledger without personal data.
        cast: retailers with a given course.
        oddities: what is unusual about some of them.
        protected: number of retailers, the first ones, that have no oddity.
    """
    cast, rng = cast or Cast(), np.random.default_rng([seed, 1])
    firsts = first_of_months(as_of, months)
    behaviour, base = _characters(rng, size, cast)
    traits = draw_traits(seed, size, months=months, protected=protected, oddities=oddities)
    districts = _districts(seed, size, shops=shops) if oddities.region_spread else np.zeros(0, dtype=np.int64)
    base[protected:] += _shifts(seed, districts, traits=traits, size=size, spread=oddities.region_spread)[protected:]
    stress, course, settles = _stress_paths(rng, base, len(firsts))
    phase = course.phase
    steady, short, thin = list(cast.steady), list(cast.short), list(cast.thin)
    phase[steady], stress[steady] = CALM, np.minimum(stress[steady], -0.5)
    calm_rate, rate = _intensity(rng, behaviour, phase=phase, firsts=firsts)
    credit = rng.choice(_CREDIT_DAYS, size=size, p=_CREDIT_SHARES)
    regularity = np.clip(rng.gamma(4.0, 1.2, size) * np.exp(-0.25 * base), 0.8, 12.0)
    withheld = phase == DEFAULT
    rate[short, : months - 3], rate[short, months - 3 :] = 0.0, np.maximum(rate[short, months - 3 :], 3.0)
    # Two or three invoices this month, none due yet, none paid.
    rate[thin], behaviour[thin], credit[thin] = 0.0, BEHAVIOURS.index("thin"), 30
    rate[thin, -1], withheld[thin], settles[thin], regularity[thin] = 4.0, True, False, 12.0
    _apply_traits(traits, (calm_rate, rate), firsts=firsts)
    _leave_unpaid(withheld, settles, traits)
    return Population(
        start_on=firsts[0],
        end_on=as_of,
        month_starts=np.array([(first - firsts[0]).days for first in firsts], dtype=np.int64),
        behaviour=behaviour.astype(np.int64),
        stress=stress,
        withheld=withheld,
        settles=settles,
        rate=rate,
        basket_inr=np.exp(rng.normal(8.9, 0.7, size)),
        regularity=regularity,
        credit_days=credit.astype(np.int64),
        latent=Latent(base=base, calm_rate=calm_rate, **course._asdict()),
        shops=shops,
        districts=districts,
        traits=traits,
    )


def _characters(rng: np.random.Generator, size: int, cast: Cast) -> tuple[Ints, Floats]:
    """Behaviour and base stress of every retailer."""
    behaviour = rng.choice(len(_MIX), size=size, p=list(_MIX.values()))
    base = rng.normal(0.0, 0.85, size) + np.where(behaviour == BEHAVIOURS.index("distressed"), 1.3, 0.0)
    for numbers, kind, level in (
        (cast.steady, "regular", -1.3),
        (cast.strained, "distressed", 1.9),
        (cast.short, "new", -0.4),
    ):
        behaviour[list(numbers)], base[list(numbers)] = BEHAVIOURS.index(kind), level
    return behaviour, base


def _districts(seed: int, size: int, *, shops: tuple[Shop, ...]) -> Ints:
    """Number of every retailer's district: that of its shop, or drawn."""
    if shops:
        towns = [town for _, town in DISTRICTS]
        return np.array([towns.index(shop.district) for shop in shops], dtype=np.int64)
    return np.random.default_rng([seed, 31]).integers(0, DISTRICTS_WITHOUT_SHOPS, size)


def _shifts(seed: int, districts: Ints, *, traits: Traits, size: int, spread: float) -> Floats:
    """What district and fraud add to the base stress of every retailer."""
    shifts = np.zeros(size)
    if districts.size:
        effects = np.random.default_rng([seed, 32]).normal(0.0, spread, max(DISTRICTS_WITHOUT_SHOPS, len(DISTRICTS)))
        shifts += effects[districts]
    for name in FRAUDS:
        shifts[traits.of(name)] += _FRAUD_STRESS
    return shifts


def _apply_traits(traits: Traits, rates: tuple[Floats, ...], *, firsts: list[date]) -> None:
    """Orders of those who stopped, who are closed outside their season, and whose first year is forged."""
    months = np.arange(len(firsts))
    calendar = np.array([first.month for first in firsts])
    for rate in rates:
        for name in ("stopped_paid", "stopped_owing"):
            for number in traits.of(name).tolist():
                rate[number, months >= traits.from_month[number]] = 0.0
        for number in traits.of("seasonal").tolist():
            is_open = (calendar - traits.from_month[number]) % 12 < _SEASON_MONTHS
            rate[number] *= np.where(is_open, _SEASON_FACTOR, 0.0)
        for number in traits.of("back_dated").tolist():
            rate[number, months < traits.from_month[number]] = 0.0


def _leave_unpaid(withheld: Bools, settles: Bools, traits: Traits) -> None:
    for number in traits.of("stopped_owing").tolist():
        stop = traits.from_month[number]
        withheld[number, stop - _UNPAID_MONTHS : stop], settles[number] = True, False


class Course(NamedTuple):
    """Where every retailer stands; per month, or the months of a ledger."""

    level: Floats
    ramp: Floats
    phase: Ints
    left: Ints


def advance(rng: np.random.Generator, base: Floats, course: Course, *, settles: Bools) -> Course:
    """The next month. A ramp of two to five months leads most into default, some recover.

    Args:
        rng: draws in a fixed order.
        base: where the level comes back to.
        course: the month before.
        settles: whose default ends in calm; the others are gone.
    """
    size, (level, ramp, phase, left) = base.size, course
    level = base + 0.8 * (level - base) + rng.normal(0, 0.25, size)
    ramp = np.where(phase == RAMP, ramp + 0.65, np.where(phase == DEFAULT, 2.2, ramp * 0.4))
    onset = (phase == CALM) & (rng.random(size) < 1 / (1 + np.exp(4.45 - 1.15 * np.clip(level, -3, 3))))
    sudden = onset & (rng.random(size) < 0.12)
    left = np.where(phase == CALM, 0, left - 1)
    ended = (phase != CALM) & (phase != GONE) & (left <= 0)
    fails = rng.random(size) < 0.72
    after_ramp = np.where(fails, DEFAULT, CALM)
    after_default = np.where(settles, CALM, GONE)
    was = phase
    phase = np.where(ended & (was == RAMP), after_ramp, np.where(ended & (was == DEFAULT), after_default, was))
    phase = np.where(onset, np.where(sudden, DEFAULT, RAMP), phase)
    entered_ramp, entered_default = onset & ~sudden, (phase == DEFAULT) & (was != DEFAULT)
    left = np.where(entered_ramp, rng.integers(2, 6, size), np.where(entered_default, rng.integers(3, 6, size), left))
    return Course(level=level, ramp=ramp, phase=phase, left=left)


def _stress_paths(rng: np.random.Generator, base: Floats, months: int) -> tuple[Floats, Course, Bools]:
    """Monthly stress, shape (retailers, months), with the course behind it, and whose default ends in calm."""
    size = base.size
    course = Course(
        level=base + rng.normal(0, 0.3, size),
        ramp=np.zeros(size),
        phase=np.full(size, CALM),
        left=np.zeros(size, dtype=np.int64),
    )
    settles = rng.random(size) < 0.35
    passed = []
    # A year of burn-in, so that the first month already holds every phase.
    for month in range(-12, months):
        course = advance(rng, base, course, settles=settles | (month < 0))
        if month >= 0:
            passed.append(course)
    level, ramp, phase, left = (np.stack(columns, axis=1) for columns in zip(*passed, strict=True))
    stress = np.clip(level + ramp, -2.5, 4.5)
    return stress, Course(level=level, ramp=ramp, phase=phase.astype(np.int64), left=left), settles


def _intensity(rng: np.random.Generator, behaviour: Ints, phase: Ints, firsts: list[date]) -> tuple[Floats, Floats]:
    """Expected invoices per month, shape (retailers, months): in calm, and in the phase that it is."""
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
    gap = rng.random((size, months)) < np.where(phase == RAMP, 0.18, 0.02)
    factor = np.choose(phase, PHASE_FACTORS) * np.where(gap, 0.25, 1.0)
    return rate, np.asarray(rate * factor, dtype=np.float64)
