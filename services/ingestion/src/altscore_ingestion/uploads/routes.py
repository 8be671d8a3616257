"""The endpoints of distributors that run no connector: a CSV file, and how it is to be read."""

from dataclasses import asdict
from typing import Any

from altscore_libs.errors import InvalidRequest, Unavailable, UnsupportedMediaType
from altscore_libs.openapi import error_responses, problem_schema
from altscore_libs.problem import PROBLEM_TYPE
from altscore_libs.web import read_body
from altscore_libs.web import router as strict_router
from fastapi import Request

from altscore_ingestion.connectors.schemas import SIGNED_HEADERS
from altscore_ingestion.dependencies import ConnectorDep, ServicesDep, SignedConnectorDep, caller_of, signed_request
from altscore_ingestion.errors import (
    BatchAlreadyProcessed,
    BatchConflict,
    BatchesExhausted,
    BatchInProgress,
    NotAuthenticated,
    UploadRefused,
    UploadTooLarge,
)
from altscore_ingestion.uploads.schemas import (
    CSV_SCHEMA,
    UPLOAD_HEADERS,
    FormatBody,
    UploadFinding,
    UploadReport,
)

router = strict_router(prefix="/v1/ingestion", responses=error_responses(InvalidRequest, NotAuthenticated, Unavailable))
_SIGNED: dict[str, Any] = {"parameters": SIGNED_HEADERS}
_ERRORS = error_responses(
    *(InvalidRequest, UploadRefused, UploadTooLarge, BatchConflict, BatchAlreadyProcessed, BatchesExhausted),
    *(BatchInProgress, UnsupportedMediaType, Unavailable),
)
_FINDINGS = {"type": "array", "items": UploadFinding.model_json_schema()}
_ERRORS[400] |= {"content": {PROBLEM_TYPE: {"schema": problem_schema(findings=_FINDINGS)}}}
_ERRORS[409] |= {"content": {PROBLEM_TYPE: {"schema": problem_schema(result={"type": "object"})}}}


@router.post(
    "/uploads/{file_name}",
    status_code=202,
    responses=_ERRORS,
    openapi_extra={
        "requestBody": {"required": True, "content": {"text/csv": {"schema": CSV_SCHEMA}}},
        "parameters": UPLOAD_HEADERS,
    },
)
async def post_upload(request: Request, services: ServicesDep, connector: ConnectorDep, file_name: str) -> UploadReport:
    """Takes a CSV file; its name may declare the period it is complete for, as `invoices_complete_2026-07.csv`."""
    async with services.batches.refusals_audited(connector):
        body = await read_body(request, services.uploads.max_file_bytes, takes_gzip=True)
        report = await services.uploads.receive(
            caller_of(request),
            connector,
            signed_request(request, body),
            file_name=file_name,
            content_type=request.headers.get("content-type", ""),
        )
    return UploadReport.model_validate(report)


@router.put("/upload-format", responses=error_responses(InvalidRequest), openapi_extra=_SIGNED)
async def put_format(services: ServicesDep, connector: SignedConnectorDep, body: FormatBody) -> FormatBody:
    """Says how the caller's files are to be read from now on."""
    await services.uploads.set_format(connector, body.csv_format())
    return body


@router.get("/upload-format", openapi_extra=_SIGNED)
async def get_format(services: ServicesDep, connector: SignedConnectorDep) -> FormatBody:
    """How the caller's files are read."""
    return FormatBody(**asdict(await services.uploads.csv_format(connector)))
