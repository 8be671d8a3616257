"""The quality bar of decisions 52 and 71, held at registration and again whenever a model is loaded."""

from collections.abc import Mapping
from typing import Any

from altscore_scoring.guardrails import constants as c

BARS = (("auroc", c.AUROC_MIN), ("ks", c.KS_MIN), ("air_min", c.AIR_MIN))


def failures_of(report: Mapping[str, Any]) -> list[str]:
    """Every bar that an evaluation misses; a figure that is missing or not a number counts as missed."""
    missed = [name for name, least in BARS if report.get(name) is None or not report[name] >= least]
    return missed + ([] if report.get("is_calibrated") is True else ["calibration"])
