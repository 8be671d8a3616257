"""The evaluation of a model on rows it never saw, and the bars that a model must pass to be registered."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.quality import failures_of, is_croston_judged
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.scores.domain import Blocked, Monitors, answerable_rows, counts_of, routes_of, score_frame
from altscore_scoring.training import metrics
from altscore_scoring.training.baseline import single_feature_baseline
from altscore_scoring.training.dataset import Indices, Split, TrainingSet
from altscore_scoring.training.fairness import fairness, least_ratio
from altscore_scoring.training.fit import Recipe, is_primary_untrained
from altscore_scoring.training.reliability import calibration_table, is_calibrated, is_shown_off
from altscore_scoring.training.resampling import RESAMPLES, Clusters, clusters_of
from altscore_scoring.training.stability import by_snapshot, population_shift

Floats = NDArray[np.float64]
CHANCE = np.array([0.0, 1.0])
HISTOGRAM_EDGES = list(range(c.SCORE_MIN, c.SCORE_MAX + 1, 30))


class _Test:
    """The test rows that the model may answer, with what it says of them."""

    def __init__(self, data: TrainingSet, parts: Split, bundle: Bundle, *, seed: int) -> None:
        self.seed = seed
        rows = parts.test[answerable_rows(data.frame.take(parts.test))]
        self.frame = data.frame.take(rows)
        self.is_bad = data.is_bad[rows]
        self.days = [data.snapshots[i].isoformat() for i in rows]
        self.clusters = clusters_of(self.frame.retailer_ids)
        self.routes = np.array(routes_of(self.frame))
        self.pds, self.margins = np.zeros(len(self.frame)), np.zeros(len(self.frame))
        for route, booster in bundle.boosters.items():
            rows = self.rows_of(route)
            if len(rows):
                self.margins[rows] = booster.margins(booster.inputs(self.frame.take(rows)))
                self.pds[rows] = bundle.calibrations[route].probabilities(self.margins[rows])

    def rows_of(self, route: str) -> Indices:
        """The rows that take a route."""
        return np.flatnonzero(self.routes == route)


def evaluate(data: TrainingSet, parts: Split, bundle: Bundle, *, taxonomy: Taxonomy, recipe: Recipe) -> dict[str, Any]:
    """The report, as JSON values, over the out-of-time test rows; `failures` names every bar that is missed.

    The figures at the top are those of the primary route, or of all rows where the Croston model scores them all.
    """
    test = _Test(data, parts, bundle, seed=recipe.seed)
    is_untrained = is_primary_untrained(bundle)
    primary = np.arange(len(test.frame)) if is_untrained else test.rows_of("primary")
    bands = [checks.risk_band(checks.rounded_pd(pd)) for pd in test.pds]
    groupings = {
        name: fairness(bands, groups, test.clusters, seed=recipe.seed)
        for name, groups in (("district", test.frame.districts), ("size_band", test.frame.size_bands))
    }
    shift = population_shift(test.margins[primary], bundle.psi, test.clusters.take(primary), seed=recipe.seed)
    report: dict[str, Any] = {
        "recipe": dict(vars(recipe)),
        "resamples": RESAMPLES,
        "training_set_sha256": data.digest,
        "split": _split_facts(data, parts),
        "untrained": ["primary"] if is_untrained else [],
        **_primary(test, primary),
        "croston": _route(test, test.rows_of("croston")),
        "baseline": _baseline(test, bundle, primary),
        "fairness": groupings,
        "air_min": least_ratio(list(groupings.values())),
        "stability": by_snapshot(test.days, test.pds, test.is_bad),
        "psi_train_to_test": shift["psi"],
        "psi_interval_95": shift["interval_95"],
        "scores": _histogram(test.pds),
        "unanswered": len(parts.test) - len(test.frame),
        "outcomes": _outcomes(data.frame.take(parts.test), bundle, taxonomy),
    }
    report["croston"]["is_judged"] = is_croston_judged(report)
    report["failures"] = failures_of(report)
    return report


def _split_facts(data: TrainingSet, parts: Split) -> dict[str, Any]:
    rows = {name: getattr(parts, name) for name in ("train", "calibration", "test")}
    return {
        "train_until_on": parts.train_until_on.isoformat(),
        "test_from_on": parts.test_from_on.isoformat(),
        "embargo_days": (parts.test_from_on - parts.train_until_on).days,
        "label_days": data.label_days,
        "rows": {name: len(lines) for name, lines in rows.items()},
        "routes": {name: _by_route(data, lines) for name, lines in rows.items()},
        "bad_share": {name: float(data.is_bad[lines].mean()) for name, lines in rows.items()},
    }


def _by_route(data: TrainingSet, rows: Indices) -> dict[str, dict[str, int]]:
    """Rows and bad rows of each route: which of them have too few to train or to judge."""
    routes = np.array(routes_of(data.frame.take(rows)))
    return {
        route: {"rows": int((routes == route).sum()), "bad": int(data.is_bad[rows[routes == route]].sum())}
        for route in ("primary", "croston")
    }


def _route(test: _Test, rows: Indices) -> dict[str, Any]:
    """Ranking and calibration of one route's rows, and how much these rows can say."""
    pds, is_bad, clusters = test.pds[rows], test.is_bad[rows], test.clusters.take(rows)
    table = calibration_table(pds, is_bad, clusters)
    figures = metrics.quality(pds, is_bad, clusters, seed=test.seed)
    return {
        **_counts(is_bad, clusters),
        **figures,
        "mean_pd": float(pds.mean()) if len(rows) else None,
        "observed": float(is_bad.mean()) if len(rows) else None,
        "calibration": table,
        "is_calibrated": is_calibrated(figures["intervals"]["gap"], table),
        "is_shown_off": is_shown_off(figures["intervals"]["gap"], table),
    }


def _counts(is_bad: Floats, clusters: Clusters) -> dict[str, int]:
    return {
        "rows": len(is_bad),
        "retailers": clusters.count,
        "bad_retailers": clusters.having(is_bad == 1),
        "good_retailers": clusters.having(is_bad == 0),
    }


def _primary(test: _Test, rows: Indices) -> dict[str, Any]:
    route, bad = _route(test, rows), int(test.is_bad[rows].sum())
    curve = metrics.roc_curve(test.pds[rows], test.is_bad[rows]) if 0 < bad < len(rows) else (CHANCE, CHANCE)
    false, true = curve
    shown = np.unique(np.linspace(0, len(false) - 1, 101).astype(int))
    limits = route["intervals"]
    return {
        **route,
        "roc": {"false": false[shown].tolist(), "true": true[shown].tolist()},
        "power": {
            "auroc": metrics.needed_figure(c.AUROC_MIN, limits["auroc"]),
            "ks": metrics.needed_figure(c.KS_MIN, limits["ks"]),
        },
    }


def _baseline(test: _Test, bundle: Bundle, rows: Indices) -> dict[str, Any] | None:
    booster = bundle.boosters["primary"]
    return single_feature_baseline(
        booster.inputs(test.frame.take(rows)),
        booster.features,
        test.pds[rows],
        is_bad=test.is_bad[rows],
        clusters=test.clusters.take(rows),
        seed=test.seed,
    )


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
