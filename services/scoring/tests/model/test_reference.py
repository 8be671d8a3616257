"""The training reference: measured per route on training rows, kept in the bundle, compared with by reasons."""

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from altscore_scoring.digests import digest_of, guardrail_digest, sha256_hex
from altscore_scoring.errors import ModelRefused
from altscore_scoring.gold.tables import columns_of
from altscore_scoring.guardrails.checks import POINTS_PER_LOG_ODDS
from altscore_scoring.model.bundle import MANIFEST, Bundle, load_bundle
from altscore_scoring.model.calibration import Calibration
from altscore_scoring.model.explainer import reasons_of
from altscore_scoring.model.facts import Quantile, quantiles_of
from altscore_scoring.model.features import Feature, group_members
from altscore_scoring.model.reference import Reference, Span, group_sums, reference_of
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.scores.domain import Monitors, Scored, routes_of, score_frame
from altscore_scoring.training.dataset import TrainingSet, split
from altscore_scoring.training.reference import ROUTE_ROWS_MIN, measure_references

from .. import synthetic
from ..worker_world import AS_OF

CALM = Monitors(psi=0.0, air_district=1.0, air_size_band=1.0)


def test_the_reference_is_that_of_the_training_rows_of_the_route(
    bundle: Bundle, training_set: TrainingSet, taxonomy: Taxonomy
) -> None:
    rows = split(training_set).train
    routes = np.array(routes_of(training_set.frame))
    own = training_set.frame.take(rows[routes[rows] == "primary"])
    booster, reference = bundle.boosters["primary"], bundle.references["primary"]
    assert reference.rows == len(own)
    members = group_members(booster.features, taxonomy.groups)
    delay = booster.contributions(booster.inputs(own))[:, members["delay"]].sum(axis=1)
    assert (delay < reference.spans["delay"].best).mean() == pytest.approx(0.05, abs=0.002)
    assert (delay > reference.spans["delay"].worst).mean() == pytest.approx(0.05, abs=0.002)
    assert set(reference.quantiles) == set(quantiles_of(taxonomy.facts))
    upper = reference.quantiles[Quantile("return_rate", 75)]
    assert (own.numbers["return_rate"] > upper).mean() == pytest.approx(0.25, abs=0.002)


@pytest.mark.parametrize(("young", "rows"), [(ROUTE_ROWS_MIN - 1, 300), (ROUTE_ROWS_MIN, ROUTE_ROWS_MIN)])
def test_a_route_with_few_rows_is_held_against_all_rows(
    bundle: Bundle, taxonomy: Taxonomy, young: int, rows: int
) -> None:
    frame = columns_of(synthetic.gold_table(300, seed=4, as_of_on=date(2025, 1, 1)))
    months = np.where(np.arange(300) < young, 3.0, 24.0)
    months[young:] = 24.0
    frame = replace(
        frame, numbers={**frame.numbers, "months_history": months, "croston_interval_months": months * 0 + 1}
    )
    assert measure_references(frame, bundle.boosters, taxonomy)["croston"].rows == rows


def test_a_feature_that_training_never_saw_has_no_quantile(bundle: Bundle, taxonomy: Taxonomy) -> None:
    frame = columns_of(synthetic.gold_table(150, seed=4, as_of_on=date(2025, 1, 1)))
    blind = replace(frame, numbers={**frame.numbers, "lines_mean": np.full(150, np.nan)})
    reference = measure_references(blind, bundle.boosters, taxonomy)["primary"]
    assert math.isnan(reference.quantiles[Quantile("lines_mean", 50)])
    again = reference_of(json.loads(json.dumps(reference.to_document(), allow_nan=False)))
    assert math.isnan(again.quantiles[Quantile("lines_mean", 50)])
    assert again.spans == reference.spans


