"""The registry: what a registered model says of itself, and which model is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from altscore_libs.testing_postgres import PostgresServer
from altscore_scoring.digests import digest_of, sha256_hex
from altscore_scoring.errors import ModelRefused, QualityBarMissed
from altscore_scoring.model.bundle import ARTIFACTS, Bundle, bundle_files, make_manifest
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.training.registry import register


@pytest.fixture(scope="module")
def tracking_uri(pg_server: PostgresServer) -> str:
    """MLflow's database."""
    pg_server.execute("CREATE DATABASE mlflow_test")
    return pg_server.dsn("mlflow_test").replace("postgresql://", "postgresql+psycopg2://")


@pytest.fixture(scope="module")
def registered(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy, tracking_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """The same model, twice."""
    models, folder = f"file://{tmp_path_factory.mktemp('models')}", tmp_path_factory.mktemp("bundle") / "copy"
    shutil.copytree(trained[1], folder)
    (folder / "notes.txt").write_text("not a file of the bundle")
    return [register(folder, tracking_uri=tracking_uri, models_uri=models, taxonomy=taxonomy) for _ in range(2)]


def run_of(tracking_uri: str, version: str) -> Any:
    """The run behind a version."""
    from mlflow import MlflowClient  # noqa: PLC0415  # two seconds, for these tests

    client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
    return client.get_run(f"{client.get_model_version('altscore-xgb', version).run_id}")


def folder_of(registered: dict[str, Any]) -> Path:
    """The artefacts of a run; the bundle lies in one of their folders."""
    return Path(registered["artifact_uri"].removeprefix("file://")).parent


def test_a_registered_model_carries_its_digests_as_tags(
    trained: tuple[Bundle, Path], registered: list[dict[str, Any]], tracking_uri: str
) -> None:
    assert [version["version"] for version in registered] == ["1", "2"]
    assert registered[0]["model_name"] == "altscore-xgb"
    assert registered[0]["model_sha256"] == trained[0].model_sha256
    stored = Path(registered[0]["artifact_uri"].removeprefix("file://"))
    assert digest_of(json.loads((stored / "manifest.json").read_text())) == trained[0].model_sha256
    from mlflow import MlflowClient  # noqa: PLC0415  # two seconds, for these tests

    version = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri).get_model_version("altscore-xgb", "1")
    assert version.tags["model_sha256"] == trained[0].model_sha256


def test_the_run_tells_how_the_model_was_made_and_judged(
    trained: tuple[Bundle, Path], registered: list[dict[str, Any]], tracking_uri: str
) -> None:
    run = run_of(tracking_uri, registered[0]["version"])
    evaluation = trained[0].evaluation
    assert run.info.status == "FINISHED"
    assert run.data.params["seed"] == "7"
    assert run.data.params["training_set_sha256"] == evaluation["training_set_sha256"]
    assert run.data.params["rows_test"] == str(evaluation["split"]["rows"]["test"])
    assert run.data.metrics["auroc_high"] == pytest.approx(evaluation["intervals"]["auroc"][1])
    assert run.data.metrics["air_size_band_low"] == evaluation["fairness"]["size_band"]["interval_95"][0]
    assert run.data.tags["model_sha256"] == trained[0].model_sha256


def test_beside_the_bundle_lie_the_pages_and_plots_and_in_it_only_its_files(registered: list[dict[str, Any]]) -> None:
    folder = folder_of(registered[0])
    assert {path.name for path in (folder / "bundle").iterdir()} == {*ARTIFACTS, "manifest.json"}
    assert {path.name for path in (folder / "validation").iterdir()} == {
        *("model_card.md", "model_card.html", "validation_pack.html", "report.html", "plots"),
    }
    plots = {path.name for path in (folder / "validation/plots").iterdir()}
    assert {"roc_primary.svg", "ks_primary.svg", "effects_primary.svg", "psi.svg", "fairness_district.svg"} < plots


def test_the_pack_that_people_read_is_among_the_figures_that_they_sign(registered: list[dict[str, Any]]) -> None:
    for version in registered:
        pages = folder_of(version) / "validation"
        signed = version["evaluation"]
        assert signed["validation_pack_sha256"] == sha256_hex((pages / "validation_pack.html").read_bytes())
        assert signed["model_card_sha256"] == sha256_hex((pages / "model_card.html").read_bytes())
    assert registered[0]["evaluation"] == registered[1]["evaluation"]


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


def test_a_folder_that_is_no_bundle_is_refused_in_words(taxonomy: Taxonomy, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"no manifest\.json"):
        register(tmp_path, tracking_uri="-", models_uri="-", taxonomy=taxonomy)


def test_a_model_whose_label_is_not_the_one_that_lenders_are_told_of_is_refused(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy, tmp_path: Path
) -> None:
    for path in trained[1].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    evaluation = json.loads((tmp_path / "evaluation.json").read_text())
    evaluation["split"]["label_days"] = 45
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation))
    with pytest.raises(ModelRefused, match="91 days past due"):
        register(tmp_path, tracking_uri="-", models_uri="-", taxonomy=taxonomy)


def test_a_model_of_an_outside_table_is_refused_whatever_its_figures(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy, tmp_path: Path
) -> None:
    for path in trained[1].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    evaluation = json.loads((tmp_path / "evaluation.json").read_text()) | {"kind": "outside_table"}
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation))
    with pytest.raises(ModelRefused, match="not evaluated on ledgers"):
        register(tmp_path, tracking_uri="-", models_uri="-", taxonomy=taxonomy)
