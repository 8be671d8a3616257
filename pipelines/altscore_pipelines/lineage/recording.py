"""Keeps the events of a run as JSON lines: in Silver while the run lasts, at its end beside Gold's manifest."""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from altscore_libs.clock import Clock
from openlineage.client.event_v2 import InputDataset, OutputDataset, RunEvent
from openlineage.client.serde import Serde

from altscore_pipelines.errors import PipelineError
from altscore_pipelines.hooks.dbt import Dbt
from altscore_pipelines.lineage.events import JobRun, dataset_of, inputs_of, job_events, model_events, output
from altscore_pipelines.lineage.facets import ManifestOutputDatasetFacet
from altscore_pipelines.lineage.footers import TableFacts, table_facts
from altscore_pipelines.plan import RunPlan, read_plan
from altscore_pipelines.storage import Storage, read_if_any

BRONZE_NAMESPACE = "altscore-bronze"
LAKE_NAMESPACE = "altscore-lake"
_KAFKA_NAMESPACE = "altscore-kafka"
_MAX_MESSAGE = 500
_log = logging.getLogger("altscore.pipeline")


def unfinished_key(run_id: str) -> str:
    """Where the events stand until Gold is there, and stay where a run stopped."""
    return f"silver/run={run_id}/lineage.jsonl"


def lineage_key(run_id: str) -> str:
    """Where all events of a finished run stand."""
    return f"gold/run={run_id}/lineage.jsonl"


@contextmanager
def recorded(lake: Storage, plan: RunPlan, dbt: Dbt, *, job: str, clock: Clock) -> Iterator[None]:
    """A block that runs dbt for a job: its events are kept, whether it ends or stops.

    Args:
        lake: root of Silver and Gold.
        plan: of the run.
        dbt: that runs in the block.
        job: its name.
        clock: for begin and end.
    """
    started_at = clock.now()
    failure: str | None = "the job ended without an answer"
    try:
        yield
        failure = None
    except PipelineError as error:
        failure = f"{type(error).__name__}: {error}"[:_MAX_MESSAGE]
        raise
    finally:
        run = JobRun(name=job, plan=plan, started_at=started_at, finished_at=clock.now(), failure=failure)
        with kept_if_possible(plan.run_id):
            _append(lake, unfinished_key(plan.run_id), _events(lake, run, dbt))


@contextmanager
def kept_if_possible(run_id: str) -> Iterator[None]:
    """A block that keeps events: what fails in it is logged; it neither stops a run nor hides why one stopped."""
    try:
        yield
    except Exception:  # noqa: BLE001  # whatever is wrong with a record of the run, the run goes on
        _log.exception("lineage not kept", extra={"run_id": run_id})


def finish_lineage(lake: Storage, plan: RunPlan, manifest: bytes, *, clock: Clock) -> None:
    """Moves a finished run's events beside its manifest, with one that carries the digests of both."""
    document = json.loads(manifest)
    now = clock.now()
    name = "gold/retailer_features"
    written = output(
        LAKE_NAMESPACE, name, table_facts(lake, f"gold/run={plan.run_id}/retailer_features/"), version=plan.run_id
    )
    written.outputFacets = (written.outputFacets or {}) | {
        "altscore_manifest": ManifestOutputDatasetFacet(
            manifestSha256=hashlib.sha256(manifest).hexdigest(),
            fileSha256=[file["sha256"] for file in document["files"]],
        )
    }
    run = JobRun(name="manifest", plan=plan, started_at=now, finished_at=now)
    kept = [read_if_any(lake, key) for key in (lineage_key(plan.run_id), unfinished_key(plan.run_id))]
    lines = _lines(job_events(run, inputs=[InputDataset(LAKE_NAMESPACE, name)], outputs=[written]))
    lake.write(lineage_key(plan.run_id), b"".join(content.body for content in kept if content) + lines)
    lake.remove(unfinished_key(plan.run_id))


def record_announcement(lake: Storage, run_id: str, *, clock: Clock) -> None:
    """Adds that `pipeline.gold.ready` was published."""
    now = clock.now()
    run = JobRun(name="announce", plan=read_plan(lake, run_id), started_at=now, finished_at=now)
    outputs = [OutputDataset(_KAFKA_NAMESPACE, "altscore.pipeline/pipeline.gold.ready")]
    inputs = [InputDataset(LAKE_NAMESPACE, "gold/retailer_features")]
    _append(lake, lineage_key(run_id), job_events(run, inputs=inputs, outputs=outputs))


def read_lineage(lake: Storage, run_id: str) -> list[dict[str, Any]]:
    """The events of a run, of one that stopped too; empty where none were kept."""
    kept = read_if_any(lake, lineage_key(run_id)) or read_if_any(lake, unfinished_key(run_id))
    return [json.loads(line) for line in kept.body.splitlines()] if kept else []


def _events(lake: Storage, run: JobRun, dbt: Dbt) -> Iterable[RunEvent]:
    nodes = dbt.nodes() if dbt.model_runs else {}
    built = [nodes[model_run.unique_id] for model_run in dbt.model_runs if model_run.is_built]
    facts = _facts(lake, run.plan.run_id, [dataset_of(node) for node in built])
    written = {dataset_of(node) for node in built}
    read = {name for node in built for name in inputs_of(node, nodes)} - written
    begin, end = job_events(
        run,
        inputs=[
            InputDataset(BRONZE_NAMESPACE if name.startswith("bronze/") else LAKE_NAMESPACE, name)
            for name in sorted(read)
        ],
        outputs=[output(LAKE_NAMESPACE, name, facts.get(name), version=run.plan.run_id) for name in sorted(written)],
    )
    models = model_events(
        run,
        dbt.model_runs,
        nodes,
        facts=facts,
        namespace=LAKE_NAMESPACE,
        bronze_namespace=BRONZE_NAMESPACE,
    )
    return [begin, *models, end]


def _facts(lake: Storage, run_id: str, names: Sequence[str]) -> dict[str, TableFacts]:
    facts: dict[str, TableFacts] = {}
    for name in names:
        layer, _, table = name.partition("/")
        own = table_facts(lake, f"{layer}/run={run_id}/{table}/")
        if own is not None:
            facts[name] = own
    return facts


def _append(lake: Storage, key: str, events: Iterable[RunEvent]) -> None:
    before = read_if_any(lake, key)
    lake.write(key, (before.body if before else b"") + _lines(events))


def _lines(events: Iterable[RunEvent]) -> bytes:
    return "".join(Serde.to_json(event) + "\n" for event in events).encode()
