"""Trains and judges a booster on an outside table as the product's are, to see what the trainer is worth elsewhere.

The features are not the product's, so it is written without a manifest and can be neither registered nor promoted.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import checks
from altscore_scoring.training.dataset import Indices, Split, split, split_by_customer
from altscore_scoring.training.evaluation import baseline_of, library_versions, split_facts
from altscore_scoring.training.explanations import explain_test
from altscore_scoring.training.fairness import fairness, least_ratio
from altscore_scoring.training.fit import Recipe, calibrate, fit_booster, psi_bins
from altscore_scoring.training.judgement import (
    ScoredRows,
    headline_figures,
    pd_histogram,
    psi_shares,
    route_figures,
    score_histogram,
)
from altscore_scoring.training.outside_table import OutsideTable
from altscore_scoring.training.report import render_report
from altscore_scoring.training.resampling import RESAMPLES, clusters_of
from altscore_scoring.training.stability import by_snapshot, population_shift

Floats = NDArray[np.float64]
OUTSIDE = "outside_table"
NOT_OURS = "features"  # what such a model misses, whatever its figures are


def train_outside_table(table: OutsideTable, out: Path, *, recipe: Recipe) -> dict[str, Any]:
    """Trains and evaluates a booster on a table; writes `model.ubj`, `features.json`, `calibration.json`, `report.html`
    and `report.json` to `out`, and no manifest.

    Raises:
        TrainingSetUnusable: the data cannot be split, or say nothing of the outcome.
    """
    data = table.data
    parts = split(data, embargo_days=recipe.embargo_days) if data.snapshots else split_by_customer(data)
    train = data.frame.take(parts.train)
    booster = fit_booster(train, data.is_bad[parts.train], features=table.features, recipe=recipe)
    calibration = calibrate(data, booster, parts.calibration)
    frame = data.frame.take(parts.test)
    margins = booster.margins(booster.inputs(frame))
    test = ScoredRows(
        is_bad=data.is_bad[parts.test],
        pds=calibration.probabilities(margins),
        margins=margins,
        days=tuple(f"{data.snapshots[i]:%Y-%m}" for i in parts.test) if data.snapshots else (),
        clusters=clusters_of(frame.retailer_ids),
        seed=recipe.seed,
    )
    train_margins = booster.margins(booster.inputs(train))
    report = _report(table, parts, test, train_margins=train_margins, recipe=recipe)
    report["baseline"] = baseline_of(booster, frame, test)
    report["explanations"] = {"primary": explain_test(booster, calibration, booster.inputs(frame))}
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.ubj").write_bytes(booster.to_ubjson())
    (out / "features.json").write_text(json.dumps([list(feature) for feature in table.features]), encoding="utf-8")
    (out / "calibration.json").write_text(json.dumps(calibration._asdict()), encoding="utf-8")
    (out / "report.json").write_text(json.dumps(report, sort_keys=True, indent=1, allow_nan=False), encoding="utf-8")
    (out / "report.html").write_text(render_report(report), encoding="utf-8")
    return report


def figures_of_table(report: dict[str, Any]) -> dict[str, Any]:
    """What the command prints: the figures, the best single feature, and that nothing can be promoted."""
    names = ("auroc", "auroc_low", "ks", "ks_low", "brier", "gap", "mean_pd", "observed")
    baseline = report["baseline"]
    return {
        **{name: None if report[name] is None else round(report[name], 4) for name in names},
        "rows": report["split"]["rows"],
        "test_from_on": report["split"]["test_from_on"],
        "baseline": baseline and {"feature": baseline["feature"], "auroc": round(baseline["auroc"], 4)},
        "training_set_sha256": report["training_set_sha256"],
        "can_be_promoted": False,
    }


def _report(
    table: OutsideTable, parts: Split, test: ScoredRows, *, train_margins: Floats, recipe: Recipe
) -> dict[str, Any]:
    """The same keys as a report on ledgers; there is one route, and no rule answers before the model."""
    data = table.data
    bands = [checks.risk_band(checks.rounded_pd(pd)) for pd in test.pds]
    bins = psi_bins(train_margins)
    shift = population_shift(test.margins, bins, test.clusters, seed=recipe.seed)
    nobody: Indices = np.empty(0, dtype=np.int64)
    groupings = {
        name: fairness(bands, [groups[i] for i in parts.test], test.clusters, seed=recipe.seed)
        for name, groups in table.groups.items()
    }
    return {
        "kind": OUTSIDE,
        "about": data.about,
        "recipe": dict(vars(recipe)),
        "resamples": RESAMPLES,
        "versions": library_versions(),
        "training_set_sha256": data.digest,
        "split": split_facts(data, parts) | {"routes": {}, "label_days": None},
        "untrained": [],
        **headline_figures(test),
        "croston": route_figures(test.take(nobody)) | {"is_judged": False},
        "fairness": groupings,
        "air_min": least_ratio(list(groupings.values())),
        "stability": by_snapshot(test.days, test.pds, test.is_bad),
        "psi_train_to_test": shift["psi"],
        "psi_interval_95": shift["interval_95"],
        "psi_shares": psi_shares(test.margins, bins.edges, bins.shares),
        "scores": score_histogram(test.pds),
        "pds": pd_histogram(test.pds, test.is_bad),
        "unanswered": table.unlabelled,
        "outcomes": {"counts": {}, "codes": {}},
        "failures": [NOT_OURS],
    }
