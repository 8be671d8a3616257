"""Train and evaluate: from a training set to a bundle folder with its report."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from altscore_scoring.clients import FileReader, join
from altscore_scoring.digests import digest_of, guardrail_digest
from altscore_scoring.model.bundle import MANIFEST, Bundle, bundle_files, load_bundle, make_manifest
from altscore_scoring.model.features import load_features
from altscore_scoring.model.taxonomy import Taxonomy, load_taxonomy
from altscore_scoring.training.dataset import TrainingSet, split
from altscore_scoring.training.evaluation import evaluate
from altscore_scoring.training.fit import Recipe, artifacts_of, fit_bundle
from altscore_scoring.training.pages import CARD_HTML, CARD_MARKDOWN, PACK, make_pages
from altscore_scoring.training.reference import measure_references
from altscore_scoring.training.report import render_report

FIGURES = ("auroc", "auroc_low", "ks", "ks_low", "brier", "mean_pd", "observed", "air_min")
REPORT_PAGE, REPORT_JSON = "report.html", "report.json"
PAGES = (CARD_MARKDOWN, CARD_HTML, PACK)


def train(
    data: TrainingSet, out: Path, *, features_file: Path, schemas_dir: Path, recipe: Recipe
) -> tuple[Bundle, dict[str, Any]]:
    """Trains a model and writes its bundle, report, model card and validation pack to `out`.

    Returns:
        The bundle with its digest, and the evaluation; a model below the bar is written too, so that people see why.

    Raises:
        TrainingSetUnusable: the data cannot be split.
    """
    taxonomy, parts = load_taxonomy(schemas_dir), split(data, embargo_days=recipe.embargo_days)
    bundle = fit_bundle(data, parts, features=load_features(features_file), recipe=recipe)
    references = measure_references(data.frame.take(parts.train), bundle.boosters, taxonomy)
    bundle = replace(bundle, references=references)
    report = evaluate(data, parts, bundle, taxonomy=taxonomy, recipe=recipe)
    artifacts = artifacts_of(bundle, report)
    manifest = make_manifest(artifacts, taxonomy_digest=taxonomy.digest, guardrail_digest=guardrail_digest())
    out.mkdir(parents=True, exist_ok=True)
    for name, raw in bundle_files(artifacts, manifest).items():
        (out / name).write_bytes(raw)
    (out / REPORT_PAGE).write_text(render_report(report), encoding="utf-8")
    (out / REPORT_JSON).write_bytes(artifacts["evaluation.json"])
    pages = make_pages(json.loads(artifacts["evaluation.json"]), manifest)  # as registration reads it
    for name in PAGES:
        (out / name).write_text(pages[name], encoding="utf-8")
    return replace(bundle, model_sha256=digest_of(manifest), evaluation=report), report


def evaluate_bundle(folder: Path, data: TrainingSet, *, taxonomy: Taxonomy, recipe: Recipe) -> dict[str, Any]:
    """The evaluation of a bundle folder on the out-of-time part of a training set.

    Raises:
        ModelRefused: the folder is not a whole bundle of this engine.
        TrainingSetUnusable: the data cannot be split.
    """
    bundle = bundle_of(folder, taxonomy)
    return evaluate(data, split(data, embargo_days=recipe.embargo_days), bundle, taxonomy=taxonomy, recipe=recipe)


def bundle_of(folder: Path, taxonomy: Taxonomy) -> Bundle:
    """The model of a bundle folder.

    Raises:
        ModelRefused: it is not a whole bundle of this engine, or misses a bar.
    """
    objects = FileReader()
    return load_bundle(
        lambda name: objects.read(join(str(folder), name)),
        digest_of(json.loads((folder / MANIFEST).read_bytes())),
        taxonomy_digest=taxonomy.digest,
        guardrail_digest=guardrail_digest(),
    )


def figures_of(report: dict[str, Any]) -> dict[str, Any]:
    """The figures that two people see when they promote, and that their signature covers."""
    rounded = {name: _rounded(report[name]) for name in FIGURES}
    split_facts = report["split"]
    return {
        **rounded,
        "is_calibrated": report["is_calibrated"],
        "test_rows": report["rows"],
        "test_from_on": split_facts["test_from_on"],
        "train_until_on": split_facts["train_until_on"],
        "training_set_sha256": report["training_set_sha256"],
    }


def routes_of_training(report: dict[str, Any]) -> dict[str, str]:
    """What became of each route, in words: a ledger may have too few rows of either."""
    croston = report["croston"]
    return {
        "primary": "too few rows, the Croston model scores it" if report["untrained"] else "trained",
        "croston": "judged" if croston["is_judged"] else f"too few to judge ({croston['rows']} test rows)",
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
