"""The evaluation of a model on rows it never saw, and the bars that a model must pass to be registered."""

import platform
from collections import Counter
from typing import Any

import numpy as np
import sklearn
import xgboost
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails.quality import failures_of, is_croston_judged
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.scores.domain import Blocked, Monitors, answerable_rows, counts_of, routes_of, score_frame
from altscore_scoring.training.baseline import single_feature_baseline
from altscore_scoring.training.dataset import Indices, Split, TrainingSet
from altscore_scoring.training.explanations import explain_test
from altscore_scoring.training.fairness import fairness, least_ratio
from altscore_scoring.training.fit import Recipe, is_primary_untrained
from altscore_scoring.training.judgement import (
    ScoredRows,
    headline_figures,
    pd_histogram,
    psi_shares,
    route_figures,
    score_histogram,
)
from altscore_scoring.training.resampling import RESAMPLES, clusters_of
from altscore_scoring.training.stability import by_snapshot, population_shift

Floats = NDArray[np.float64]
LEDGER = "ledger"  # a report on the product's own features; those on other tables say so


class _Test:
    """The test rows that the model may answer, with what it says of them."""

    def __init__(self, data: TrainingSet, parts: Split, bundle: Bundle, *, seed: int) -> None:
        rows = parts.test[answerable_rows(data.frame.take(parts.test))]
        self.frame = data.frame.take(rows)
        self.routes = np.array(routes_of(self.frame))
        pds, margins = np.zeros(len(self.frame)), np.zeros(len(self.frame))
        for route, booster in bundle.boosters.items():
            own = self.rows_of(route)
            if len(own):
                margins[own] = booster.margins(booster.inputs(self.frame.take(own)))
                pds[own] = bundle.calibrations[route].probabilities(margins[own])
        self.scored = ScoredRows(
            is_bad=data.is_bad[rows],
            pds=pds,
            margins=margins,
            days=tuple(data.snapshots[i].isoformat() for i in rows),
            clusters=clusters_of(self.frame.retailer_ids),
            seed=seed,
        )

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
    scored = test.scored.take(primary)
    bands = [checks.risk_band(checks.rounded_pd(pd)) for pd in test.scored.pds]
    groupings = {
        name: fairness(bands, groups, test.scored.clusters, seed=recipe.seed)
        for name, groups in (("district", test.frame.districts), ("size_band", test.frame.size_bands))
    }
    shift = population_shift(scored.margins, bundle.psi, scored.clusters, seed=recipe.seed)
    report: dict[str, Any] = {
        "kind": LEDGER,
        "recipe": dict(vars(recipe)),
        "resamples": RESAMPLES,
        "versions": library_versions(),
        "training_set_sha256": data.digest,
        "about": data.about,
        "split": split_facts(data, parts) | {"routes": _routes(data, parts)},
        "untrained": ["primary"] if is_untrained else [],
        **headline_figures(scored),
        "croston": route_figures(test.scored.take(test.rows_of("croston"))),
        "baseline": baseline_of(bundle.boosters["primary"], test.frame.take(primary), scored),
        "fairness": groupings,
        "air_min": least_ratio(list(groupings.values())),
        "stability": by_snapshot(test.scored.days, test.scored.pds, test.scored.is_bad),
        "psi_train_to_test": shift["psi"],
        "psi_interval_95": shift["interval_95"],
        "psi_shares": psi_shares(scored.margins, bundle.psi.edges, bundle.psi.shares),
        "scores": score_histogram(test.scored.pds),
        "pds": pd_histogram(test.scored.pds, test.scored.is_bad),
        "explanations": _explanations(test, bundle),
        "unanswered": len(parts.test) - len(test.frame),
        "outcomes": _outcomes(data.frame.take(parts.test), bundle, taxonomy),
    }
    report["croston"]["is_judged"] = is_croston_judged(report)
    report["failures"] = failures_of(report)
    return report


def library_versions() -> dict[str, str]:
    """What the bytes of a model depend on besides its data and its recipe."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {
        "python": python,
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "xgboost": xgboost.__version__,
    }


def split_facts(data: TrainingSet, parts: Split) -> dict[str, Any]:
    """Days and sizes of the parts."""
    rows = parts.rows()
    return {
        "snapshots": [day.isoformat() for day in sorted(set(data.snapshots))],
        **_days(parts),
        "label_days": data.label_days,
        "rows": {name: len(lines) for name, lines in rows.items()},
        "bad_share": {name: float(data.is_bad[lines].mean()) for name, lines in rows.items()},
    }


def _days(parts: Split) -> dict[str, Any]:
    until, since = parts.train_until_on, parts.test_from_on
    if until is None or since is None:
        return {"train_until_on": None, "test_from_on": None, "embargo_days": None}
    return {
        "train_until_on": until.isoformat(),
        "test_from_on": since.isoformat(),
        "embargo_days": (since - until).days,
    }


def _routes(data: TrainingSet, parts: Split) -> dict[str, dict[str, dict[str, int]]]:
    """Rows and bad rows of each part and route: which of them have too few to train or to judge."""
    return {name: _by_route(data, lines) for name, lines in parts.rows().items()}


def _by_route(data: TrainingSet, rows: Indices) -> dict[str, dict[str, int]]:
    routes = np.array(routes_of(data.frame.take(rows)))
    return {
        route: {"rows": int((routes == route).sum()), "bad": int(data.is_bad[rows[routes == route]].sum())}
        for route in ("primary", "croston")
    }


def baseline_of(booster: Booster, frame: GoldFrame, test: ScoredRows) -> dict[str, Any] | None:
    """The best single input of this booster on the same rows."""
    return single_feature_baseline(
        booster.inputs(frame),
        booster.features,
        test.pds,
        is_bad=test.is_bad,
        clusters=test.clusters,
        seed=test.seed,
    )


def _explanations(test: _Test, bundle: Bundle) -> dict[str, Any]:
    return {
        route: explain_test(booster, bundle.calibrations[route], booster.inputs(test.frame.take(test.rows_of(route))))
        for route, booster in bundle.boosters.items()
    }


def _outcomes(frame: GoldFrame, bundle: Bundle, taxonomy: Taxonomy) -> dict[str, Any]:
    """What the guardrails would have done to the test rows: a model that explains nobody must not surprise anyone."""
    outcomes = score_frame(frame, bundle, taxonomy, monitors=Monitors(psi=0.0, air_district=1.0, air_size_band=1.0))
    codes = Counter(r.code for o in outcomes if not isinstance(o, Blocked) for r in o.reason_codes)
    return {"counts": dict(sorted(counts_of(outcomes).items())), "codes": dict(sorted(codes.items()))}
