"""Whether the time of a 403 tells a lender why: a retailer that is unknown, another lender's, or nobody's yet."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.score.population import Population

CALLS = 2_500  # of each case
TOLERATED = 0.05  # of the median
RESAMPLES = 2_000
CONFIDENCE = 0.95
_Pairs = list[tuple[str, str]]


def measure(population: Population, ask: Callable[[_Pairs], dict[str, Any]]) -> dict[str, Any]:
    """Medians of the three cases, and the largest difference between two of them with its bootstrap interval.

    One connection asks, the cases in random order, each pair once: nothing remembered for a pair can help a case.

    Args:
        population: filled and consented.
        ask: plays pairs on one connection; gives `latencies_ms` in their order, and `statuses`.

    Returns:
        `refusal_ms` (median by case), `refusal_difference` and `refusal_difference_at_most` (of the median; the upper
        end of a 95 % interval), `refusal_is_even` (that end is below 5 %).
    """
    cases = _cases(population)
    calls = [(case, pair) for case, pairs in cases.items() for pair in pairs]
    random.shuffle(calls)
    seen = ask([pair for _, pair in calls])
    if set(seen["statuses"]) != {"403"}:
        raise RuntimeError(f"not all were refused: {seen['statuses']}")
    by_case: dict[str, list[float]] = {case: [] for case in cases}
    for (case, _), latency_ms in zip(calls, seen["latencies_ms"], strict=True):
        by_case[case].append(latency_ms)
    return compare({case: np.array(values) for case, values in by_case.items()})


def compare(by_case: dict[str, np.ndarray]) -> dict[str, Any]:
    """The figures of measure() from latencies in milliseconds."""
    middle = float(np.median(np.concatenate(list(by_case.values()))))
    generator = np.random.default_rng(4)
    medians = {case: float(np.median(values)) for case, values in by_case.items()}
    drawn = np.stack([_medians(values, generator) for values in by_case.values()])
    spread = drawn.max(axis=0) - drawn.min(axis=0)
    at_most = float(np.quantile(spread, CONFIDENCE)) / middle
    return {
        "refusal_ms": {case: round(value, 3) for case, value in medians.items()},
        "refusal_calls": sum(len(values) for values in by_case.values()),
        "refusal_difference": round((max(medians.values()) - min(medians.values())) / middle, 4),
        "refusal_difference_at_most": round(at_most, 4),
        "refusal_is_even": at_most < TOLERATED,
    }


def _cases(population: Population) -> dict[str, _Pairs]:
    lenders = population.shut_out()
    unknown = [f"ret_{random.getrandbits(63) | 1 << 63:016x}" for _ in population.of_others]
    kinds = {"unknown": unknown, "of another lender": population.of_others, "unconsented": population.unconsented}
    return {
        case: random.sample([(lender, retailer) for lender in lenders for retailer in retailers], CALLS)
        for case, retailers in kinds.items()
    }


def _medians(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Medians of resamples: shape (RESAMPLES,)."""
    return np.array([np.median(generator.choice(values, len(values))) for _ in range(RESAMPLES)])
