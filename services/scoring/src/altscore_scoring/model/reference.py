"""The training reference of a route: what its groups contribute at best and at worst, and quantiles of plain facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.model.facts import Quantile

Floats = NDArray[np.float64]


class Span(NamedTuple):
    """A group's contribution to the margin of default: only 5 % of the reference are below `best` or above `worst`."""

    best: float
    worst: float


@dataclass(frozen=True)
class Reference:
    """One route's reference: how many training rows it was measured on, and what was measured."""

    rows: int
    spans: Mapping[str, Span]
    quantiles: Mapping[Quantile, float]

    def to_document(self) -> dict[str, Any]:
        """The reference as JSON values; a quantile of a feature that training never saw is null."""
        return {
            "rows": self.rows,
            "contributions": {group: span._asdict() for group, span in self.spans.items()},
            "quantiles": [
                {"feature": key.feature, "percent": key.percent, "value": None if np.isnan(value) else value}
                for key, value in sorted(self.quantiles.items())
            ],
        }


def reference_of(document: Mapping[str, Any]) -> Reference:
    """Reads one route of `reference.json`.

    Raises:
        KeyError, TypeError, ValueError: it does not have the form of `Reference.to_document`, or a group's best
            contribution is above its worst.
    """
    spans = {
        group: Span(float(span["best"]), float(span["worst"])) for group, span in document["contributions"].items()
    }
    if not spans or any(not span.best <= span.worst for span in spans.values()):
        raise ValueError("the reference of contributions is inconsistent")
    quantiles = {
        Quantile(item["feature"], int(item["percent"])): np.nan if item["value"] is None else float(item["value"])
        for item in document["quantiles"]
    }
    return Reference(rows=int(document["rows"]), spans=spans, quantiles=quantiles)


def group_sums(contributions: Floats, members: Mapping[str, list[int]]) -> Floats:
    """Each group's contribution per row, the groups in the order of `members`.

    Columns are added one after the other, so that a row has the same sums alone, at a replay, and among others.
    """
    sums = np.zeros((len(contributions), len(members)))
    for index, columns in enumerate(members.values()):
        for column in columns:
            sums[:, index] += contributions[:, column]
    return sums
