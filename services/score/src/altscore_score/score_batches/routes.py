"""POST /v1/score/batch."""

from altscore_libs.errors import InvalidRequest, Unavailable
from altscore_libs.openapi import refusals
from altscore_libs.web import router
from fastapi import APIRouter, Request, Response

from altscore_score.dependencies import BEARER, HEADERS, LANGUAGE, TOKEN_REFUSALS, Services, call_of, json_body
from altscore_score.errors import InvalidRetailerId
from altscore_score.scores.schemas import BatchRequest, BatchResponse

REFUSALS = refusals(InvalidRequest, InvalidRetailerId, *TOKEN_REFUSALS, Unavailable)


def batch_routes(services: Services) -> APIRouter:
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
        return await services.batch.answer(await call_of(request))

    return routes
