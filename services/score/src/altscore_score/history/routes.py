"""GET /v1/score/{retailer_id}/history."""

from typing import Any

from altscore_libs.openapi import error_responses
from altscore_libs.web import router, services_of
from fastapi import Request, Response

from altscore_score.calls.service import call_of
from altscore_score.dependencies import Services
from altscore_score.history.schemas import HistoryResponse
from altscore_score.history.service import MONTHS_DEFAULT, MONTHS_MAX, Query
from altscore_score.openapi.parameters import BEARER, HEADERS, SCORE_REFUSALS

_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "retailer_id",
        "in": "path",
        "required": True,
        "description": "The retailer's id: `ret_` and 16 hexadecimal digits.",
        "schema": {"type": "string", "pattern": "^ret_[0-9a-f]{16}$"},
    },
    {
        "name": "months",
        "in": "query",
        "description": "How many monthly snapshots, the newest first.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MONTHS_MAX, "default": MONTHS_DEFAULT},
    },
    {
        "name": "purpose",
        "in": "query",
        "description": "The purpose of the consent; without it any active one will do.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"},
    },
]


routes = router(tags=["Score"])


@routes.get(
    "/v1/score/{retailer_id}/history",
    response_model=HistoryResponse,
    responses=error_responses(*SCORE_REFUSALS),
    operation_id="getScoreHistory",
    summary="Retrieve the last score of each month",
    description="Newest first, by India's calendar; months without a score are absent. It counts as a call and not as "
    "a disclosure.",
    openapi_extra={**BEARER, "parameters": [*_PARAMETERS, *HEADERS]},
)
async def get_history(request: Request) -> Response:
    query = request.query_params
    values = {name: query.getlist(name) for name in query}
    retailer_id = request.path_params["retailer_id"]
    return await services_of(request, Services).history.answer(
        await call_of(request, with_body=False), Query(retailer_id, values)
    )
