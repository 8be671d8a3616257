"""What the model knows of its inputs: name, family, reason group, and the direction in which a feature raises PD."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from altscore_libs.yaml_text import parse_yaml


class Feature(NamedTuple):
    """One model input.

    `direction` +1: PD never falls as it grows, -1: never rises, 0: unconstrained. `is_croston`: the model of short and
    sparse histories uses it too. `cap`: larger values count as this one.
    """

    name: str
    family: str
    group: str | None
    direction: int
    is_croston: bool
    cap: float | None = None


# Long tenures only say how old the ledger is; the model must not learn from what exceeds a year.
CAPS = {"tenure_days": 365.0}


def parse_features(document: Mapping[str, Any]) -> tuple[Feature, ...]:
    """Reads feature name → {group, family, direction, croston}; sorted by name.

    Raises:
        ValueError: a coded feature without a direction (decision 75), or a direction other than -1, 0, 1.
    """
    features = []
    for name, entry in sorted(document.items()):
        group = entry.get("group")
        direction = int(entry.get("direction", 0))
        if direction not in {-1, 0, 1}:
            raise ValueError(f"feature {name}: a direction is -1, 0 or 1")
        if group is not None and direction == 0:
            raise ValueError(f"feature {name} belongs to group {group} and has no direction")
        features.append(
            Feature(
                name=name,
                family=entry["family"],
                group=group,
                direction=direction,
                is_croston=bool(entry.get("croston", False)),
                cap=CAPS.get(name),
            )
        )
    return tuple(features)


def load_features(path: Path) -> tuple[Feature, ...]:
    """The features of dbt's `feature_groups.yml`."""
    return parse_features(parse_yaml(path.read_bytes()))


def group_members(features: Sequence[Feature], groups: Sequence[str]) -> dict[str, list[int]]:
    """Reason group → indices of its features, in the taxonomy's order; groups without a feature are left out."""
    members: dict[str, list[int]] = {group: [] for group in groups}
    for index, feature in enumerate(features):
        if feature.group is not None:
            members[feature.group].append(index)
    return {group: indices for group, indices in members.items() if indices}
