"""The application, and what its routes need."""

import asyncio
import json

from altscore_libs.web import create_app, problem, request_id
from fastapi import FastAPI, Request
from fastapi.responses import Response

from altscore_ingestion.api import admin, door
from altscore_ingestion.api.services import Services
from altscore_ingestion.errors import BatchAlreadyProcessed

__all__ = ["Services", "create_ingestion_app"]


def create_ingestion_app(services: Services | None) -> FastAPI:
    """The ingestion API; without services it can only be described."""
    app = create_app("AltScore ingestion")
    app.state.services = services
    app.state.batches = asyncio.Semaphore(services.max_batches_at_once if services else 1)
    app.include_router(door.router)
    app.include_router(admin.router)
    app.add_exception_handler(BatchAlreadyProcessed, _with_original_result)
    return app


async def _with_original_result(request: Request, error: Exception) -> Response:
    assert isinstance(error, BatchAlreadyProcessed)  # noqa: S101  # registered for this class alone
    plain = problem(error, request_id(request))
    body = json.loads(bytes(plain.body)) | {"result": error.result}
    return Response(json.dumps(body), status_code=plain.status_code, media_type=plain.media_type)
