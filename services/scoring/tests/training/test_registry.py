"""The registry: what a registered model says of itself, and which model is refused."""

import json
from pathlib import Path

import pytest
from altscore_libs.testing_postgres import PostgresServer
from altscore_scoring.digests import digest_of
from altscore_scoring.errors import QualityBarMissed
from altscore_scoring.model.bundle import Bundle, bundle_files, make_manifest
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.training.registry import register


def test_a_registered_model_carries_its_digests_as_tags(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy, pg_server: PostgresServer, tmp_path: Path
) -> None:
    pg_server.execute("CREATE DATABASE mlflow_test")
    uri = pg_server.dsn("mlflow_test").replace("postgresql://", "postgresql+psycopg2://")
    registered = [
        register(trained[1], tracking_uri=uri, models_uri=f"file://{tmp_path}", taxonomy=taxonomy) for _ in range(2)
    ]
    assert [version["version"] for version in registered] == ["1", "2"]
    assert registered[0]["model_name"] == "altscore-xgb"
    assert registered[0]["model_sha256"] == trained[0].model_sha256
    stored = Path(registered[0]["artifact_uri"].removeprefix("file://"))
    assert digest_of(json.loads((stored / "manifest.json").read_text())) == trained[0].model_sha256
    from mlflow import MlflowClient  # noqa: PLC0415  # two seconds, for one test

    version = MlflowClient(tracking_uri=uri, registry_uri=uri).get_model_version("altscore-xgb", "1")
    assert version.tags["model_sha256"] == trained[0].model_sha256


def test_a_model_below_a_bar_cannot_be_registered(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy, tmp_path: Path
) -> None:
    manifest = json.loads((trained[1] / "manifest.json").read_text())
    artifacts = {name: (trained[1] / name).read_bytes() for name in manifest["artifacts"]}
    poor = json.loads(artifacts["evaluation.json"]) | {"auroc_low": 0.71, "failures": []}
    artifacts["evaluation.json"] = json.dumps(poor).encode()
    forged = make_manifest(artifacts, taxonomy_digest=taxonomy.digest, guardrail_digest=manifest["guardrail_digest"])
    for name, raw in bundle_files(artifacts, forged).items():
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(QualityBarMissed, match="auroc_low"):
        register(tmp_path, tracking_uri="-", models_uri="-", taxonomy=taxonomy)
