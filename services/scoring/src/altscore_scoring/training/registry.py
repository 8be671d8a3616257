"""Registers a bundle in MLflow: a run that tells how the model was made and judged, and a version with its digests."""

import json
import tempfile
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from altscore_scoring.clients import FileReader, join
from altscore_scoring.digests import code_version, digest_of, guardrail_digest, sha256_hex
from altscore_scoring.errors import ModelRefused, QualityBarMissed
from altscore_scoring.guardrails.quality import failures_of
from altscore_scoring.model.bundle import MANIFEST, load_bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.training.dataset import LABEL_DAYS
from altscore_scoring.training.evaluation import LEDGER
from altscore_scoring.training.pages import CARD_HTML, MODEL_NAME, PACK, make_pages
from altscore_scoring.training.report import render_report
from altscore_scoring.training.service import REPORT_PAGE, figures_of
from altscore_scoring.training.tracking import metrics_of, params_of

EXPERIMENT = "altscore-scoring"
FOLDER, VALIDATION = "bundle", "validation"
_EVALUATION = "evaluation.json"


def register(folder: Path, *, tracking_uri: str, models_uri: str, taxonomy: Taxonomy) -> dict[str, Any]:
    """Registers the bundle in `folder` and returns what a promotion names.

    The digests of the model card and of the validation pack are among the figures that two people sign.

    Raises:
        QualityBarMissed: the evaluation misses a bar; nothing is registered.
        ModelRefused: the folder is not a whole bundle of this engine.
    """
    manifest, evaluation = _read(folder, MANIFEST), _read(folder, _EVALUATION)
    if evaluation.get("kind") != LEDGER:
        raise ModelRefused("the model was not evaluated on ledgers by this engine")
    if evaluation["split"]["label_days"] != LABEL_DAYS:
        raise ModelRefused(f"the model's label is not that of {LABEL_DAYS} days past due, which lenders are told of")
    missed = failures_of(evaluation)
    if missed:
        raise QualityBarMissed(f"the model misses: {', '.join(missed)}")
    objects, model_sha256 = FileReader(), digest_of(manifest)
    load_bundle(
        lambda name: objects.read(join(str(folder), name)),
        model_sha256,
        taxonomy_digest=taxonomy.digest,
        guardrail_digest=guardrail_digest(),
    )
    pages = {REPORT_PAGE: render_report(evaluation), **make_pages(evaluation, manifest)}
    client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
    tags = {
        "model_sha256": model_sha256,
        "taxonomy_digest": taxonomy.digest,
        "guardrail_digest": guardrail_digest(),
        "training_set_sha256": evaluation["training_set_sha256"],
        "model_card_sha256": sha256_hex(pages[CARD_HTML].encode()),
        "validation_pack_sha256": sha256_hex(pages[PACK].encode()),
    }
    run_id = _start_run(client, models_uri, tags)
    _log_figures(client, run_id, evaluation)
    _log_files(client, run_id, folder=folder, names=(*manifest["artifacts"], MANIFEST), pages=pages)
    client.set_terminated(run_id)
    artifact_uri = join(client.get_run(run_id).info.artifact_uri, FOLDER)
    if not client.search_registered_models(filter_string=f"name = '{MODEL_NAME}'"):
        client.create_registered_model(MODEL_NAME)
    version = client.create_model_version(MODEL_NAME, artifact_uri, run_id, tags=tags)
    documents = {name: tags[name] for name in ("model_card_sha256", "validation_pack_sha256")}
    return {
        "model_name": MODEL_NAME,
        "version": str(version.version),
        "model_sha256": model_sha256,
        "artifact_uri": artifact_uri,
        "evaluation": {**figures_of(evaluation), **documents},
        "taxonomy_digest": taxonomy.digest,
        "guardrail_digest": guardrail_digest(),
    }


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads((folder / name).read_bytes())
    except FileNotFoundError as error:
        raise ModelRefused(f"the folder has no {name}: it is no bundle") from error
    except ValueError as error:
        raise ModelRefused(f"{name} is not JSON") from error
    return document


def _start_run(client: MlflowClient, models_uri: str, tags: dict[str, str]) -> str:
    name = f"{MODEL_NAME} {tags['model_sha256'][:12]}"
    own = {**tags, "code_version": code_version()}
    return str(client.create_run(_experiment(client, models_uri), tags=own, run_name=name).info.run_id)


def _log_figures(client: MlflowClient, run_id: str, evaluation: dict[str, Any]) -> None:
    for name, value in params_of(evaluation).items():
        client.log_param(run_id, name, value)
    for name, figure in metrics_of(evaluation).items():
        client.log_metric(run_id, name, figure)


def _log_files(
    client: MlflowClient, run_id: str, *, folder: Path, names: tuple[str, ...], pages: dict[str, str]
) -> None:
    """The bundle, of which only verified files go up, and beside it what people read."""
    for name in names:
        client.log_artifact(run_id, str(folder / name), FOLDER)
    with tempfile.TemporaryDirectory(prefix="validation-") as scratch:
        for name, text in pages.items():
            path = Path(scratch, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        client.log_artifacts(run_id, scratch, VALIDATION)


def _experiment(client: MlflowClient, models_uri: str) -> str:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is not None:
        return str(experiment.experiment_id)
    try:
        return str(client.create_experiment(EXPERIMENT, artifact_location=models_uri))
    except MlflowException:  # another registration created it meanwhile
        experiment = client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            raise
        return str(experiment.experiment_id)
