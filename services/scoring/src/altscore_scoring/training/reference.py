"""Measures the reference of each route on training rows: what reasons by distance and relative facts compare with."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.facts import Quantile, quantiles_of
from altscore_scoring.model.features import group_members
from altscore_scoring.model.reference import Reference, Span, group_sums
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.scores.domain import routes_of

Floats = NDArray[np.float64]
ROUTE_ROWS_MIN = 100


def measure_references(
    frame: GoldFrame, boosters: Mapping[Route, Booster], taxonomy: Taxonomy
) -> dict[Route, Reference]:
    """The reference of each route.

    Args:
        frame: training rows of both routes.
        boosters: by route.
        taxonomy: whose groups and quantiles are measured.

    Fewer than a hundred rows of a route say little of its tails: then all rows count, as for the booster of that route.
    """
    routes = np.array(routes_of(frame))
    references: dict[Route, Reference] = {}
    for route, booster in boosters.items():
        rows = np.flatnonzero(routes == route)
        own = frame.take(rows) if len(rows) >= ROUTE_ROWS_MIN else frame
        members = group_members(booster.features, taxonomy.groups)
        sums = group_sums(booster.contributions(booster.inputs(own)), members)
        best, worst = np.quantile(sums, [1 - c.REFERENCE_BEST, c.REFERENCE_BEST], axis=0)
        references[route] = Reference(
            rows=len(own),
            spans={group: Span(float(best[i]), float(worst[i])) for i, group in enumerate(members)},
            quantiles={key: _quantile(own, key) for key in quantiles_of(taxonomy.facts)},
        )
    return references


def _quantile(frame: GoldFrame, key: Quantile) -> float:
    values = frame.numbers.get(key.feature, np.empty(0))
    known = values[~np.isnan(values)]
    return float(np.quantile(known, key.percent / 100)) if len(known) else float("nan")
