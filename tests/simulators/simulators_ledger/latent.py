"""The known ceiling: the chance of a bad outcome that the generator itself sees at the first day of a month."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from simulators_ledger.behaviour import DEFAULT, GONE, PHASE_FACTORS, Course, advance
from simulators_ledger.model import Bools, Floats, Ints, Population

MONTHS_AHEAD = 3  # in which an invoice must be issued to count
_DRAWS = 64
_WITHHELD_SHARE = 0.85  # of the invoices of a default, as `trade` has it


def latent_pd(population: Population, month: int, *, seed: int) -> Floats:
    """Chance of each retailer that a bill of the next three months, or what is open if there is none, stays unpaid.

    It knows what no ledger tells: phase and stress of the retailer, how long a crisis still lasts, whether a default
    will be settled, and that somebody plans to stop. From there 64 futures are drawn by the generator's own rules.

    Args:
        population: with its latent state.
        month: number of the month on whose first day the retailers are looked at; 1 or more.
        seed: of the futures.
    """
    latent = population.latent
    rng = np.random.default_rng([seed, 41, month])
    course = Course(*(np.tile(getattr(latent, name)[:, month - 1], _DRAWS) for name in Course._fields))
    base, settles = np.tile(latent.base, _DRAWS), np.tile(population.settles, _DRAWS)
    orders, unpaid = np.zeros(base.size), np.zeros(base.size)
    planned = _planned(population)
    for ahead in range(month, min(month + MONTHS_AHEAD, latent.calm_rate.shape[1])):
        course = advance(rng, base, course, settles=settles)
        expected = np.tile(latent.calm_rate[:, ahead], _DRAWS) * np.choose(course.phase, PHASE_FACTORS)
        is_withheld = (course.phase == DEFAULT) | np.tile(planned[:, ahead], _DRAWS)
        stress = np.clip(course.level + course.ramp, -2.5, 4.5)
        disputed = np.clip(0.0006 * np.exp(0.7 * stress), 0, 0.01)
        orders += expected
        unpaid += expected * np.where(is_withheld, _WITHHELD_SHARE, disputed)
    owes = np.tile(_owes(population, month), _DRAWS)
    chance = 1 - np.exp(-unpaid) + np.exp(-orders) * owes
    return np.asarray(np.minimum(chance, 1.0).reshape(_DRAWS, population.size).mean(axis=0), dtype=np.float64)


def _planned(population: Population) -> Bools:
    """Months of which somebody intends to pay nothing, whatever the phase."""
    planned = np.zeros_like(population.withheld)
    owing = population.traits.of("stopped_owing")
    planned[owing] = population.withheld[owing] & (population.latent.phase[owing] != DEFAULT)
    return planned


def _owes(population: Population, month: int) -> Bools:
    """Who has bills that are never paid."""
    has_withheld = population.withheld[:, :month].any(axis=1)
    is_gone = population.latent.phase[:, month - 1] == GONE
    return np.asarray((has_withheld & ~population.settles) | is_gone, dtype=bool)


def latent_table(population: Population, retailer_ids: list[str], *, first_month: int, seed: int) -> pa.Table:
    """`retailer_id`, `as_of_on`, `latent_pd` of every retailer on the first day of each month.

    Args:
        population: of the run.
        retailer_ids: by number.
        first_month: number of the first month, 1 or more.
        seed: of the futures.
    """

    def columns() -> Iterator[tuple[Ints, Floats]]:
        for month in range(first_month, population.month_starts.size):
            day = np.full(population.size, population.month_starts[month])
            yield day, latent_pd(population, month, seed=seed)

    days, chances = zip(*columns(), strict=True)
    on = np.datetime64(population.start_on, "D") + np.concatenate(days).astype("timedelta64[D]")
    return pa.table(
        {"retailer_id": retailer_ids * len(days), "as_of_on": pa.array(on), "latent_pd": np.concatenate(chances)}
    )
