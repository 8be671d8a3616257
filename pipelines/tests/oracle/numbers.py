"""Exact arithmetic; None is "there is none of it" and spreads."""

import math
from collections.abc import Sequence
from fractions import Fraction

Number = int | Fraction


def ratio(numerator: Number | None, denominator: Number | None) -> Fraction | None:
    """None for a division by nothing or by zero."""
    if numerator is None or not denominator:
        return None
    return Fraction(numerator) / Fraction(denominator)


def mean(values: Sequence[Number]) -> Fraction | None:
    """None of no values."""
    return ratio(sum(values), len(values))


def difference(left: Fraction | None, right: Fraction | None) -> Fraction | None:
    """None where either side is."""
    return None if left is None or right is None else left - right


def _deviations(values: Sequence[int]) -> list[int]:
    """Distances from the mean, each times the number of values: whole numbers stay whole."""
    total, count = sum(values), len(values)
    return [count * value - total for value in values]


def variance(values: Sequence[int], *, is_sample: bool) -> Fraction | None:
    """Mean squared distance from the mean; of a sample, None for fewer than two."""
    count = len(values) - 1 if is_sample else len(values)
    if count < 1:
        return None
    return Fraction(sum(deviation**2 for deviation in _deviations(values)), len(values) ** 2 * count)


def root(value: Fraction | None) -> float | None:
    """The only irrational number of the lake."""
    return None if value is None else math.sqrt(value)


def deviation_ratio(values: Sequence[int], *, is_sample: bool = True) -> float | None:
    """Standard deviation to the mean."""
    spread, average = variance(values, is_sample=is_sample), mean(values)
    return None if spread is None or not average else math.sqrt(spread / average**2)


def slope(points: Sequence[tuple[int, int]]) -> Fraction | None:
    """Least squares of y on x; None where all x are equal."""
    xs, ys = (_deviations([point[axis] for point in points]) for axis in (0, 1))
    return ratio(sum(x * y for x, y in zip(xs, ys, strict=True)), sum(x**2 for x in xs))


def slope_ratio(points: Sequence[tuple[int, int]], *, per: int) -> Fraction | None:
    """Change per `per` steps of x, to the mean of y."""
    change = slope(points)
    return None if change is None else ratio(per * change, mean([y for _, y in points]))


def percentile(values: Sequence[int], part: Fraction) -> Fraction | None:
    """Linear between neighbours."""
    if not values:
        return None
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    below = place.numerator // place.denominator
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
