"""POST /v1/score/batch."""

from altscore_libs.errors import InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router
from fastapi import APIRouter, Request, Response

from altscore_score.api.parts import BEARER, HEADERS, LANGUAGE, TOKEN_REFUSALS, Desks, call_of, json_body
from altscore_score.errors import InvalidRetailerId
from altscore_score.models import BatchRequest, BatchResponse

REFUSALS = error_responses(InvalidRequest, InvalidRetailerId, *TOKEN_REFUSALS, Unavailable)


def batch_routes(desks: Desks) -> APIRouter:
    """Many scores in one request."""
    routes = router(tags=["Score"])

    @routes.post(
        "/v1/score/batch",
        response_model=BatchResponse,
        responses=REFUSALS,
        summary="Retrieve the scores of up to 500 retailers",
        openapi_extra={**BEARER, **json_body(BatchRequest), "parameters": [*HEADERS, LANGUAGE]},
    )
    async def post_batch(request: Request) -> Response:
        return await desks.batch.answer(await call_of(request))

    return routes
