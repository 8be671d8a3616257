"""GET and POST /v1/retailers/lookup."""

from typing import Any

from altscore_libs.openapi import refusals
from altscore_libs.web import router
from fastapi import APIRouter, Request, Response

from altscore_score.dependencies import BEARER, CALL_REFUSALS, HEADERS, Services, call_of, json_body
from altscore_score.errors import ConsentNotGranted
from altscore_score.scores.schemas import LookupRequest, LookupResponse

REFUSALS = refusals(*CALL_REFUSALS, ConsentNotGranted)


def lookup_routes(services: Services) -> APIRouter:
    """Retailer lookup."""
    routes = router(tags=["Score"])

    @routes.get(
        "/v1/retailers/lookup",
        response_model=LookupResponse,
        responses=REFUSALS,
        summary="From a GSTIN to a retailer id",
        openapi_extra={**BEARER, "parameters": [*HEADERS, _gst_parameter()]},
    )
    async def get_lookup(request: Request) -> Response:
        given = request.query_params.getlist("gst")
        return await services.lookup.answer(
            await call_of(request, with_body=False), given[0] if len(given) == 1 else ""
        )

    @routes.post(
        "/v1/retailers/lookup",
        response_model=LookupResponse,
        responses=REFUSALS,
        summary="The same with the GSTIN in the body",
        openapi_extra={**BEARER, **json_body(LookupRequest), "parameters": HEADERS},
    )
    async def post_lookup(request: Request) -> Response:
        return await services.lookup.answer(await call_of(request), None)

    return routes


def _gst_parameter() -> dict[str, Any]:
    schema = {"type": "string", "minLength": 15, "maxLength": 15}
    return {"name": "gst", "in": "query", "required": True, "schema": schema}
