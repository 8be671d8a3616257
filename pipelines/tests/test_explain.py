"""Every value of Gold is explained by records that give it again, and by every record that could move it."""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from altscore_pipelines.errors import NothingToExplain
from altscore_pipelines.explain.records import ROLES, Key
from altscore_pipelines.explain.service import Explainer, definitions, is_equal
from altscore_pipelines.explain.sources import SOURCES
from altscore_pipelines.hooks.dbt import PROJECT
from altscore_pipelines.jobs.bronze_to_silver import Lakes
from altscore_pipelines.main import UNEXPLAINED, explain
from altscore_pipelines.settings import PipelineSettings
from altscore_pipelines.storage import FolderStorage
from conftest import GoldenRun, Pipeline
from explained import DISTRIBUTORS, LATE_DAYS, NAMES, Entry, ExplainedLake, drawn_entries
from ledgers import retailer_id

pytestmark = pytest.mark.timeout(900)
SEED = 13
REMOVED = 20
PERSONAL = re.compile(r"\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]{3}\b|\b[6-9]\d{9}\b|sealed|[0-9a-f]{64}")


@pytest.fixture(scope="module")
def golden(golden_run: GoldenRun) -> tuple[Pipeline, str]:
    return golden_run.after_gold(), golden_run.run_id


@pytest.fixture(scope="module")
def explainer(golden: tuple[Pipeline, str], tmp_path_factory: pytest.TempPathFactory) -> Explainer:
    pipeline, run_id = golden
    lakes = Lakes(FolderStorage(pipeline.bronze), pipeline.lake)
    return Explainer(lakes, pipeline.engine(), run_id=run_id, work=tmp_path_factory.mktemp("explain") / "rows")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Entry], ExplainedLake]:
    entries = drawn_entries(SEED)
    return entries, ExplainedLake(tmp_path_factory.mktemp("drawn"), entries)


def settings_of(pipeline: Pipeline) -> PipelineSettings:
    """The environment of a job over the test's folders; no service is called."""
    nowhere = Path("/nowhere")
    return PipelineSettings.model_validate(
        {
            "bronze_root": str(pipeline.bronze),
            "lake_root": pipeline.lake.root,
            "work_dir": pipeline.root / "explain-work",
            "schemas_dir": nowhere,
            "public_keys_dir": nowhere,
            "outbox_key": "00" * 32,
            **dict.fromkeys(("relay_database_url", "pkcs11_module", "events_pin"), "unused"),
            **dict.fromkeys(("database_url", "consent_url", "vault_url", "registry_url", "kafka_bootstrap"), "unused"),
            **dict.fromkeys(("kafka_username", "kafka_password"), "unused"),
            **dict.fromkeys(("tls_cert_file", "tls_key_file", "tls_ca_file", "kafka_ca_file"), nowhere),
        }
    )


def options(name: str, feature: str, **more: object) -> argparse.Namespace:
    """Arguments of the command."""
    return argparse.Namespace(retailer_id=retailer_id(name), feature=feature, **({"run": None, "json": False} | more))


def test_every_column_of_gold_has_its_sources_and_its_words(golden: tuple[Pipeline, str]) -> None:
    pipeline, run_id = golden
    columns = set(pipeline.table("gold", run_id, "retailer_features").column_names)
    assert len(columns) > 60
    assert SOURCES.keys() == columns
    described = definitions(PROJECT)
    assert {name for name, words in described.items() if len(words) > 5} == columns
    learnt = yaml.safe_load((PROJECT / "models/gold/feature_groups.yml").read_text(encoding="utf-8"))
    assert learnt.keys() <= columns


