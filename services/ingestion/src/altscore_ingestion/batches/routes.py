"""The connectors' endpoints: POST /v1/ingest/batch and the status of a batch."""

from dataclasses import asdict

from altscore_libs.errors import InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import error_responses, problem_schema
from altscore_libs.problem import PROBLEM_TYPE
from altscore_libs.web import read_body
from altscore_libs.web import router as strict_router
from fastapi import Request, Response

from altscore_ingestion.batches.schemas import (
    BATCH_HEADERS,
    BATCH_SCHEMA,
    BatchReceipt,
    BatchStatus,
    OriginalResult,
    RecordOutcome,
)
from altscore_ingestion.dependencies import ConnectorDep, ServicesDep, caller_of, signed_request
from altscore_ingestion.errors import (
    BatchAlreadyProcessed,
    BatchConflict,
    BatchesExhausted,
    BatchInProgress,
    BatchTooLarge,
    NotAuthenticated,
    OtherInstallation,
)
from altscore_ingestion.installations.schemas import INSTALLATION_SCHEMA
from altscore_ingestion.totals.schemas import Totals

router = strict_router(responses=error_responses(InvalidRequest, NotAuthenticated, Unavailable))
_MORE = problem_schema(result=OriginalResult.model_json_schema(), installation=INSTALLATION_SCHEMA)
_ERRORS = error_responses(
    InvalidRequest,
    BatchTooLarge,
    BatchConflict,
    BatchAlreadyProcessed,
    OtherInstallation,
    BatchesExhausted,
    BatchInProgress,
    Unavailable,
)
_ERRORS[409] |= {"content": {PROBLEM_TYPE: {"schema": _MORE}}}


@router.post(
    "/v1/ingest/batch",
    status_code=202,
    responses=_ERRORS,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": BATCH_SCHEMA}}},
        "parameters": BATCH_HEADERS,
    },
)
async def post_batch(
    request: Request, response: Response, services: ServicesDep, connector: ConnectorDep
) -> BatchReceipt:
    """Takes a batch of a distributor's ERP data."""
    async with services.batches.refusals_audited(connector):
        body = await read_body(request, services.batches.limits.max_body_bytes, takes_gzip=True)
        receipt = await services.batches.receive(
            caller_of(request),
            connector,
            signed_request(request, body),
            content_type=request.headers.get("content-type", ""),
        )
    response.headers.update(receipt.quota.headers(spending=1))
    return BatchReceipt(batch_id=receipt.batch_id, **receipt.counts._asdict())


@router.get("/v1/ingest/batch/{batch_id}/status", responses=error_responses(NotFound))
async def get_status(services: ServicesDep, batch_id: str, connector: ConnectorDep) -> BatchStatus:
    """The status of one of the caller's own batches, by our id or by the X-Batch-ID it was sent with."""
    batch, outcomes = await services.batches.status(connector.distributor_id, batch_id)
    totals = await services.totals.compare_batch(connector.distributor_id, batch.batch_id)
    return BatchStatus(
        batch_id=batch.batch_id,
        status="complete" if batch.is_complete else "processing",
        submitted=batch.submitted,
        written_to_bronze=batch.accepted or 0,
        quarantined=batch.quarantined or 0,
        duplicate=batch.duplicate or 0,
        completeness_score=float(batch.completeness) if batch.completeness is not None else None,
        pipeline_triggered=batch.is_complete and batch.is_announced,
        totals=Totals.of(totals),
        records=[RecordOutcome.model_validate(asdict(outcome)) for outcome in outcomes],
    )
