"""The ingestion application."""

import json
from typing import Any

from altscore_libs.web import create_app as create_strict_app
from altscore_libs.web import problem, request_id
from fastapi import FastAPI, Request
from fastapi.responses import Response

from altscore_ingestion.batches import routes as batches
from altscore_ingestion.connectors import routes as connectors
from altscore_ingestion.dependencies import Services
from altscore_ingestion.distributors import routes as distributors
from altscore_ingestion.errors import BatchAlreadyProcessed, OtherInstallation, UploadRefused
from altscore_ingestion.installations import routes as installations
from altscore_ingestion.installations.schemas import InstallationOut
from altscore_ingestion.landings import routes as landings
from altscore_ingestion.portal import routes as portal
from altscore_ingestion.quarantine import routes as quarantine
from altscore_ingestion.switches import routes as switches
from altscore_ingestion.totals import routes as totals
from altscore_ingestion.uploads import routes as uploads


def create_app(services: Services | None) -> FastAPI:
    """The ingestion API; without services it can only be described."""
    app = create_strict_app("AltScore ingestion", services=services)
    app.include_router(batches.router)
    app.include_router(totals.router)
    app.include_router(uploads.router)
    app.include_router(connectors.router)
    app.include_router(installations.router)
    app.include_router(distributors.router)
    app.include_router(landings.router)
    app.include_router(quarantine.router)
    app.include_router(portal.router)
    app.include_router(switches.router)
    app.add_exception_handler(BatchAlreadyProcessed, _with_more)
    app.add_exception_handler(UploadRefused, _with_more)
    app.add_exception_handler(OtherInstallation, _with_more)
    return app


async def _with_more(request: Request, error: Exception) -> Response:
    """A problem document with the original result, the findings about a file, or the installation that sends."""
    match error:
        case BatchAlreadyProcessed():
            more: dict[str, Any] = {"result": error.result}
        case UploadRefused():
            more = {"findings": error.findings}
        case OtherInstallation():
            sends = error.installation
            more = {"installation": None if sends is None else InstallationOut.of(sends).model_dump(mode="json")}
        case _:  # registered for these alone
            raise error
    plain = problem(error, request_id(request))
    body = json.loads(bytes(plain.body)) | more
    return Response(json.dumps(body), status_code=plain.status_code, media_type=plain.media_type)
