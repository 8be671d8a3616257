"""Platt calibration: PD = 1 / (1 + exp(-(slope · margin + intercept))); monotone, so SHAP signs keep their meaning."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NEWTON_STEPS = 50
PRIOR_WEIGHT = 1.0  # a ridge towards (1, 0): a fold with few defaults cannot run away


class Calibration(NamedTuple):
    """Two numbers that turn a margin into a probability of default."""

    slope: float
    intercept: float

    def probabilities(self, margins: Floats) -> Floats:
        """Calibrated PD of each margin."""
        logits = np.clip(self.slope * margins + self.intercept, -500, 500)
        probabilities: Floats = 1.0 / (1.0 + np.exp(-logits))
        return probabilities


def fit_calibration(margins: Floats, is_bad: Floats) -> Calibration:
    """Fits both numbers by Newton's method on held-out rows.

    Raises:
        ValueError: the margin does not rank defaults at all (slope not positive).
    """
    design = np.column_stack([margins, np.ones_like(margins)])
    weights, target = np.array([1.0, 0.0]), np.array([1.0, 0.0])
    for _ in range(NEWTON_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -500, 500)))
        gradient = design.T @ (probability - is_bad) + PRIOR_WEIGHT * (weights - target)
        spread = probability * (1.0 - probability)
        hessian = (design * spread[:, None]).T @ design + PRIOR_WEIGHT * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        weights = weights - step
        if float(np.abs(step).max()) < 1e-10:
            break
    if not weights[0] > 0:
        raise ValueError("the margin does not rank defaults")
    return Calibration(float(weights[0]), float(weights[1]))