@pytest.mark.parametrize("name", ["asha", "bina", "dev"])
def test_every_value_is_made_again_from_its_records(
    golden: tuple[Pipeline, str], explainer: Explainer, name: str
) -> None:
    pipeline, run_id = golden
    row = pipeline.gold(run_id)[retailer_id(name)]
    explained = {feature: explainer.explain(retailer_id(name), feature) for feature in SOURCES}
    disagreeing = {
        feature: (explanation.value, explanation.recomputed)
        for feature, explanation in explained.items()
        if not explanation.agrees
    }
    assert disagreeing == {}
    assert all(is_equal(explanation.value, row[feature]) for feature, explanation in explained.items())
    assert all(explanation.is_current_code and explanation.records for explanation in explained.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_a_drawn_ledger_is_made_again(drawn: tuple[list[Entry], ExplainedLake], name: str) -> None:
    _, lake = drawn
    explained = {feature: lake.explainer.explain(retailer_id(name), feature) for feature in SOURCES}
    assert {key: (own.value, own.recomputed) for key, own in explained.items() if not own.agrees} == {}
    assert len({own.value for own in explained.values()}) > 30
    late = [
        record for own in explained.values() for record in own.records if record.key.distributor_id == DISTRIBUTORS[-1]
    ]
    assert LATE_DAYS > 45
    assert late == []


def test_a_record_moves_nothing_that_does_not_list_it(drawn: tuple[list[Entry], ExplainedLake]) -> None:
    """Records taken out one by one: what changes lists the record, and in every family something does change."""
    entries, lake = drawn
    gold = lake.gold_of(entries)
    listed = {name: lake.explainer.listed(retailer_id(name)) for name in NAMES}
    families = yaml.safe_load((PROJECT / "models/gold/feature_groups.yml").read_text(encoding="utf-8"))
    moved: set[str] = set()
    unlisted: set[str] = set()
    wrong = []
    for entry in Random(SEED).sample(entries, REMOVED):
        less = lake.gold_of([other for other in entries if other is not entry])
        for name in NAMES:
            before, after = gold[retailer_id(name)], less[retailer_id(name)]
            changed = {feature for feature in SOURCES if not is_equal(before[feature], after[feature])}
            listing = {feature for feature, keys in listed[name].items() if entry.key in keys}
            wrong += [(name, entry.key, feature) for feature in changed - listing]
            if name == entry.retailer:
                moved |= {families[feature]["family"] for feature in changed & families.keys()}
                unlisted |= {families[feature]["family"] for feature in families.keys() - listing}
    lake.gold_of(entries)
    assert wrong == []
    assert moved == unlisted == {"payment", "order", "trajectory", "seasonal", "relationship"}


@pytest.mark.parametrize(
    "feature", ["delay_mean_days", "bounce_count", "invoices_12m", "gmv_6m_inr", "croston_size_inr", "exposure_inr"]
)
def test_a_record_that_enters_the_formula_moves_the_value(
    drawn: tuple[list[Entry], ExplainedLake], feature: str
) -> None:
    entries, lake = drawn
    explanation = next(
        own for name in NAMES if (own := lake.explainer.explain(retailer_id(name), feature)).records[0].role == "value"
    )
    removed: Key = explanation.records[0].key
    less = lake.gold_of([entry for entry in entries if entry.key != removed])
    lake.gold_of(entries)
    assert not is_equal(less[explanation.retailer_id][feature], explanation.value)


def test_the_records_name_batch_manifest_and_version(golden: tuple[Pipeline, str], explainer: Explainer) -> None:
    pipeline, run_id = golden
    explanation = explainer.explain(retailer_id("dev"), "exposure_inr")
    manifests = {entry["batch_id"]: entry["manifest_sha256"] for entry in pipeline.manifest(run_id)["bronze"]}
    (corrected,) = [record for record in explanation.records if record.key.document_id == "E1"]
    assert corrected.origin is not None
    assert corrected.origin.batch_id == f"bat_{3:032x}"
    assert (corrected.origin.content_version, corrected.origin.statements) == (2, 3)
    for record in explanation.records:
        assert record.origin is not None
        assert record.origin.manifest_sha256 == manifests[record.origin.batch_id]
    roles = [record.role for record in explanation.records]
    assert roles == sorted(roles, key=list(ROLES).index)
    advance = [row for row in explanation.allocations if row["source_id"] == "DP"]
    assert sum(row["amount_inr"] for row in advance) == 150


def test_the_command_prints_records_and_nothing_personal(
    golden: tuple[Pipeline, str], capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline, run_id = golden
    assert explain(settings_of(pipeline), options("asha", "overdue_amount_inr")) == 0
    text = capsys.readouterr().out
    assert "overdue_amount_inr of" in text
    assert "open value past its due date" in text
    assert "invoice I5" in text
    assert text.rstrip().endswith(": agrees")
    assert explain(settings_of(pipeline), options("asha", "overdue_amount_inr", json=True, run=run_id)) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["value"] == document["recomputed"] == 5500.0
    assert {record["document_id"] for record in document["records"] if record["role"] == "value"} == {"I4", "I5"}
    digests = {document["manifest_sha256"], *(record["origin"]["manifest_sha256"] for record in document["records"])}
    bare = json.dumps(document)
    for digest in digests:
        bare = bare.replace(digest, "")
    assert PERSONAL.search(bare + text) is None
    assert list((pipeline.root / "explain-work").iterdir()) == []


def test_a_value_that_its_records_do_not_give_fails_the_command(
    golden: tuple[Pipeline, str], capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline, run_id = golden
    path = Path(pipeline.lake.root) / f"gold/run={run_id}/retailer_features/part-0.parquet"
    sound = path.read_bytes()
    table = pq.read_table(path)
    place = table.schema.get_field_index("invoices_12m")
    raised = pa.array([count + 1 for count in table["invoices_12m"].to_pylist()], table.schema.field(place).type)
    pq.write_table(table.set_column(place, "invoices_12m", raised), path)
    try:
        assert explain(settings_of(pipeline), options("asha", "invoices_12m")) == 1
    finally:
        path.write_bytes(sound)
    assert "does not agree" in capsys.readouterr().out


def test_bronze_that_is_not_what_the_run_read_is_named(
    golden: tuple[Pipeline, str], capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline, _ = golden
    (path,) = pipeline.bronze.glob(f"bronze/dist=dist_one/day=*/batch=bat_{1:032x}/invoices.parquet")
    sound = path.read_bytes()
    path.write_bytes(sound + b"\0")
    try:
        assert explain(settings_of(pipeline), options("asha", "invoices_12m")) == UNEXPLAINED
    finally:
        path.write_bytes(sound)
    assert "is not the one that its manifest names" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "feature", "run"),
    [("asha", "no_such_column", None), ("carl", "invoices_12m", None), ("asha", "invoices_12m", "run_unknown")],
)
def test_what_is_not_there_is_said(
    golden: tuple[Pipeline, str], capsys: pytest.CaptureFixture[str], *, name: str, feature: str, run: str | None
) -> None:
    pipeline, _ = golden
    assert explain(settings_of(pipeline), options(name, feature, run=run)) == UNEXPLAINED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_an_empty_lake_has_nothing_to_explain(new_pipeline: Callable[..., Pipeline]) -> None:
    pipeline = new_pipeline()
    with pytest.raises(NothingToExplain):
        Explainer(
            Lakes(FolderStorage(pipeline.bronze), pipeline.lake), pipeline.engine(), run_id="run_x", work=pipeline.root
        )
