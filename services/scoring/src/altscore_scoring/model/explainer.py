"""How scores of a model are explained: exact TreeSHAP on the margin, described in an artefact, and told as reasons."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from altscore_scoring.digests import sha256_hex
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails.checks import POINTS_PER_LOG_ODDS, Route
from altscore_scoring.guardrails.reasons import BackedReason, Candidate, choose_reasons
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.calibration import Calibration
from altscore_scoring.model.facts import holds
from altscore_scoring.model.features import Feature, group_members
from altscore_scoring.model.reference import Reference, group_sums
from altscore_scoring.model.taxonomy import Taxonomy

TYPE = "TreeSHAP"
BACKGROUND = "tree_path_dependent"  # the training rows, as the cover that each node of the trees keeps of them
EXPECTATION_TOLERANCE = 1e-6
Floats = NDArray[np.float64]


def expectation_of(booster: Booster) -> float:
    """Mean margin of the background: what all contributions of a row are measured from."""
    unknown = np.full((1, len(booster.features)), np.nan)
    return float(booster.contributions(unknown)[0, -1])


def describe_explainer(boosters: Mapping[Route, Booster], raw: Mapping[Route, bytes]) -> dict[str, Any]:
    """The explainer artefact.

    Args:
        boosters: by route.
        raw: the boosters' bytes, by route.
    """
    return {
        "type": TYPE,
        "library": "xgboost",
        "version": str(xgboost.__version__),
        "output": "margin",
        "background": {
            "kind": BACKGROUND,
            "expectation": {route: expectation_of(booster) for route, booster in sorted(boosters.items())},
        },
        "digest": {route: sha256_hex(content) for route, content in sorted(raw.items())},
    }


def check_explainer(document: Mapping[str, Any], boosters: Mapping[Route, Booster], raw: Mapping[Route, bytes]) -> None:
    """Holds an explainer artefact against the boosters and against this process's library.

    The library's version may be newer than the artefact's: what it computes is compared, not its name.

    Raises:
        ValueError: it explains another model, in another way, or this library expects another mean margin.
    """
    actual = describe_explainer(boosters, raw)
    for name in ("type", "library", "output", "digest"):
        if document[name] != actual[name]:
            raise ValueError(f"the explainer's {name} is not this engine's")
    if document["background"]["kind"] != BACKGROUND:
        raise ValueError("the explainer has another background")
    for route, expectation in actual["background"]["expectation"].items():
        if not abs(document["background"]["expectation"][route] - expectation) <= EXPECTATION_TOLERANCE:
            raise ValueError("the explainer's expectation is not this engine's")


def candidates_of(taxonomy: Taxonomy, groups: Sequence[str]) -> list[Candidate]:
    """The codes of these groups, in the taxonomy's order; those of one group and direction stand together."""
    columns = {group: index for index, group in enumerate(groups)}
    return [
        Candidate(code, "positive" if direction == "positive" else "negative", columns[group])
        for (group, direction), codes in taxonomy.codes.items()
        if group in columns
        for code in codes
    ]


def reasons_of(
    frame: GoldFrame,
    contributions: Floats,
    *,
    features: tuple[Feature, ...],
    calibration: Calibration,
    reference: Reference,
    taxonomy: Taxonomy,
) -> list[tuple[BackedReason, ...] | None]:
    """The reasons of rows of one route, or None where GR-3 blocks.

    Args:
        frame: the rows' plain facts.
        contributions: exact SHAP values on the margin of default, a column per feature.
        features: of the route's booster.
        calibration: what turns its margin into the log-odds that the score scale counts.
        reference: of the route.
        taxonomy: codes and their facts.
    """
    members = group_members(features, taxonomy.groups)
    candidates = candidates_of(taxonomy, list(members))
    points_per_margin = -calibration.slope * POINTS_PER_LOG_ODDS
    is_true = [
        holds(taxonomy.facts[item.code], frame.numbers, reference.quantiles, rows=len(frame)) for item in candidates
    ]
    return choose_reasons(
        points_per_margin * group_sums(contributions, members),
        best=points_per_margin * np.array([reference.spans[group].best for group in members]),
        worst=points_per_margin * np.array([reference.spans[group].worst for group in members]),
        holds=np.column_stack(is_true),
        candidates=candidates,
    )
