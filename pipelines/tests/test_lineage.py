"""A run keeps OpenLineage events of its jobs and models beside its manifest, of a run that stopped too."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import altscore_pipelines.lineage as package
import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_libs.trace_context import trace_id_of
from altscore_pipelines.errors import TotalsDisagree
from altscore_pipelines.jobs.silver_to_gold import silver_to_gold
from altscore_pipelines.lineage.drawing import draw, graph_of, layers_of
from altscore_pipelines.lineage.footers import table_facts
from altscore_pipelines.lineage.recording import lineage_key, read_lineage, record_announcement, unfinished_key
from altscore_pipelines.storage import FolderStorage
from conftest import GoldenRun, Pipeline

pytestmark = pytest.mark.timeout(600)
Event = dict[str, Any]
ENDS = {"COMPLETE", "FAIL"}
# The parts of OpenLineage 2-0-2 that every consumer relies on.
RUN_EVENT = {
    "type": "object",
    "required": ["eventTime", "eventType", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"},
        "eventType": {"enum": ["START", "COMPLETE", "FAIL"]},
        "producer": {"const": "urn:altscore:pipelines"},
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
        "run": {
            "required": ["runId"],
            "properties": {"runId": {"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}},
        },
        "job": {"required": ["namespace", "name"]},
        "inputs": {"items": {"required": ["namespace", "name"]}},
        "outputs": {"items": {"required": ["namespace", "name"]}},
    },
}


@pytest.fixture(scope="module")
def finished(golden_run: GoldenRun) -> tuple[Pipeline, str, list[Event]]:
    pipeline, run_id = golden_run.after_gold(), golden_run.run_id
    return pipeline, run_id, events_of(pipeline, run_id)


def events_of(pipeline: Pipeline, run_id: str) -> list[Event]:
    """The events of a run."""
    events = read_lineage(pipeline.lake, run_id)
    assert events
    return events


def facets_of(event: Event) -> list[Event]:
    """Every facet of an event."""
    datasets = [*event.get("inputs", ()), *event.get("outputs", ())]
    holders = [event["run"], event["job"], *datasets]
    facets = [facet for holder in holders for facet in holder.get("facets", {}).values()]
    return facets + [facet for dataset in datasets for facet in dataset.get("outputFacets", {}).values()]


def completed(events: list[Event], job: str) -> Event:
    """The one end of a job."""
    (event,) = [event for event in events if event["job"]["name"] == job and event["eventType"] in ENDS]
    return event


def test_events_and_facets_keep_their_schemas(finished: tuple[Pipeline, str, list[Event]]) -> None:
    _, _, events = finished
    ours = json.loads((Path(package.__file__).parent / "facets.json").read_text(encoding="utf-8"))["$defs"]
    seen = set()
    for event in events:
        jsonschema.validate(event, RUN_EVENT)
        for facet in facets_of(event):
            assert facet["_producer"] == "urn:altscore:pipelines"
            place, _, name = facet["_schemaURL"].partition("urn:altscore:openlineage:")
            if not place:
                jsonschema.validate(facet, ours[name.partition(":")[0]])
                seen.add(name.partition(":")[0])
            else:
                assert facet["_schemaURL"].startswith("https://openlineage.io/spec/")
    assert seen == set(ours)


def test_every_job_and_model_begins_and_ends_once(finished: tuple[Pipeline, str, list[Event]]) -> None:
    _, run_id, events = finished
    kinds = Counter((event["run"]["runId"], event["eventType"] in ENDS) for event in events)
    assert set(kinds.values()) == {1}
    assert {identifier for identifier, _ in kinds if (identifier, True) in kinds} == {key[0] for key in kinds}
    jobs = {event["job"]["name"] for event in events}
    assert {"bronze_to_silver", "silver_to_gold", "manifest"} <= jobs
    assert {"bronze_to_silver.stg_invoice", "silver_to_gold.retailer_features"} <= jobs
    assert len(jobs) > 14
    for event in events:
        facet = event["run"]["facets"]["altscore_run"]
        assert (facet["lakeRunId"], facet["traceId"]) == (run_id, trace_id_of(run_id))
        if "." in event["job"]["name"]:
            assert event["run"]["facets"]["parent"]["job"]["name"] == event["job"]["name"].partition(".")[0]


def test_models_say_what_they_read_and_how_many_rows_they_wrote(
    finished: tuple[Pipeline, str, list[Event]],
) -> None:
    pipeline, run_id, events = finished
    gold = completed(events, "silver_to_gold.retailer_features")
    silver = {f"silver/{name}" for name in ("invoice", "payment", "return", "allocation", "retailer", "ledger")}
    assert {read["name"] for read in gold["inputs"]} == silver
    staged = completed(events, "bronze_to_silver.stg_payment")
    reads = {(read["namespace"], read["name"]) for read in staged["inputs"]}
    assert reads == {("altscore-bronze", "bronze/payments"), ("altscore-lake", "silver/plan/identity_map")}
    for event in events:
        for written in event.get("outputs", ()):
            layer, _, name = written["name"].partition("/")
            table = pipeline.table(layer, run_id, name)
            assert written["outputFacets"]["outputStatistics"]["rowCount"] == table.num_rows
            assert [field["name"] for field in written["facets"]["schema"]["fields"]] == table.column_names
            assert written["facets"]["version"]["datasetVersion"] == run_id


def test_the_digests_are_those_of_the_manifests(finished: tuple[Pipeline, str, list[Event]]) -> None:
    pipeline, run_id, events = finished
    manifest = pipeline.manifest(run_id)
    begun = completed(events, "bronze_to_silver")["run"]["facets"]["altscore_bronze"]
    assert [(batch["batchId"], batch["manifestSha256"]) for batch in begun["batches"]] == [
        (batch["batch_id"], batch["manifest_sha256"]) for batch in manifest["bronze"]
    ]
    (written,) = completed(events, "manifest")["outputs"]
    body = pipeline.lake.read(f"gold/run={run_id}/manifest.json").body
    facet = written["outputFacets"]["altscore_manifest"]
    assert facet["manifestSha256"] == hashlib.sha256(body).hexdigest()
    assert facet["fileSha256"] == [file["sha256"] for file in manifest["files"]]
    assert pipeline.lake.keys(unfinished_key(run_id)) == []


def test_the_announcement_is_the_last_event(finished: tuple[Pipeline, str, list[Event]]) -> None:
    pipeline, run_id, events = finished
    record_announcement(pipeline.lake, run_id, clock=pipeline.clock)
    more = events_of(pipeline, run_id)
    pipeline.lake.write(lineage_key(run_id), "".join(json.dumps(event) + "\n" for event in events).encode())
    assert more[: len(events)] == events
    (written,) = completed(more, "announce")["outputs"]
    assert written["name"].endswith("pipeline.gold.ready")


def test_a_run_that_stopped_keeps_what_it_did(golden_run: GoldenRun) -> None:
    pipeline, run_id = golden_run.after_silver(), golden_run.run_id
    damaged = Path(pipeline.lake.root) / f"silver/run={run_id}/invoice/part-0.parquet"
    shorten(damaged)
    with pytest.raises(TotalsDisagree):
        silver_to_gold(pipeline.lake, pipeline.engine(), run_id, clock=pipeline.clock, keep_runs=2)
    events = events_of(pipeline, run_id)
    stopped = completed(events, "silver_to_gold")
    assert stopped["eventType"] == "FAIL"
    assert stopped["run"]["facets"]["errorMessage"]["message"].startswith("TotalsDisagree: ")
    assert completed(events, "silver_to_gold.control_totals")["eventType"] == "COMPLETE"
    assert pipeline.lake.keys(lineage_key(run_id)) == []


def shorten(path: Path) -> None:
    """Takes the last row out of a table."""
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows - 1), path)


def test_the_picture_has_every_table_in_the_order_of_its_making(
    finished: tuple[Pipeline, str, list[Event]],
) -> None:
    _, _, events = finished
    graph = graph_of(events)
    layers = layers_of(graph)
    depth = {name: place for place, layer in enumerate(layers) for name in layer}
    assert depth.keys() == graph.reads.keys()
    assert all(depth[read] < depth[name] for name, reads in graph.reads.items() for read in reads)
    assert depth["gold/retailer_features"] == max(depth.values())
    picture = draw(graph, "a <run>")
    assert picture.startswith("<svg ")
    assert "a &lt;run&gt;" in picture
    assert all(f">{name}<" in picture for name in graph.reads)
    assert picture.count("<path ") == sum(map(len, graph.reads.values()))


def test_a_footer_longer_than_the_first_read_is_read_whole(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    names = [f"column_{place:05d}" for place in range(2_000)]
    pq.write_table(pa.table({name: [1, 2, 3] for name in names}), tmp_path / "wide.parquet")
    assert int.from_bytes((tmp_path / "wide.parquet").read_bytes()[-8:-4], "little") > 64 * 1024
    facts = table_facts(storage, "wide")
    assert facts is not None
    assert (facts.rows, facts.files, len(facts.columns)) == (3, 1, 2_000)
    assert table_facts(storage, "nothing") is None
