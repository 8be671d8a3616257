"""Calibration: it recovers a distortion, rises with the margin and refuses what ranks backwards."""

import numpy as np
import pytest
from altscore_scoring.model.calibration import Calibration, fit_calibration
from hypothesis import given
from hypothesis import strategies as st


def test_calibration_recovers_the_distortion_of_a_margin() -> None:
    random = np.random.default_rng(8)
    truth = random.normal(-2, 1.5, 20_000)
    is_bad = (random.random(20_000) < 1 / (1 + np.exp(-truth))).astype(float)
    calibration = fit_calibration((truth - 0.7) / 1.6, is_bad)
    assert calibration.slope == pytest.approx(1.6, abs=0.08)
    assert calibration.probabilities((truth - 0.7) / 1.6).mean() == pytest.approx(is_bad.mean(), abs=0.002)


def test_a_margin_that_ranks_defaults_backwards_cannot_be_calibrated() -> None:
    margins = np.linspace(-4, 4, 2_000)
    with pytest.raises(ValueError, match="rank"):
        fit_calibration(margins, (margins < 0).astype(float))


@given(st.floats(0.01, 5), st.floats(-5, 5), st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_a_calibrated_pd_rises_with_the_margin_and_stays_a_probability(
    slope: float, intercept: float, margins: list[float]
) -> None:
    pds = Calibration(slope, intercept).probabilities(np.array(sorted(margins)))
    assert ((pds >= 0) & (pds <= 1)).all()
    assert (np.diff(pds) >= 0).all()
