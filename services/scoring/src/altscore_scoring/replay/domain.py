"""Comparison of stored records with what their evidence gives today."""

from collections.abc import Iterator, Mapping
from typing import Any

# SHAP values and margins of XGBoost are sums of 32-bit floats; tables sum in 64 bits (ADR 0039).
FLOAT_TOLERANCE = 1e-5
_ABSENT = object()


def different_names(
    stored: Mapping[str, Any], again: Mapping[str, Any], *, ignores_additions: bool = False
) -> list[str]:
    """Dotted names of the values that differ, sorted.

    Args:
        stored: as it was kept.
        again: as it is now.
        ignores_additions: newer code may keep more than the code that stored did.
    """
    before, after = dict(_leaves(stored)), dict(_leaves(again))
    names = before.keys() if ignores_additions else before.keys() | after.keys()
    return sorted(name for name in names if not is_equal(before.get(name, _ABSENT), after.get(name, _ABSENT)))


def is_equal(stored: Any, again: Any) -> bool:
    """Whether two JSON values are the same; numbers that are no integers may differ by a rounding."""
    if isinstance(stored, float) or isinstance(again, float):
        if isinstance(stored, int | float) and isinstance(again, int | float):
            return abs(stored - again) <= FLOAT_TOLERANCE
        return False
    return type(stored) is type(again) and bool(stored == again)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{name}.{key}" if name else str(key))
    elif name:
        yield name, value
