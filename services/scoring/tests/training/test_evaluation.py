"""Judgement as a whole: the gate takes low ends, every route says how much it could be judged by."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from altscore_libs.testing import SCHEMAS
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.errors import TrainingSetUnusable
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.quality import failures_of
from altscore_scoring.model.bundle import Bundle, load_bundle
from altscore_scoring.model.features import load_features
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.training.dataset import TrainingSet, split, training_set_of
from altscore_scoring.training.fit import Recipe, fit_bundle, is_primary_trainable, psi_bins
from altscore_scoring.training.service import evaluate_bundle, train

from .. import synthetic

SMALL = Recipe(rounds=20)


@pytest.fixture(scope="module")
def report(trained: tuple[Bundle, Path]) -> dict[str, Any]:
    """A real evaluation."""
    return dict(trained[0].evaluation)


def test_the_bars_take_the_worse_end_of_each_interval(report: dict[str, Any]) -> None:
    limits = report["intervals"]
    assert report["auroc_low"] == limits["auroc"][0] < report["auroc"]
    assert report["ks_low"] == limits["ks"][0] < report["ks"]
    assert report["air_min"] == min(grouping["low"] for grouping in report["fairness"].values())
    assert report["air_min"] < min(grouping["air"] for grouping in report["fairness"].values())
    assert max(abs(end) for end in limits["gap"]) <= c.CALIBRATION_POINTS_MAX
    assert failures_of(report) == report["failures"] == []
    assert failures_of(report | {"auroc_low": 0.71}) == ["auroc_low"], "a good figure does not make up for a low end"


def test_the_split_says_how_long_labels_take_and_how_many_rows_each_route_has(report: dict[str, Any]) -> None:
    facts = report["split"]
    assert (facts["label_days"], facts["embargo_days"]) == (91, 213)
    for part, routes in facts["routes"].items():
        assert sum(entry["rows"] for entry in routes.values()) == facts["rows"][part]
    assert facts["routes"]["test"]["croston"] == {"rows": 0, "bad": 0}
    assert report["croston"]["is_judged"] is False
    assert report["untrained"] == []


def test_psi_bins_hold_the_training_rows_and_no_others(training_set: TrainingSet, bundle: Bundle) -> None:
    booster = bundle.boosters["primary"]
    rows = booster.inputs(training_set.frame.take(split(training_set).train))
    assert bundle.psi == psi_bins(booster.margins(rows))


def young(table: pa.Table, *, but: int) -> pa.Table:
    """The table, all of whose retailers are too young for the primary route, but for a few."""
    ids = np.array([int(name.removeprefix("ret_"), 16) for name in table["retailer_id"].to_pylist()])
    months = np.where(ids < but, 24.0, 3.0)
    return table.set_column(table.schema.get_field_index("months_history"), "months_history", pa.array(months))


def test_a_primary_route_of_too_few_rows_is_scored_by_the_croston_model_and_the_report_says_so(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    data = training_set_of(young(synthetic.training_table(retailers=1_000), but=60), digest="0" * 64)
    assert not is_primary_trainable(data, split(data))
    bundle, report = train(data, tmp_path, features_file=synthetic.FEATURES_FILE, schemas_dir=SCHEMAS, recipe=SMALL)
    assert report["untrained"] == ["primary"]
    assert report["rows"] == report["split"]["rows"]["test"], "the figures are those of all rows"
    assert 0 < report["split"]["routes"]["test"]["primary"]["rows"] < 50
    assert report["croston"]["bad_retailers"] >= c.CLASS_RETAILERS_MIN
    assert report["croston"]["is_judged"] is True
    assert bundle.boosters["primary"].to_ubjson() == bundle.boosters["croston"].to_ubjson()
    page = (tmp_path / "report.html").read_text()
    assert "Too few rows of the primary route" in page
    if not report["failures"]:
        again = load_bundle(
            lambda name: (tmp_path / name).read_bytes(),
            bundle.model_sha256,
            taxonomy_digest=taxonomy.digest,
            guardrail_digest=guardrail_digest(),
        )
        assert again.boosters["primary"].names == again.boosters["croston"].names


def test_each_route_that_has_enough_rows_has_a_model_of_its_own(training_set: TrainingSet, bundle: Bundle) -> None:
    assert is_primary_trainable(training_set, split(training_set))
    assert bundle.boosters["primary"].names != bundle.boosters["croston"].names


def test_a_bundle_is_judged_alike_when_it_is_evaluated_again(
    trained: tuple[Bundle, Path], training_set: TrainingSet, taxonomy: Taxonomy, report: dict[str, Any]
) -> None:
    again = evaluate_bundle(trained[1], training_set, taxonomy=taxonomy, recipe=Recipe())
    for name in ("auroc", "auroc_low", "ks_low", "air_min", "intervals", "baseline", "croston", "failures"):
        assert again[name] == report[name], name


def test_labels_that_no_feature_follows_are_refused_in_words(training_set: TrainingSet) -> None:
    contrary = replace(training_set, is_bad=training_set.is_bad.copy())
    parts = split(contrary)
    contrary.is_bad[parts.calibration] = 1 - contrary.is_bad[parts.calibration]
    with pytest.raises(TrainingSetUnusable, match="say nothing of this label"):
        fit_bundle(contrary, parts, features=load_features(synthetic.FEATURES_FILE), recipe=SMALL)