def _altered(folder: Path, change: Any) -> tuple[dict[str, bytes], str]:
    """The files of a bundle with another reference whose digest the manifest names."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    document = json.loads(files["reference.json"])
    change(document)
    files["reference.json"] = json.dumps(document).encode()
    manifest = json.loads(files[MANIFEST])
    manifest["artifacts"]["reference.json"] = sha256_hex(files["reference.json"])
    files[MANIFEST] = json.dumps(manifest).encode()
    return files, digest_of(manifest)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("croston"),
        lambda document: document["primary"]["contributions"].pop("delay"),
        lambda document: document["primary"]["contributions"].update(other={"best": 0.0, "worst": 1.0}),
        lambda document: document["primary"]["contributions"]["delay"].update(best=9.0, worst=-9.0),
        lambda document: document["primary"]["contributions"]["delay"].update(best=None),
        lambda document: document["primary"].pop("quantiles"),
    ],
)
def test_a_reference_that_does_not_fit_the_model_refuses_it(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy, change: Any
) -> None:
    files, digest = _altered(trained[1], change)
    with pytest.raises(ModelRefused, match="assembled"):
        load_bundle(files.__getitem__, digest, taxonomy_digest=taxonomy.digest, guardrail_digest=guardrail_digest())


def test_a_bundle_of_the_time_before_the_reference_is_refused_with_its_reason(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy
) -> None:
    manifest = json.loads((trained[1] / MANIFEST).read_bytes())
    manifest["schema_version"] = 2
    del manifest["artifacts"]["reference.json"]
    digests = {"taxonomy_digest": taxonomy.digest, "guardrail_digest": guardrail_digest()}
    with pytest.raises(ModelRefused, match="schema_version"):
        load_bundle(lambda _: json.dumps(manifest).encode(), digest_of(manifest), **digests)
    manifest["schema_version"] = 3
    with pytest.raises(ModelRefused, match="known artifacts"):
        load_bundle(lambda _: json.dumps(manifest).encode(), digest_of(manifest), **digests)


def test_the_loaded_reference_is_the_trained_one(trained: tuple[Bundle, Path], taxonomy: Taxonomy) -> None:
    bundle, folder = trained
    digests = {"taxonomy_digest": taxonomy.digest, "guardrail_digest": guardrail_digest()}
    loaded = load_bundle(lambda name: (folder / name).read_bytes(), bundle.model_sha256, **digests)
    assert loaded.references == bundle.references


def test_a_group_s_sum_is_the_same_alone_and_among_others() -> None:
    contributions = np.random.default_rng(1).normal(size=(50, 40)) * 1e-3
    members = {"a": list(range(0, 40, 2)), "b": [1, 3], "c": [5]}
    together = group_sums(contributions, members)
    assert together.shape == (50, 3)
    assert np.array_equal(together, np.vstack([group_sums(contributions[[i]], members) for i in range(50)]))
    assert together[:, 1] == pytest.approx(contributions[:, [1, 3]].sum(axis=1))


def test_points_are_those_of_the_calibrated_score(taxonomy: Taxonomy) -> None:
    """Half the slope, half the points: what counts is what the score moves by, not the margin of the trees."""
    groups = ("delay", "returns", "tenure", "gap", "season")
    features = tuple(Feature(name=group, family="any", group=group, direction=1, is_croston=True) for group in groups)
    frame = replace(
        columns_of(synthetic.gold_table(1, seed=1, as_of_on=AS_OF)),
        numbers={
            **{name: np.array([1.0]) for name in ("on_time_ratio", "active_month_ratio")},
            **{name: np.array([0.0]) for name in ("late_30_ratio", "return_rate")},
            **{
                "gap_max_days": np.array([40.0]),
                "peak_month_index": np.array([3.0]),
                "months_history": np.array([24.0]),
            },
        },
    )
    one_point = 1 / POINTS_PER_LOG_ODDS
    assert one_point == pytest.approx(0.013863, abs=1e-6)
    contributions = np.array([[-5, -4, -3, 2.02, 2.5, 0]]) * one_point
    reference = Reference(100, {group: Span(-0.0, 0.0) for group in groups}, {})
    answers = [
        reasons_of(
            frame,
            contributions,
            features=features,
            calibration=Calibration(slope, 0.0),
            reference=reference,
            taxonomy=taxonomy,
        )[0]
        for slope in (1.0, 0.5, 0.49)
    ]
    assert answers[0] is not None
    assert [(item.reason.code, round(item.points, 2)) for item in answers[0]] == [
        ("LOW_PAYMENT_DELAY", 5.0),
        ("LOW_RETURN_RATE", 4.0),
        ("LONG_RELATIONSHIP", 3.0),
        ("HIGH_SEASONAL_DEPENDENCE", 2.5),
        ("ORDER_GAP_DETECTED", 2.02),
    ]
    assert answers[1] is not None
    assert answers[2] is None


def test_reasons_of_served_scores_are_backed_and_a_replay_finds_the_same(bundle: Bundle, taxonomy: Taxonomy) -> None:
    frame = columns_of(synthetic.gold_table(200, seed=21, as_of_on=AS_OF))
    scores = [item for item in score_frame(frame, bundle, taxonomy, monitors=CALM) if isinstance(item, Scored)]
    assert len(scores) > 100
    for score in scores:
        assert [item["code"] for item in score.sections["reasons"]] == [reason.code for reason in score.reason_codes]
        assert all(item["points"] >= 1.0 for item in score.sections["reasons"])
    assert {item["basis"] for score in scores for item in score.sections["reasons"]} == {"sign", "distance"}
