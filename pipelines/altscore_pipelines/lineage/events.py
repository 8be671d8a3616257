"""Events of one job of a run: the job itself and every model that dbt built in it, as START and COMPLETE or FAIL."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from altscore_libs.instants import format_instant
from altscore_libs.trace_context import trace_id_of
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    dataset_version_dataset,
    error_message_run,
    output_statistics_output_dataset,
    parent_run,
    schema_dataset,
)

from altscore_pipelines.hooks.dbt import ModelRun
from altscore_pipelines.lineage.facets import Batch, BronzeRunFacet, LakeRunFacet
from altscore_pipelines.lineage.footers import TableFacts
from altscore_pipelines.plan import RunPlan

NAMESPACE = "altscore"
_FOLDER = re.compile(r"/(?P<layer>silver|gold)/run=[^/]+/(?P<name>.+?)(?:/part-0\.parquet)?\Z")
Node = Mapping[str, Any]


@dataclass(frozen=True)
class JobRun:
    """One try of a job.

    Attributes:
        name: bronze_to_silver, silver_to_gold or announce.
        plan: of the run.
        started_at: of this try.
        finished_at: of this try.
        failure: why it stopped; None where it did not.
    """

    name: str
    plan: RunPlan
    started_at: datetime
    finished_at: datetime
    failure: str | None = None

    def id_of(self, node: str = "") -> str:
        """UUID of the try, or of a model in it; a second try has others."""
        return str(uuid5(NAMESPACE_OID, f"{self.plan.run_id}/{self.name}/{self.started_at.isoformat()}/{node}"))


def job_events(
    run: JobRun, *, inputs: Sequence[InputDataset], outputs: Sequence[OutputDataset]
) -> tuple[RunEvent, RunEvent]:
    """Begin and end of a job; the end of the first one names the batches of Bronze."""
    batches = [Batch(batch_id, sha256) for batch_id, sha256 in run.plan.bronze]
    read = {"altscore_bronze": BronzeRunFacet(batches=batches, setAside=len(run.plan.set_aside))}
    facets = _run_facet(run) | (read if run.name == "bronze_to_silver" else {})
    failed = {} if run.failure is None else {"errorMessage": _error(run.failure)}
    job = Job(NAMESPACE, run.name)
    end = RunState.COMPLETE if run.failure is None else RunState.FAIL
    return (
        _event(RunState.START, run.started_at, Run(run.id_of(), dict(facets)), job=job),
        RunEvent(
            eventType=end,
            eventTime=format_instant(run.finished_at, "auto"),
            run=Run(run.id_of(), facets | failed),
            job=job,
            inputs=list(inputs),
            outputs=list(outputs),
        ),
    )


def model_events(
    run: JobRun,
    model_runs: Sequence[ModelRun],
    nodes: Mapping[str, Node],
    *,
    facts: Mapping[str, TableFacts],
    namespace: str,
    bronze_namespace: str,
) -> Iterator[RunEvent]:
    """Begin and end of every model, in the order in which dbt ran them.

    Args:
        run: the try of the job.
        model_runs: what dbt ran.
        nodes: dbt's models by unique id.
        facts: rows and columns by dataset name.
        namespace: of the lake's datasets.
        bronze_namespace: of Bronze's.
    """
    parent = parent_run.ParentRunFacet(run=parent_run.Run(run.id_of()), job=parent_run.Job(NAMESPACE, run.name))
    for model_run in model_runs:
        node = nodes[model_run.unique_id]
        name = dataset_of(node)
        job = Job(NAMESPACE, f"{run.name}.{node['name']}")
        facets = _run_facet(run) | {"parent": parent}
        failed = {} if model_run.is_built else {"errorMessage": _error("the model failed; see the job's event")}
        run_id = run.id_of(f"{node['name']}/{model_run.started_at.isoformat()}")
        yield _event(RunState.START, model_run.started_at, Run(run_id, dict(facets)), job=job)
        yield RunEvent(
            eventType=RunState.COMPLETE if model_run.is_built else RunState.FAIL,
            eventTime=format_instant(model_run.finished_at, "auto"),
            run=Run(run_id, facets | failed),
            job=job,
            inputs=[
                InputDataset(bronze_namespace if read.startswith("bronze/") else namespace, read)
                for read in inputs_of(node, nodes)
            ],
            outputs=[output(namespace, name, facts.get(name), version=run.plan.run_id)],
        )


def output(namespace: str, name: str, facts: TableFacts | None, *, version: str) -> OutputDataset:
    """A table that was written, with its rows and columns."""
    if facts is None:
        return OutputDataset(namespace, name)
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=facts.rows, fileCount=facts.files
    )
    fields = [schema_dataset.SchemaDatasetFacetFields(name=column, type=kind) for column, kind in facts.columns]
    return OutputDataset(
        namespace,
        name,
        facets={
            "schema": schema_dataset.SchemaDatasetFacet(fields=fields),
            "version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=version),
        },
        outputFacets={"outputStatistics": statistics},
    )


def dataset_of(node: Node) -> str:
    """Name of the table that a model writes, such as silver/invoice; the run is its version, not a part of it."""
    config = node["config"]
    place = config.get("location") or f"{config.get('location_root', '')}/{node['alias']}"
    match = _FOLDER.search(place)
    return node["name"] if match is None else f"{match['layer']}/{match['name']}"


def inputs_of(node: Node, nodes: Mapping[str, Node]) -> list[str]:
    """Names of the tables that a model reads, through models that write none."""
    names: set[str] = set()
    for key in node["depends_on"]["nodes"]:
        if key.startswith("source."):
            _, _, source, table = key.split(".")
            names.add(f"bronze/{table}" if source == "bronze" else f"silver/plan/{table}")
        elif key in nodes and nodes[key]["config"]["materialized"] == "ephemeral":
            names.update(inputs_of(nodes[key], nodes))
        elif key in nodes:
            names.add(dataset_of(nodes[key]))
    return sorted(names)


def _event(state: RunState, at: datetime, run: Run, *, job: Job) -> RunEvent:
    return RunEvent(eventType=state, eventTime=format_instant(at, "auto"), run=run, job=job)


def _run_facet(run: JobRun) -> dict[str, Any]:
    plan = run.plan
    return {
        "altscore_run": LakeRunFacet(
            lakeRunId=plan.run_id,
            runKey=plan.run_key,
            traceId=trace_id_of(plan.run_id),
            asOfOn=plan.as_of_on.isoformat(),
            consentVersion=plan.consent_version,
            codeVersion=plan.code_version,
        )
    }


def _error(message: str) -> error_message_run.ErrorMessageRunFacet:
    return error_message_run.ErrorMessageRunFacet(message=message, programmingLanguage="SQL")
