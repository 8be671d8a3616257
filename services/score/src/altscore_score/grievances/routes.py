"""POST /v1/grievances and GET /v1/grievances/{grievance_id}."""

from altscore_libs.openapi import error_responses
from altscore_libs.web import router, services_of
from fastapi import Request, Response

from altscore_score.calls.service import call_of
from altscore_score.dependencies import Services
from altscore_score.errors import ConsentNotGranted, GrievanceNotFound, IdempotencyConflict, InvalidRetailerId
from altscore_score.grievances.schemas import GrievanceFiled, GrievanceRequest, GrievanceState
from altscore_score.openapi.parameters import BEARER, CALL_REFUSALS, HEADERS, KEY_HEADERS, json_body

FILE_REFUSALS = error_responses(*CALL_REFUSALS, InvalidRetailerId, ConsentNotGranted, IdempotencyConflict)
READ_REFUSALS = error_responses(*CALL_REFUSALS, GrievanceNotFound)
ID_PARAMETER = {
    "name": "grievance_id",
    "in": "path",
    "required": True,
    "description": "As it was given when the grievance was filed.",
    "schema": {"type": "string", "pattern": "^grv_[0-9a-f]{32}$"},
}


routes = router(tags=["Grievance"])


@routes.post(
    "/v1/grievances",
    response_model=GrievanceFiled,
    responses=FILE_REFUSALS,
    operation_id="fileGrievance",
    summary="File a grievance against a score",
    openapi_extra={**BEARER, **json_body(GrievanceRequest), "parameters": KEY_HEADERS},
)
async def post_grievance(request: Request) -> Response:
    """At most five filings of a lender about a retailer in 24 hours, beside the limits of every call."""
    return await services_of(request, Services).grievances.file(await call_of(request))


@routes.get(
    "/v1/grievances/{grievance_id}",
    response_model=GrievanceState,
    responses=READ_REFUSALS,
    operation_id="getGrievance",
    summary="Read where a grievance stands",
    description="Its status, both clocks and, once it is resolved, the resolution.",
    openapi_extra={**BEARER, "parameters": [*HEADERS, ID_PARAMETER]},
)
async def get_grievance(request: Request) -> Response:
    call = await call_of(request, with_body=False)
    return await services_of(request, Services).grievances.read(call, request.path_params["grievance_id"])
