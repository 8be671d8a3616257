"""What MLflow is told of a model: how it was made as parameters, what was measured as metrics with interval ends."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from altscore_scoring.training.service import figures_of

ENDS = ("low", "high")
PARAM_LENGTH_MAX = 500  # of a value in MLflow's older databases


def params_of(evaluation: Mapping[str, Any]) -> dict[str, str]:
    """Recipe, data, splits and versions as text."""
    split = evaluation["split"]
    days = split["snapshots"]
    values: dict[str, Any] = {
        **evaluation["recipe"],
        "embargo_days": split["embargo_days"],
        "training_set_sha256": evaluation["training_set_sha256"],
        "about": evaluation["about"] or None,
        "snapshots": len(days),
        "first_snapshot_on": days[0],
        "last_snapshot_on": days[-1],
        "train_until_on": split["train_until_on"],
        "test_from_on": split["test_from_on"],
        "label_days": split["label_days"],
        "is_calibrated": evaluation["is_calibrated"],
        "untrained_routes": ", ".join(evaluation["untrained"]) or "none",
        "croston_is_judged": evaluation["croston"]["is_judged"],
        "resamples": evaluation["resamples"],
        **{f"rows_{part}": rows for part, rows in split["rows"].items()},
        **{
            f"rows_{part}_{route}": own["rows"]
            for part, routes in split["routes"].items()
            for route, own in routes.items()
        },
        **{f"version_{name}": version for name, version in evaluation["versions"].items()},
    }
    return {name: str(value)[:PARAM_LENGTH_MAX] for name, value in values.items() if value is not None}


def metrics_of(evaluation: Mapping[str, Any]) -> dict[str, float]:
    """Every figure, and both ends of its interval as `…_low` and `…_high`; what was not measured is left out."""
    figures: dict[str, Any] = {
        name: value
        for name, value in figures_of(dict(evaluation)).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    figures |= dict(_route(evaluation, prefix=""))
    figures |= dict(_route(evaluation["croston"], prefix="croston_"))
    figures |= dict(_with_ends("psi", evaluation["psi_train_to_test"], evaluation["psi_interval_95"]))
    for name, grouping in evaluation["fairness"].items():
        figures |= dict(_with_ends(f"air_{name}", grouping["air"], grouping["interval_95"]))
    if (baseline := evaluation["baseline"]) is not None:
        figures |= dict(_with_ends("baseline_auroc", baseline["auroc"], baseline["interval_95"]))
        figures |= dict(_with_ends("gain", baseline["gain"], baseline["gain_interval_95"]))
    rows = evaluation["split"]["rows"]["test"]
    for name, count in evaluation["outcomes"]["counts"].items():
        figures[f"test_share_{name.replace('-', '_').lower()}"] = count / rows
    return {name: float(value) for name, value in figures.items() if value is not None}


def _route(route: Mapping[str, Any], *, prefix: str) -> Iterator[tuple[str, Any]]:
    for name in ("rows", "retailers", "bad_retailers", "good_retailers", "mean_pd", "observed"):
        yield f"{prefix}{name}", route[name]
    for name, interval in route["intervals"].items():
        yield from _with_ends(f"{prefix}{name}", route[name], interval)


def _with_ends(name: str, figure: float | None, interval: Sequence[float] | None) -> Iterator[tuple[str, Any]]:
    yield name, figure
    if interval is not None:
        yield from ((f"{name}_{end}", value) for end, value in zip(ENDS, interval, strict=True))
