"""What moves the scores of a test, and whether the explanations of its rows hold."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import POINTS_PER_LOG_ODDS
from altscore_scoring.model.booster import Booster, load_booster
from altscore_scoring.model.calibration import Calibration

Floats = NDArray[np.float64]
ROWS_MAX = 5_000
MONOTONE_ROWS = 200
MONOTONE_TOLERANCE = 1e-5  # margins are float32
DIGITS = 6


def explain_test(booster: Booster, calibration: Calibration, rows: Floats) -> dict[str, Any] | None:
    """The global summary of a route's contributions, and the checks of its explanations; None without a row.

    `effects` are points of the score: how far a feature moves it on average, and its 5th and 95th percentile, with
    the sign that it has for the score.

    Args:
        booster: of the route.
        calibration: of the route.
        rows: its inputs on the test; of very many an even sample is taken.
    """
    if not len(rows):
        return None
    rows = _sample(rows, ROWS_MAX)
    contributions = booster.contributions(rows)
    points = -calibration.slope * POINTS_PER_LOG_ODDS * contributions[:, :-1]
    low, high = np.quantile(points, [0.05, 0.95], axis=0)
    mean = np.abs(points).mean(axis=0)
    order = sorted(range(len(booster.features)), key=lambda index: (-mean[index], booster.names[index]))
    additivity = float(np.abs(contributions.sum(axis=1) - booster.margins(rows)).max())
    return {
        "rows": len(rows),
        "effects": [
            {
                "feature": booster.names[index],
                "group": booster.features[index].group,
                "mean_points": _rounded(mean[index]),
                "low": _rounded(low[index]),
                "high": _rounded(high[index]),
            }
            for index in order
        ],
        "additivity_max": _rounded(additivity),
        "additivity_tolerance": c.ADDITIVITY_TOLERANCE,
        "tables_difference_max": _tables_difference(booster, rows, contributions),
        "monotone": monotone_violations(booster, _sample(rows, MONOTONE_ROWS)),
    }


def monotone_violations(booster: Booster, rows: Floats) -> dict[str, int]:
    """How often the PD moves against the direction of a feature that goes to its lowest or highest value.

    Every row is tried with every feature that has a direction; an unknown value is replaced by neither.
    """
    margins, tried, violations = booster.margins(rows), 0, 0
    for index, feature in enumerate(booster.features):
        is_known = np.isfinite(rows[:, index])
        if feature.direction == 0 or not is_known.any():
            continue
        for side, end in ((-1, np.nanmin(rows[:, index])), (1, np.nanmax(rows[:, index]))):
            moved = rows[is_known].copy()
            moved[:, index] = end
            change = booster.margins(moved) - margins[is_known]
            violations += int((side * feature.direction * change < -MONOTONE_TOLERANCE).sum())
            tried += len(moved)
    return {"tried": tried, "violations": violations}


def is_explained(explanation: Mapping[str, Any] | None) -> bool:
    """Whether the checks of a route hold: contributions add up, tables agree, no feature acts against its direction."""
    if explanation is None:
        return False
    difference = explanation["tables_difference_max"]
    return bool(
        explanation["additivity_max"] <= explanation["additivity_tolerance"]
        and (difference is None or difference <= explanation["additivity_tolerance"])
        and explanation["monotone"]["violations"] == 0
    )


def _tables_difference(booster: Booster, rows: Floats, contributions: Floats) -> float | None:
    """Largest difference to the tables that explain in production; None where there are none and XGBoost explains."""
    tables = load_booster(booster.to_ubjson(), booster.features).tables
    return None if tables is None else _rounded(float(np.abs(tables.contributions(rows) - contributions).max()))


def _sample(rows: Floats, most: int) -> Floats:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(int)]


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
