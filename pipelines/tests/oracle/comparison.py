"""Where a table and the oracle differ."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

TOLERANCE = Fraction(1, 10**9)
Row = dict[str, Any]
Rows = Mapping[Any, Mapping[str, Any]]


class Difference(NamedTuple):
    """One value, or a row that only one side has."""

    key: object
    column: str
    expected: object
    actual: object


def differences(expected: Rows, actual: Rows) -> list[Difference]:
    """All of them; NULL is not 0, doubles are equal to 1e-9 of their size, everything else exactly."""
    gaps = [Difference(key, "row", "present", "absent") for key in expected.keys() - actual.keys()]
    gaps += [Difference(key, "row", "absent", "present") for key in actual.keys() - expected.keys()]
    for key in expected.keys() & actual.keys():
        columns = expected[key].keys() | actual[key].keys()
        gaps += [
            Difference(key, column, expected[key].get(column, "no column"), actual[key].get(column, "no column"))
            for column in columns
            if not _is_same(expected[key].get(column, "no column"), actual[key].get(column, "no column"))
        ]
    return sorted(gaps, key=str)


def _is_same(expected: object, actual: object) -> bool:
    if isinstance(actual, float) and isinstance(expected, int | float | Fraction | Decimal):
        exact = Fraction(expected)
        return abs(Fraction(actual) - exact) <= TOLERANCE * max(Fraction(1), abs(exact))
    return expected == actual


def by_column(gaps: list[Difference]) -> dict[str, tuple[int, str]]:
    """How many per column and the first, for a message that can be read."""
    summary: dict[str, tuple[int, str]] = {}
    for gap in gaps:
        count, first = summary.get(gap.column, (0, f"{gap.key}: {gap.expected} is {gap.actual}"))
        summary[gap.column] = (count + 1, first)
    return summary
