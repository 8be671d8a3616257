"""The quality bar of decisions 52 and 71, held at registration and again whenever a model is loaded.

A figure passes when the low end of its 95 % interval does: what the test rows do not show is not taken on trust.
"""

from collections.abc import Mapping
from typing import Any

from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import Guardrail, Route

BARS = (
    ("auroc_low", c.AUROC_MIN),
    ("ks_low", c.KS_MIN),
    ("air_min", c.AIR_MIN),
    ("bad_retailers", c.CLASS_RETAILERS_MIN),
    ("good_retailers", c.CLASS_RETAILERS_MIN),
)
CROSTON_BARS = (("auroc_low", c.CROSTON_AUROC_MIN),)


def failures_of(report: Mapping[str, Any]) -> list[str]:
    """Every bar that an evaluation misses; a figure that is missing or not a number counts as missed."""
    missed = _missed(report, BARS)
    missed += [] if report.get("is_calibrated") is True else ["calibration"]
    return missed + _croston_failures(report.get("croston") or {})


def is_croston_judged(report: Mapping[str, Any]) -> bool:
    """Whether the test had enough retailers of either class on the Croston route to hold it against a bar.

    Where it had not, the model passes and each of the route's scores carries a flag of GR-6.
    """
    croston = report.get("croston") or {}
    counts = [croston.get(name) for name in ("bad_retailers", "good_retailers")]
    return all(isinstance(count, int) and count >= c.CLASS_RETAILERS_MIN for count in counts)


def route_flags(report: Mapping[str, Any], route: Route) -> tuple[Guardrail, ...]:
    """What each score of a route says of its model: that nobody could judge it, where that is so."""
    if route != "croston" or is_croston_judged(report):
        return ()
    return (Guardrail("GR-6", "flagged", "route_not_judged"),)


def _croston_failures(croston: Mapping[str, Any]) -> list[str]:
    if not {"bad_retailers", "good_retailers"} <= set(croston):
        return ["croston"]
    if not is_croston_judged({"croston": croston}):
        return []
    missed = [f"croston_{name}" for name in _missed(croston, CROSTON_BARS)]
    return missed + ([] if croston.get("is_shown_off") is False else ["croston_calibration"])


def _missed(report: Mapping[str, Any], bars: tuple[tuple[str, float], ...]) -> list[str]:
    return [name for name, least in bars if report.get(name) is None or not report[name] >= least]
