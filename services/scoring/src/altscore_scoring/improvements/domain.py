"""What a retailer can do about a negative reason, and what their features would be if they did."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from altscore_libs.yaml_text import parse_yaml

FILE = Path("reference") / "improvements.yml"
MAX_IMPROVEMENTS = 3
Numbers = Mapping[str, float | None]


class Improvement(NamedTuple):
    """An action for one reason code, and the features that it changes: name → (how, figure)."""

    code: str
    text_en: str
    text_hi: str
    changes: Mapping[str, tuple[str, float]]


def parse_improvements(raw: bytes) -> dict[str, Improvement]:
    """Reads the bytes of `improvements.yml`: reason code → its action.

    Raises:
        ValueError: a feature changes in an unknown way, or in several.
    """
    improvements = {}
    for code, entry in parse_yaml(raw).items():
        changes = {}
        for feature, change in entry["changes"].items():
            [(how, figure)] = change.items()
            if how not in _CHANGES:
                raise ValueError(f"{code}: {feature} changes in an unknown way")
            changes[feature] = (how, float(figure))
        improvements[code] = Improvement(code=code, text_en=entry["text_en"], text_hi=entry["text_hi"], changes=changes)
    return improvements


def load_improvements(schemas_dir: Path) -> dict[str, Improvement]:
    """The actions of the schema folder."""
    return parse_improvements((schemas_dir / FILE).read_bytes())


_CHANGES: Mapping[str, Callable[[float, float], float]] = {
    "at_most": min,
    "at_least": max,
    "times": lambda value, figure: value * figure if value > 0 else value,
}


def improved(numbers: Numbers, improvement: Improvement) -> dict[str, Any]:
    """The features after the action; what is unknown or absent stays so."""
    after: dict[str, Any] = dict(numbers)
    for feature, (how, figure) in improvement.changes.items():
        value = after.get(feature)
        if value is not None:
            after[feature] = _CHANGES[how](value, figure)
    return after
