"""Explanations equal the reference library's on both routes, and a bundle says how it is explained."""

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import shap
from altscore_scoring.gold.tables import columns_of
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.explainer import check_explainer, describe_explainer

from .. import synthetic
from ..worker_world import AS_OF

ROUTES: tuple[Route, ...] = get_args(Route)
TOLERANCE = 1e-6


def portfolio(booster: Booster, *, unknown_share: float) -> Any:
    """Inputs of the synthetic portfolio, a share of the values unknown."""
    rows = booster.inputs(columns_of(synthetic.gold_table(120, seed=11, as_of_on=AS_OF)))
    rows[np.random.default_rng(0).random(rows.shape) < unknown_share] = np.nan
    return rows


@pytest.mark.parametrize("unknown_share", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("route", ROUTES)
def test_contributions_equal_those_of_tree_explainer(bundle: Bundle, route: Route, unknown_share: float) -> None:
    booster = bundle.boosters[route]
    rows = portfolio(booster, unknown_share=unknown_share)
    explainer = shap.TreeExplainer(booster.booster)
    contributions = booster.contributions(rows)
    assert np.abs(explainer.shap_values(rows) - contributions[:, :-1]).max() <= TOLERANCE
    assert np.abs(contributions[:, -1] - explainer.expected_value).max() <= TOLERANCE


@pytest.mark.parametrize("unknown_share", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("route", ROUTES)
def test_contributions_equal_those_of_shap_s_own_algorithm(bundle: Bundle, route: Route, unknown_share: float) -> None:
    """TreeExplainer asks XGBoost for XGBoost's models; here it walks the trees with its own code instead."""
    booster = bundle.boosters[route]
    rows = portfolio(booster, unknown_share=unknown_share)
    explainer = shap.TreeExplainer(booster.booster)
    explainer.model.model_type = "internal"
    reference = explainer.shap_values(rows, check_additivity=False)
    assert np.abs(reference - booster.contributions(rows)[:, :-1]).max() <= TOLERANCE


@pytest.mark.parametrize("route", ROUTES)
def test_contributions_and_expectation_add_up_to_the_margin(bundle: Bundle, route: Route) -> None:
    booster = bundle.boosters[route]
    rows = portfolio(booster, unknown_share=0.2)
    assert np.abs(booster.contributions(rows).sum(axis=1) - booster.margins(rows)).max() <= 1e-5


def _explainer(folder: Path, bundle: Bundle) -> tuple[dict[str, Any], dict[Route, bytes]]:
    raw: dict[Route, bytes] = {route: (folder / f"{route}.ubj").read_bytes() for route in bundle.boosters}
    return json.loads((folder / "explainer.json").read_bytes()), raw


def test_a_bundle_names_type_version_background_and_digest_of_its_explainer(trained: tuple[Bundle, Path]) -> None:
    bundle, folder = trained
    document, raw = _explainer(folder, bundle)
    assert document == describe_explainer(bundle.boosters, raw)
    assert set(document) == {"type", "library", "version", "output", "background", "digest"}
    assert document["background"]["kind"] == "tree_path_dependent"
    assert set(document["digest"]) == set(document["background"]["expectation"]) == {"primary", "croston"}
    check_explainer(document, bundle.boosters, raw)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "KernelSHAP"},
        {"library": "lightgbm"},
        {"output": "probability"},
        {"digest": {"primary": "0" * 64, "croston": "0" * 64}},
        {"background": {"kind": "interventional", "expectation": {}}},
        {"background": {"kind": "tree_path_dependent", "expectation": {"primary": 0.0, "croston": 0.0}}},
        {"background": {"kind": "tree_path_dependent", "expectation": {"primary": float("nan"), "croston": 0.0}}},
    ],
    ids=["type", "library", "output", "digest", "background", "expectation", "nan"],
)
def test_an_explainer_of_another_model_or_kind_is_refused(trained: tuple[Bundle, Path], change: dict[str, Any]) -> None:
    bundle, folder = trained
    document, raw = _explainer(folder, bundle)
    with pytest.raises(ValueError, match="explainer"):
        check_explainer(document | change, bundle.boosters, raw)


def test_a_newer_library_that_computes_the_same_may_explain(trained: tuple[Bundle, Path]) -> None:
    bundle, folder = trained
    document, raw = _explainer(folder, bundle)
    check_explainer(document | {"version": "2.1.4"}, bundle.boosters, raw)
