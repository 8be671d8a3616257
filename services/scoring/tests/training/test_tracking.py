"""What MLflow is told: how the model was made, and every figure with the ends of its interval."""

from pathlib import Path
from typing import Any

import pytest
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.training.tracking import metrics_of, params_of


@pytest.fixture(scope="module")
def report(trained: tuple[Bundle, Path]) -> dict[str, Any]:
    """A real evaluation."""
    return dict(trained[0].evaluation)


def test_parameters_say_how_the_model_was_made(report: dict[str, Any]) -> None:
    params = params_of(report)
    rows = report["split"]["rows"]
    assert params["seed"] == "7"
    assert params["training_set_sha256"] == "0" * 64
    assert (params["label_days"], params["embargo_days"]) == ("91", "213")
    assert (params["snapshots"], params["first_snapshot_on"], params["last_snapshot_on"]) == (
        "10",
        "2023-01-01",
        "2025-04-01",
    )
    assert {name: params[f"rows_{name}"] for name in rows} == {name: str(count) for name, count in rows.items()}
    assert params["rows_test_croston"] == "0"
    assert params["untrained_routes"] == "none"
    assert params["version_xgboost"]


def test_metrics_have_the_ends_of_their_intervals(report: dict[str, Any]) -> None:
    figures = metrics_of(report)
    for name in ("auroc", "ks", "brier", "gap"):
        assert [figures[f"{name}_low"], figures[f"{name}_high"]] == pytest.approx(report["intervals"][name], abs=1e-4)
    district = report["fairness"]["district"]
    assert [figures["air_district_low"], figures["air_district_high"]] == district["interval_95"]
    assert figures["gain_low"] == report["baseline"]["gain_interval_95"][0]
    assert [figures["psi_low"], figures["psi_high"]] == report["psi_interval_95"]
    assert figures["test_share_computed"] == report["outcomes"]["counts"]["computed"] / report["split"]["rows"]["test"]


def test_what_could_not_be_measured_is_no_metric(report: dict[str, Any]) -> None:
    figures = metrics_of(report)
    assert figures["croston_rows"] == 0
    assert "croston_auroc" not in figures
    assert "croston_auroc_low" not in figures
    assert all(isinstance(value, float) for value in figures.values())
