"""How scores of a model are explained: exact TreeSHAP on the margin, described in an artefact of the bundle."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost

from altscore_scoring.digests import sha256_hex
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.model.booster import Booster

TYPE = "TreeSHAP"
BACKGROUND = "tree_path_dependent"  # the training rows, as the cover that each node of the trees keeps of them
EXPECTATION_TOLERANCE = 1e-6


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
