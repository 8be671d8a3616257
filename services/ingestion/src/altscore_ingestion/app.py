"""The ingestion application."""

import json

from altscore_libs.web import create_app as create_strict_app
from altscore_libs.web import problem, request_id
from fastapi import FastAPI, Request
from fastapi.responses import Response

from altscore_ingestion.batches import routes as batches
from altscore_ingestion.connectors import routes as connectors
from altscore_ingestion.dependencies import Services
from altscore_ingestion.distributors import routes as distributors
from altscore_ingestion.errors import BatchAlreadyProcessed
from altscore_ingestion.quarantine import routes as quarantine
from altscore_ingestion.totals import routes as totals


def create_app(services: Services | None) -> FastAPI:
    """The ingestion API; without services it can only be described."""
    app = create_strict_app("AltScore ingestion", services=services)
    app.include_router(batches.router)
    app.include_router(totals.router)
    app.include_router(connectors.router)
    app.include_router(distributors.router)
    app.include_router(quarantine.router)
    app.add_exception_handler(BatchAlreadyProcessed, _with_original_result)
    return app


async def _with_original_result(request: Request, error: Exception) -> Response:
    if not isinstance(error, BatchAlreadyProcessed):  # registered for this class alone
        raise error
    plain = problem(error, request_id(request))
    body = json.loads(bytes(plain.body)) | {"result": error.result}
    return Response(json.dumps(body), status_code=plain.status_code, media_type=plain.media_type)
