"""POST /v1/score/batch."""

from altscore_libs.errors import InvalidRequest, RateLimited, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router, services_of
from fastapi import Request, Response

from altscore_score.calls.service import call_of
from altscore_score.dependencies import Services
from altscore_score.errors import IdempotencyConflict, InvalidRetailerId
from altscore_score.openapi.parameters import BEARER, KEY_HEADERS, LANGUAGE, TOKEN_REFUSALS, json_body
from altscore_score.score_batches.schemas import BatchRequest, BatchResponse

REFUSALS = error_responses(
    InvalidRequest, InvalidRetailerId, IdempotencyConflict, *TOKEN_REFUSALS, RateLimited, Unavailable
)


routes = router(tags=["Score"])


@routes.post(
    "/v1/score/batch",
    response_model=BatchResponse,
    responses=REFUSALS,
    operation_id="getScoresInBatch",
    summary="Retrieve the scores of up to 500 retailers",
    description="One result for each retailer, in the order asked: the status and the very body of the single call. "
    "Each counts as a call.",
    openapi_extra={**BEARER, **json_body(BatchRequest), "parameters": [*KEY_HEADERS, LANGUAGE]},
)
async def post_batch(request: Request) -> Response:
    return await services_of(request, Services).score_batches.answer(await call_of(request))
