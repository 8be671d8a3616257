"""The connectors' door: POST /v1/ingest/batch and the status of a batch."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from altscore_libs import strictjson
from altscore_libs.db import transaction
from altscore_libs.errors import (
    AltScoreError,
    FieldError,
    InvalidRequest,
    NotFound,
    Unavailable,
    UnsupportedMediaType,
)
from altscore_libs.openapi import PROBLEM_TYPE, problem_schema, refusals
from altscore_libs.web import peer, read_body
from altscore_libs.web import router as strict_router
from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from altscore_ingestion import store
from altscore_ingestion.api.schema import BATCH_SCHEMA
from altscore_ingestion.api.services import Services, services_of
from altscore_ingestion.auth import Signed
from altscore_ingestion.bounds import MAX_RECORDS
from altscore_ingestion.errors import (
    BatchAlreadyProcessed,
    BatchConflict,
    BatchesExhausted,
    BatchInProgress,
    BatchTooLarge,
    NotAuthenticated,
)
from altscore_ingestion.ingest import Submission
from altscore_ingestion.payload import BatchIn, read_batch

ErpType = Literal["tally_prime", "sap_b1", "csv"]
MAX_DEPTH = 8
router = strict_router(responses=refusals(NotAuthenticated, Unavailable))


class Reason(BaseModel):
    """A rule that a record broke: the path inside the record and the rule, never the value."""

    field: str
    reason: str


class RecordOutcome(BaseModel):
    """A record that is not in Bronze."""

    table: str
    index: int
    status: Literal["quarantined", "duplicate"]
    reasons: list[Reason]


class BatchReceipt(BaseModel):
    """Answer to a batch: accepted + quarantined + duplicate = submitted. It stands in Bronze when this is sent."""

    batch_id: str
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int
    status: Literal["processing"] = "processing"


class OriginalResult(BaseModel):
    """What a batch that was sent again came to the first time."""

    model_config = ConfigDict(extra="forbid")

    batch_id: str
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int
    status: Literal["complete"]


class BatchStatus(BaseModel):
    """What became of a batch; records that are not listed are in Bronze."""

    batch_id: str
    status: Literal["processing", "complete"]
    submitted: int
    written_to_bronze: int
    quarantined: int
    duplicate: int
    completeness_score: float | None
    pipeline_triggered: bool
    records: list[RecordOutcome]


@asynccontextmanager
async def _failures_audited(request: Request, services: Services) -> AsyncIterator[None]:
    try:
        yield
    except NotAuthenticated as error:
        address = request.client.host if request.client else "unknown"
        await services.auth.audit_failure(error, peer(request), address)
        raise


async def authenticated_connector(request: Request) -> store.Connector:
    """Dependency: the distributor behind client certificate and X-API-Key.

    Raises:
        NotAuthenticated: they do not agree; audited.
    """
    services = services_of(request)
    async with _failures_audited(request, services):
        return await services.auth.connector(peer(request), request.headers.get("x-api-key", ""))


authenticated_connector.altscore_callers = ("distributor",)  # type: ignore[attr-defined]  # read by the route test
ConnectorDep = Annotated[store.Connector, Depends(authenticated_connector)]


_ORIGINAL = {"content": {PROBLEM_TYPE: {"schema": problem_schema(result=OriginalResult.model_json_schema())}}}
_REFUSALS = refusals(
    InvalidRequest, BatchTooLarge, BatchConflict, BatchAlreadyProcessed, BatchesExhausted, BatchInProgress, Unavailable
)
_REFUSALS[409] |= _ORIGINAL


@router.post(
    "/v1/ingest/batch",
    status_code=202,
    responses=_REFUSALS,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": BATCH_SCHEMA}}},
        "parameters": [
            {"name": name, "in": "header", "required": required, "schema": schema}
            for name, required, schema in (
                ("X-API-Key", True, {"type": "string"}),
                ("X-Payload-Signature", True, {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
                ("X-Payload-Signature-V2", False, {"type": "string", "pattern": "^t=[0-9]{1,12},v2=[0-9a-f]{64}$"}),
                ("X-ERP-Type", True, {"type": "string", "enum": list(get_args(ErpType))}),
                ("X-Batch-ID", True, {"type": "string", "format": "uuid"}),
            )
        ],
    },
)
async def post_batch(request: Request, response: Response, connector: ConnectorDep) -> BatchReceipt:
    """Takes a batch of a distributor's books."""
    services = services_of(request)
    async with _refusals_audited(services, connector):
        body = await read_body(request, services.max_body_bytes)
        digest = hashlib.sha256(body)
        async with _failures_audited(request, services):
            await services.auth.check_signature(connector, _signed(request, body, digest.hexdigest()))
        client_batch_id, erp_type = _headers(request)
        batch = await run_in_threadpool(_read, body, services.max_body_bytes, services.clock.now())
        async with _failures_audited(request, services):
            if batch.distributor_id != connector.distributor_id:
                raise NotAuthenticated("distributor_mismatch", connector.distributor_id)
        if batch.submitted > MAX_RECORDS:
            raise BatchTooLarge(f"a batch holds at most {MAX_RECORDS} records")
        submission = Submission(connector, client_batch_id, erp_type, digest.digest(), batch)
        async with request.app.state.batches:
            receipt = await services.ingest.submit(submission)
    response.headers.update(receipt.quota.headers(spending=1))
    return BatchReceipt(batch_id=receipt.batch_id, **receipt.counts._asdict())


