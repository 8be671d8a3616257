"""Training: split without leaks, equal bytes from equal data, a report for people, and a gate that holds."""

import json
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from altscore_libs.testing import SCHEMAS, PostgresServer
from altscore_scoring.digests import digest_of, sha256_hex
from altscore_scoring.errors import QualityBarMissed, TrainingSetUnusable
from altscore_scoring.model.bundle import Bundle, bundle_files, make_manifest
from altscore_scoring.model.features import load_features, parse_features
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.training.dataset import TrainingSet, fold_of, load_training_set, split
from altscore_scoring.training.fit import Recipe
from altscore_scoring.training.registry import register
from altscore_scoring.training.service import train

from .. import synthetic

SMALL = Recipe(rounds=20)


def test_no_retailer_and_no_day_is_on_both_sides_of_the_split(training_set: TrainingSet) -> None:
    parts = split(training_set, embargo_days=182)
    people = {name: {training_set.frame.retailer_ids[i] for i in getattr(parts, name)} for name in ("train", "test")}
    calibration = {training_set.frame.retailer_ids[i] for i in parts.calibration}
    assert people["train"]
    assert people["test"]
    assert not people["train"] & people["test"]
    assert not calibration & (people["train"] | people["test"])
    latest = max(training_set.snapshots[i] for i in [*parts.train, *parts.calibration])
    assert latest + timedelta(days=182) <= min(training_set.snapshots[i] for i in parts.test)


def test_a_retailer_is_always_in_the_same_fold() -> None:
    assert [fold_of("ret_0000000000000001"), fold_of("ret_0000000000000002")] == [
        fold_of("ret_0000000000000001"),
        fold_of("ret_0000000000000002"),
    ]
    assert len({fold_of(synthetic.retailer_id(i)) for i in range(2_000)}) == 100


def test_too_long_an_embargo_is_refused_rather_than_shortened(training_set: TrainingSet) -> None:
    with pytest.raises(TrainingSetUnusable, match="train part"):
        split(training_set, embargo_days=2_000)


def test_the_same_data_give_the_same_model_bytes(training_set: TrainingSet, tmp_path: Path) -> None:
    trained = [
        train(training_set, tmp_path / name, features_file=synthetic.FEATURES_FILE, schemas_dir=SCHEMAS, recipe=SMALL)
        for name in ("one", "two")
    ]
    assert trained[0][0].model_sha256 == trained[1][0].model_sha256
    assert (tmp_path / "one/primary.ubj").read_bytes() == (tmp_path / "two/primary.ubj").read_bytes()


def test_the_evaluation_names_what_it_was_made_of(trained: tuple[Bundle, Path]) -> None:
    report = json.loads((trained[1] / "evaluation.json").read_text())
    assert report["training_set_sha256"] == "0" * 64
    assert report["fairness"]["district"]["interval_95"][0] <= report["fairness"]["district"]["air"]
    assert len(report["calibration"]) == 10
    assert len(report["stability"]) == 2


def test_a_training_set_is_read_only_when_every_digest_holds(tmp_path: Path) -> None:
    table = synthetic.training_table(retailers=60)
    pq.write_table(table, tmp_path / "a.parquet")
    good = sha256_hex((tmp_path / "a.parquet").read_bytes())
    for digest, is_good in ((good, True), ("0" * 64, False)):
        (tmp_path / "manifest.json").write_text(json.dumps({"files": [{"name": "a.parquet", "sha256": digest}]}))
        if is_good:
            assert len(load_training_set(tmp_path).frame) == table.num_rows
            continue
        with pytest.raises(TrainingSetUnusable, match="digest"):
            load_training_set(tmp_path)


def test_a_coded_feature_without_a_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="direction"):
        parse_features({"x": {"group": "delay", "family": "payment"}})


def test_every_group_of_the_taxonomy_has_features_and_every_group_of_the_features_has_codes(taxonomy: Taxonomy) -> None:
    features = load_features(synthetic.FEATURES_FILE)
    assert len(features) >= 45
    assert {feature.group for feature in features} == set(taxonomy.groups)
    assert len({feature.group for feature in features if feature.is_croston}) >= 10


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
    poor = json.loads(artifacts["evaluation.json"]) | {"auroc": 0.71, "failures": []}
    artifacts["evaluation.json"] = json.dumps(poor).encode()
    forged = make_manifest(artifacts, taxonomy_digest=taxonomy.digest, guardrail_digest=manifest["guardrail_digest"])
    for name, raw in bundle_files(artifacts, forged).items():
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(QualityBarMissed, match="auroc"):
        register(tmp_path, tracking_uri="-", models_uri="-", taxonomy=taxonomy)
