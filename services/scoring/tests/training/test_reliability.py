"""Calibration: overall at its conservative end, per decile, with as much evidence as retailers give."""

import numpy as np
import pytest
from altscore_scoring.guardrails import constants as c
from altscore_scoring.training import metrics, reliability
from altscore_scoring.training.resampling import Clusters

RANDOM = np.random.default_rng(9)
PROBABILITY = RANDOM.integers(0, 12, 500) / 12
IS_BAD = RANDOM.integers(0, 2, 500).astype(float)


def alone(rows: int) -> Clusters:
    """Each row of a retailer of its own."""
    return Clusters(np.arange(rows), rows)


def fours(rows: int) -> Clusters:
    """Four rows of each retailer."""
    return Clusters(np.arange(rows) // 4, rows // 4)


def test_the_interval_of_a_share_is_wilson_s_at_99_percent() -> None:
    assert reliability.wilson(3, 40) == pytest.approx((0.01916173168414697, 0.2517842476429688))
    assert reliability.wilson(0, 25) == pytest.approx((0.0, 0.20975543637684121))
    low, high = reliability.wilson(25, 25)
    assert (1 - high, 1 - low) == pytest.approx(reliability.wilson(0, 25), abs=1e-12)


def test_ten_bins_hold_all_rows_in_order_of_their_pd() -> None:
    table = reliability.calibration_table(PROBABILITY, IS_BAD, fours(500))
    assert len(table) == reliability.BINS == 10
    assert sum(row["rows"] for row in table) == len(PROBABILITY)
    means = [row["mean_pd"] for row in table]
    assert means == sorted(means)
    assert sum(row["mean_pd"] * row["rows"] for row in table) / 500 == pytest.approx(PROBABILITY.mean())
    assert sum(row["observed"] * row["rows"] for row in table) / 500 == pytest.approx(IS_BAD.mean())


def test_fewer_rows_than_bins_give_a_bin_per_row_and_no_row_gives_none() -> None:
    table = reliability.calibration_table(np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 0.0]), alone(3))
    assert len(table) == 3
    assert reliability.calibration_table(np.empty(0), np.empty(0), alone(0)) == []


def test_a_bin_is_beyond_by_how_far_its_pd_lies_outside_the_interval() -> None:
    for row in reliability.calibration_table(PROBABILITY, IS_BAD, alone(500)):
        assert (row["beyond"] == 0) is (row["low"] <= row["mean_pd"] <= row["high"])
        assert row["beyond"] == pytest.approx(max(0, row["low"] - row["mean_pd"], row["mean_pd"] - row["high"]))


def test_four_equal_rows_of_a_retailer_are_worth_one_row() -> None:
    bad = np.repeat(RANDOM.random(200) < 0.2, 4).astype(float)
    assert reliability.design_effect(bad, fours(800)) == pytest.approx(4 * 200 / 199)
    assert reliability.design_effect(bad, alone(800)) == pytest.approx(1.0, abs=2e-3)
    assert reliability.design_effect(np.zeros(800), fours(800)) == 1.0
    flat = np.full(800, 0.2)
    (own, *_), (each, *_) = (reliability.calibration_table(flat, bad, item) for item in (fours(800), alone(800)))
    assert own["high"] - own["low"] > each["high"] - each["low"]


def population(*, mean_pd: float, bad: int, rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one PD, of which so many are bad, spread evenly over the bins."""
    labels = np.zeros(rows)
    labels[np.linspace(0, rows - 1, bad).astype(int)] = 1
    return np.full(rows, mean_pd), labels


@pytest.mark.parametrize(
    ("gap", "is_calibrated"),
    [
        ([-0.01, 0.02], True),
        ([-0.02, 0.0], True),
        ([-0.01, 0.0201], False),
        ([-0.0201, 0.0], False),
        ([-0.5, 0.5], False),
        (None, False),
    ],
)
def test_the_whole_interval_of_the_difference_lies_within_two_points(
    gap: list[float] | None, is_calibrated: bool
) -> None:
    assert c.CALIBRATION_POINTS_MAX == 0.02
    table = reliability.calibration_table(*population(mean_pd=0.1, bad=2_000), alone(20_000))
    assert reliability.is_calibrated(gap, table) is is_calibrated


@pytest.mark.parametrize(
    ("gap", "is_off"),
    [([0.0201, 0.09], True), ([-0.09, -0.0201], True), ([0.019, 0.09], False), ([-0.5, 0.5], False), (None, False)],
)
def test_it_is_shown_off_only_when_the_whole_interval_lies_beyond_two_points(
    gap: list[float] | None, is_off: bool
) -> None:
    table = reliability.calibration_table(*population(mean_pd=0.1, bad=2_000), alone(20_000))
    assert reliability.is_shown_off(gap, table) is is_off


def test_one_decile_far_outside_its_interval_spoils_the_calibration() -> None:
    probability = np.repeat([0.05, 0.5], [900, 100])
    labels = np.zeros(1_000)
    labels[:900:17] = 1
    labels[900:950:2] = 1
    table = reliability.calibration_table(probability, labels, alone(1_000))
    assert [row["beyond"] > c.CALIBRATION_POINTS_MAX for row in table] == [False] * 9 + [True]
    assert not reliability.is_calibrated([-0.001, 0.001], table)
    assert reliability.is_shown_off([-0.001, 0.001], table)


@pytest.mark.parametrize(("factor", "is_calibrated"), [(1.0, True), (0.7, False), (1.35, False)])
def test_probabilities_that_labels_follow_pass_and_others_do_not(factor: float, is_calibrated: bool) -> None:
    random = np.random.default_rng(23)
    truth = np.repeat(random.beta(1, 9, 3_000), 4)
    labels = (random.random(12_000) < truth).astype(float)
    stated = np.clip(truth * factor, 0, 1)
    interval = metrics.intervals(stated, labels, fours(12_000), seed=3)["gap"]
    table = reliability.calibration_table(stated, labels, fours(12_000))
    assert reliability.is_calibrated(interval, table) is is_calibrated
