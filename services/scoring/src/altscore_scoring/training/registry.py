"""Registers a bundle in MLflow: artifacts in the models bucket, a version whose tags carry the digests."""

import json
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from altscore_scoring.clients import FileReader, join
from altscore_scoring.digests import digest_of, guardrail_digest
from altscore_scoring.errors import QualityBarMissed
from altscore_scoring.guardrails.quality import failures_of
from altscore_scoring.model.bundle import load_bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.training.service import figures_of

MODEL_NAME = "altscore-xgb"
EXPERIMENT = "altscore-scoring"
FOLDER = "bundle"


def register(folder: Path, *, tracking_uri: str, models_uri: str, taxonomy: Taxonomy) -> dict[str, Any]:
    """Registers the bundle in `folder` and returns what a promotion names.

    Raises:
        QualityBarMissed: the evaluation misses a bar; nothing is registered.
        ModelRefused: the folder is not a whole bundle of this engine.
    """
    manifest = json.loads((folder / "manifest.json").read_bytes())
    evaluation = json.loads((folder / "evaluation.json").read_bytes())
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
    client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
    artifact_uri, run_id = _log_run(client, folder, models_uri, figures_of(evaluation))
    tags = {
        "model_sha256": model_sha256,
        "taxonomy_digest": taxonomy.digest,
        "guardrail_digest": guardrail_digest(),
        "training_set_sha256": evaluation["training_set_sha256"],
    }
    if not client.search_registered_models(filter_string=f"name = '{MODEL_NAME}'"):
        client.create_registered_model(MODEL_NAME)
    version = client.create_model_version(MODEL_NAME, artifact_uri, run_id, tags=tags)
    return {
        "model_name": MODEL_NAME,
        "version": str(version.version),
        "model_sha256": model_sha256,
        "artifact_uri": artifact_uri,
        "evaluation": figures_of(evaluation),
        "taxonomy_digest": taxonomy.digest,
        "guardrail_digest": guardrail_digest(),
    }


def _log_run(client: MlflowClient, folder: Path, models_uri: str, figures: dict[str, Any]) -> tuple[str, str]:
    run = client.create_run(_experiment(client, models_uri))
    for name, value in figures.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            client.log_metric(run.info.run_id, name, float(value))
        else:
            client.log_param(run.info.run_id, name, value)
    client.log_artifacts(run.info.run_id, str(folder), FOLDER)
    client.set_terminated(run.info.run_id)
    return join(run.info.artifact_uri, FOLDER), run.info.run_id


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
