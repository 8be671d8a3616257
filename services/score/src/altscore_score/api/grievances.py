"""POST /v1/grievances and GET /v1/grievances/{grievance_id}."""

from altscore_libs.web import router
from fastapi import APIRouter, Request, Response

from altscore_score.api.parts import BEARER, HEADERS, Desks, call_of, json_body, refusals
from altscore_score.grievance_models import GrievanceFiled, GrievanceRequest, GrievanceState

FILE_REFUSALS = refusals(
    _400="INVALID_REQUEST, INVALID_RETAILER_ID",
    _401="TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID",
    _403="CONSENT_NOT_GRANTED (also for an unknown retailer)",
    _409="IDEMPOTENCY_CONFLICT",
    _413="PAYLOAD_TOO_LARGE",
    _415="UNSUPPORTED_MEDIA_TYPE",
    _429="RATE_LIMIT_EXCEEDED: calls of the lender, or five filings about the retailer in 24 hours",
    _503="SERVICE_UNAVAILABLE",
)
READ_REFUSALS = refusals(
    _400="INVALID_REQUEST",
    _401="TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID",
    _404="GRIEVANCE_NOT_FOUND (also for another lender's)",
    _429="RATE_LIMIT_EXCEEDED",
    _503="SERVICE_UNAVAILABLE",
)
ID_PARAMETER = {
    "name": "grievance_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^grv_[0-9a-f]{32}$"},
}


def grievance_routes(desks: Desks) -> APIRouter:
    """Filing and reading."""
    routes = router(tags=["Grievance"])

    @routes.post(
        "/v1/grievances",
        response_model=GrievanceFiled,
        responses=FILE_REFUSALS,
        summary="File a grievance against a score",
        openapi_extra={**BEARER, **json_body(GrievanceRequest), "parameters": HEADERS},
    )
    async def post_grievance(request: Request) -> Response:
        return await desks.grievances.file(await call_of(request))

    @routes.get(
        "/v1/grievances/{grievance_id}",
        response_model=GrievanceState,
        responses=READ_REFUSALS,
        summary="Where a grievance stands",
        openapi_extra={**BEARER, "parameters": [*HEADERS, ID_PARAMETER]},
    )
    async def get_grievance(request: Request) -> Response:
        call = await call_of(request, with_body=False)
        return await desks.grievances.read(call, request.path_params["grievance_id"])

    return routes
