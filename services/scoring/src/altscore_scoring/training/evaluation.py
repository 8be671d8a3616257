"""The evaluation of a model on rows it never saw, and the gate that a model must pass to be registered."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.quality import failures_of
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.scores.domain import Blocked, Monitors, counts_of, routes_of, score_frame
from altscore_scoring.training import metrics
from altscore_scoring.training.dataset import Indices, Split, TrainingSet
from altscore_scoring.training.fit import Recipe, psi_bins

Floats = NDArray[np.float64]
HISTOGRAM_EDGES = list(range(c.SCORE_MIN, c.SCORE_MAX + 1, 30))


def evaluate(data: TrainingSet, parts: Split, bundle: Bundle, *, taxonomy: Taxonomy, recipe: Recipe) -> dict[str, Any]:
    """The report, as JSON values, over the out-of-time test rows; `failures` names every bar that is missed."""
    frame, is_bad = data.frame.take(parts.test), data.is_bad[parts.test]
    routes = np.array(routes_of(frame))
    primary = np.flatnonzero(routes == "primary")
    pds, margins = _probabilities(frame, bundle)
    bands = [checks.risk_band(checks.rounded_pd(pd)) for pd in pds]
    report: dict[str, Any] = {
        "recipe": dict(vars(recipe)),
        "training_set_sha256": data.digest,
        "split": _split_facts(data, parts),
        **_quality(pds[primary], is_bad[primary]),
        "croston": _croston(pds, is_bad, np.flatnonzero(routes == "croston")),
        "fairness": {
            "district": metrics.fairness(bands, frame.districts, seed=recipe.seed),
            "size_band": metrics.fairness(bands, frame.size_bands, seed=recipe.seed),
        },
        "stability": _stability(data, parts.test, pds, is_bad),
        "psi_train_to_test": _psi_train_to_test(data, parts, bundle, margins[primary]),
        "scores": _histogram(pds),
        "outcomes": _outcomes(frame, bundle, taxonomy),
    }
    ratios = [report["fairness"][name]["air"] for name in ("district", "size_band")]
    report["air_min"] = None if None in ratios else min(ratios)
    report["failures"] = failures_of(report)
    return report


def _probabilities(frame: GoldFrame, bundle: Bundle) -> tuple[Floats, Floats]:
    routes = np.array(routes_of(frame))
    pds, margins = np.zeros(len(frame)), np.zeros(len(frame))
    for route, booster in bundle.boosters.items():
        lines = np.flatnonzero(routes == route)
        if len(lines):
            margins[lines] = booster.margins(booster.inputs(frame.take(lines)))
            pds[lines] = bundle.calibrations[route].probabilities(margins[lines])
    return pds, margins


def _split_facts(data: TrainingSet, parts: Split) -> dict[str, Any]:
    rows = {name: getattr(parts, name) for name in ("train", "calibration", "test")}
    return {
        "train_until_on": parts.train_until_on.isoformat(),
        "test_from_on": parts.test_from_on.isoformat(),
        "rows": {name: len(lines) for name, lines in rows.items()},
        "bad_share": {name: float(data.is_bad[lines].mean()) for name, lines in rows.items()},
    }


def _quality(pds: Floats, is_bad: Floats) -> dict[str, Any]:
    false, true = metrics.roc_curve(pds, is_bad)
    kept = np.unique(np.linspace(0, len(false) - 1, 101).astype(int))
    return {
        "rows": len(pds),
        "auroc": metrics.auroc(pds, is_bad),
        "ks": metrics.ks(pds, is_bad),
        "brier": metrics.brier(pds, is_bad),
        "mean_pd": float(pds.mean()),
        "observed": float(is_bad.mean()),
        "is_calibrated": metrics.is_calibrated(pds, is_bad),
        "calibration": metrics.calibration_table(pds, is_bad),
        "roc": {"false": false[kept].tolist(), "true": true[kept].tolist()},
    }


def _croston(pds: Floats, is_bad: Floats, lines: Indices) -> dict[str, Any]:
    bad = int(is_bad[lines].sum())
    is_measurable = 0 < bad < len(lines)
    return {
        "rows": len(lines),
        "auroc": metrics.auroc(pds[lines], is_bad[lines]) if is_measurable else None,
        "mean_pd": float(pds[lines].mean()) if len(lines) else None,
        "observed": bad / len(lines) if len(lines) else None,
    }


def _stability(data: TrainingSet, test: Indices, pds: Floats, is_bad: Floats) -> list[dict[str, Any]]:
    days = np.array([data.snapshots[i].isoformat() for i in test])
    table = []
    for day in sorted(set(days.tolist())):
        lines = np.flatnonzero(days == day)
        is_measurable = 0 < is_bad[lines].sum() < len(lines)
        table.append(
            {
                "snapshot_on": day,
                "rows": len(lines),
                "auroc": metrics.auroc(pds[lines], is_bad[lines]) if is_measurable else None,
                "mean_pd": float(pds[lines].mean()),
                "observed": float(is_bad[lines].mean()),
            }
        )
    return table


def _psi_train_to_test(data: TrainingSet, parts: Split, bundle: Bundle, test_margins: Floats) -> float | None:
    booster = bundle.boosters["primary"]
    earlier = data.frame.take(parts.calibration)
    lines = [i for i, route in enumerate(routes_of(earlier)) if route == "primary"]
    margins = booster.margins(booster.inputs(earlier.take(lines)))
    bins = psi_bins(margins)
    return checks.population_stability_index(test_margins, bins.edges, bins.shares)


def _histogram(pds: Floats) -> dict[str, Any]:
    scores = [checks.altscore(checks.rounded_pd(pd)) for pd in pds]
    counts, _ = np.histogram(scores, bins=HISTOGRAM_EDGES)
    bands = Counter(checks.risk_band(checks.rounded_pd(pd)) for pd in pds)
    return {"edges": HISTOGRAM_EDGES, "counts": counts.tolist(), "bands": dict(sorted(bands.items()))}


def _outcomes(frame: GoldFrame, bundle: Bundle, taxonomy: Taxonomy) -> dict[str, Any]:
    """What the guardrails would have done to the test rows: a model that explains nobody must not surprise anyone."""
    outcomes = score_frame(frame, bundle, taxonomy, monitors=Monitors(psi=0.0, air_district=1.0, air_size_band=1.0))
    codes = Counter(r.code for o in outcomes if not isinstance(o, Blocked) for r in o.reason_codes)
    return {"counts": dict(sorted(counts_of(outcomes).items())), "codes": dict(sorted(codes.items()))}