@asynccontextmanager
async def _refusals_audited(services: Services, connector: store.Connector) -> AsyncIterator[None]:
    """A known distributor's refused batch is written down; outages are not his doing and are only measured."""
    try:
        yield
    except (NotAuthenticated, Unavailable):
        raise
    except AltScoreError as error:
        await services.ingest.audit_refusal(connector.distributor_id, error.code)
        raise


def _signed(request: Request, body: bytes, body_sha256: str) -> Signed:
    headers = request.headers
    return Signed(
        body=body,
        body_sha256=body_sha256,
        signature=headers.get("x-payload-signature", ""),
        signature_v2=headers.get("x-payload-signature-v2"),
        path=request.url.path,
        batch_id=headers.get("x-batch-id", ""),
        erp_type=headers.get("x-erp-type", ""),
    )


def _headers(request: Request) -> tuple[UUID, str]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType("the body must be declared as application/json")
    faults = []
    batch_id, erp_type = request.headers.get("x-batch-id", ""), request.headers.get("x-erp-type", "")
    identifier = _uuid(batch_id)
    if identifier is None:
        faults.append(FieldError("X-Batch-ID", "is not a UUID"))
    if erp_type not in get_args(ErpType):
        faults.append(FieldError("X-ERP-Type", "is not one of tally_prime, sap_b1, csv"))
    if identifier is None or faults:
        raise InvalidRequest("the headers are incomplete", errors=faults)
    return identifier, erp_type


def _uuid(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def _read(body: bytes, max_bytes: int, received_at: datetime) -> BatchIn:
    strictjson.loads(body, max_bytes=max_bytes, max_depth=MAX_DEPTH)
    return read_batch(body, received_at=received_at)


@router.get("/v1/ingest/batch/{batch_id}/status", responses=refusals(NotFound))
async def get_status(request: Request, batch_id: str, connector: ConnectorDep) -> BatchStatus:
    """The status of one of the caller's own batches, by our id or by the X-Batch-ID it was sent with."""
    async with transaction(services_of(request).pool) as connection:
        row = await store.batch_status(connection, connector.distributor_id, batch_id, _uuid(batch_id))
        if row is None:
            raise NotFound("no such batch")
        records: list[Any] = [RecordOutcome(**one) for one in await store.outcomes(connection, row.batch_id)]
    is_complete = row.state == "complete"
    return BatchStatus(
        batch_id=row.batch_id,
        status="complete" if is_complete else "processing",
        submitted=row.submitted,
        written_to_bronze=row.accepted or 0,
        quarantined=row.quarantined or 0,
        duplicate=row.duplicate or 0,
        completeness_score=float(row.completeness) if row.completeness is not None else None,
        pipeline_triggered=is_complete,
        records=records,
    )
