"""The global summary of contributions, and checks that notice an explanation which does not hold."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from altscore_scoring.guardrails.checks import POINTS_PER_LOG_ODDS
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.training.dataset import TrainingSet, split
from altscore_scoring.training.explanations import explain_test, is_explained, monotone_violations


@pytest.fixture(scope="module")
def rows(training_set: TrainingSet, bundle: Bundle) -> np.ndarray:
    """Two hundred test rows of the primary route."""
    inputs: np.ndarray = bundle.boosters["primary"].inputs(training_set.frame.take(split(training_set).test[:200]))
    return inputs


@pytest.fixture(scope="module")
def explanation(bundle: Bundle, rows: np.ndarray) -> dict[str, Any]:
    """What an evaluation says of them."""
    summary = explain_test(bundle.boosters["primary"], bundle.calibrations["primary"], rows)
    assert summary is not None
    return summary


def test_the_summary_is_in_points_of_the_score_the_strongest_feature_first(
    bundle: Bundle, rows: np.ndarray, explanation: dict[str, Any]
) -> None:
    booster = bundle.boosters["primary"]
    first = explanation["effects"][0]
    index = booster.names.index(first["feature"])
    slope = bundle.calibrations["primary"].slope
    points = -slope * POINTS_PER_LOG_ODDS * booster.contributions(rows)[:, index]
    assert first["mean_points"] == pytest.approx(np.abs(points).mean(), abs=1e-6)
    assert first["low"] == pytest.approx(np.quantile(points, 0.05), abs=1e-6)
    means = [entry["mean_points"] for entry in explanation["effects"]]
    assert means == sorted(means, reverse=True)
    assert {entry["feature"] for entry in explanation["effects"]} == set(booster.names)


def test_a_sound_model_is_explained(explanation: dict[str, Any]) -> None:
    assert is_explained(explanation)
    assert explanation["tables_difference_max"] is not None
    assert explanation["monotone"]["violations"] == 0
    assert explanation["monotone"]["tried"] > 200 * 50


@pytest.mark.parametrize(
    "change",
    [
        {"additivity_max": 0.1},
        {"tables_difference_max": 0.1},
        {"monotone": {"tried": 10, "violations": 1}},
    ],
)
def test_a_check_that_fails_is_not_passed(explanation: dict[str, Any], change: dict[str, Any]) -> None:
    assert not is_explained(explanation | change)


def test_a_feature_that_acts_against_its_direction_is_noticed(bundle: Bundle, rows: np.ndarray) -> None:
    booster = bundle.boosters["primary"]
    reversed_ = tuple(feature._replace(direction=-feature.direction) for feature in booster.features)
    assert monotone_violations(Booster(booster.booster, reversed_), rows)["violations"] > 0


def test_a_route_without_a_row_is_not_explained(bundle: Bundle, rows: np.ndarray) -> None:
    assert explain_test(bundle.boosters["croston"], bundle.calibrations["croston"], rows[:0]) is None
    assert not is_explained(None)


def test_every_route_of_an_evaluation_says_whether_it_is_explained(trained: tuple[Bundle, Path]) -> None:
    explanations = trained[0].evaluation["explanations"]
    assert is_explained(explanations["primary"])
    assert explanations["croston"] is None, "no synthetic retailer takes it"
