"""GET and POST /v1/retailers/lookup."""

from typing import Any

from altscore_libs.openapi import error_responses
from altscore_libs.web import router, services_of
from fastapi import Request, Response

from altscore_score.calls.service import call_of
from altscore_score.dependencies import Services
from altscore_score.errors import ConsentNotGranted
from altscore_score.openapi.parameters import BEARER, CALL_REFUSALS, HEADERS, json_body
from altscore_score.retailers.schemas import LookupRequest, LookupResponse

_GST: dict[str, Any] = {
    "name": "gst",
    "in": "query",
    "required": True,
    "description": "GSTIN, 15 characters, capital letters.",
    "schema": {"type": "string", "minLength": 15, "maxLength": 15},
}
REFUSALS = error_responses(*CALL_REFUSALS, ConsentNotGranted)


routes = router(tags=["Score"])


@routes.get(
    "/v1/retailers/lookup",
    response_model=LookupResponse,
    responses=REFUSALS,
    operation_id="lookupRetailerByQuery",
    summary="Find a retailer by the GSTIN in the query",
    description="Prefer the POST: there the GSTIN stands in no address and in no log of addresses.",
    openapi_extra={**BEARER, "parameters": [*HEADERS, _GST]},
)
async def get_lookup(request: Request) -> Response:
    values = request.query_params.getlist("gst")
    return await services_of(request, Services).retailers.answer(
        await call_of(request, with_body=False), values[0] if len(values) == 1 else ""
    )


@routes.post(
    "/v1/retailers/lookup",
    response_model=LookupResponse,
    responses=REFUSALS,
    operation_id="lookupRetailer",
    summary="Find a retailer by its GSTIN",
    description="The id of a retailer that consented to you. A retailer that did not, and one that does not exist, are "
    "the same 403.",
    openapi_extra={**BEARER, **json_body(LookupRequest), "parameters": HEADERS},
)
async def post_lookup(request: Request) -> Response:
    return await services_of(request, Services).retailers.answer(await call_of(request), None)
