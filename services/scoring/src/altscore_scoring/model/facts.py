"""Plain facts: what must be true of a retailer's data before a reason code may be said of it (decision 95)."""

import operator
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_NAME = r"[a-z][a-z0-9_]*"
_CONDITION = re.compile(rf"({_NAME}) (<=|>=|<|>) (?:p([1-9][0-9]?)|({_NUMBER})(?: \* ({_NAME}))?)")


class Quantile(NamedTuple):
    """A percentile of a feature in the training reference of the retailer's route."""

    feature: str
    percent: int


class Multiple(NamedTuple):
    """Some times another feature of the same row."""

    factor: float
    feature: str


class Condition(NamedTuple):
    """`feature` `relation` `threshold`; an unknown feature or quantile meets nothing."""

    feature: str
    relation: str
    threshold: float | Quantile | Multiple


_UNKNOWN = np.array(np.nan)
# Every clause must be met, and a clause is met by any of its conditions.
Fact = tuple[tuple[Condition, ...], ...]


def parse_fact(clauses: Sequence[str]) -> Fact:
    """Reads clauses such as `return_rate >= 0.03`, `return_rate >= p75` or `gap_max_days >= 3 * gap_mean_days`.

    A clause may hold several conditions, joined by `or`.

    Raises:
        ValueError: no clause, or a condition of another form.
    """
    if not clauses:
        raise ValueError("a fact needs a condition")
    return tuple(tuple(_condition(text) for text in clause.split(" or ")) for clause in clauses)


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a feature, a relation and a number or percentile")
    feature, relation, percent, number, other = match.groups()
    if percent is not None:
        return Condition(feature, relation, Quantile(feature, int(percent)))
    return Condition(feature, relation, float(number) if other is None else Multiple(float(number), other))


def quantiles_of(facts: Mapping[str, Fact]) -> tuple[Quantile, ...]:
    """The quantiles that these facts compare with, sorted."""
    thresholds = {condition.threshold for fact in facts.values() for clause in fact for condition in clause}
    return tuple(sorted(item for item in thresholds if isinstance(item, Quantile)))


def holds(fact: Fact, numbers: Mapping[str, Floats], quantiles: Mapping[Quantile, float], *, rows: int) -> Bools:
    """Whether the fact is true of each row.

    Args:
        fact: of one code.
        numbers: column name → its values, NaN where unknown.
        quantiles: of the rows' route.
        rows: how many there are.
    """
    is_true = np.ones(rows, dtype=bool)
    for clause in fact:
        is_met = np.zeros(rows, dtype=bool)
        for condition in clause:
            is_met |= _is_met(condition, numbers, quantiles)
        is_true &= is_met
    return is_true


def _is_met(condition: Condition, numbers: Mapping[str, Floats], quantiles: Mapping[Quantile, float]) -> Bools:
    threshold: float | Floats | Quantile | Multiple = condition.threshold
    if isinstance(threshold, Quantile):
        threshold = quantiles.get(threshold, np.nan)
    elif isinstance(threshold, Multiple):
        threshold = threshold.factor * numbers.get(threshold.feature, _UNKNOWN)
    values = numbers.get(condition.feature, _UNKNOWN)
    return np.asarray(_RELATIONS[condition.relation](values, threshold))  # a comparison with NaN is False
