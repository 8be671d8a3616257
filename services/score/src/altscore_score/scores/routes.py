"""POST /v1/score; served as a hot endpoint in front of this route (app.create_served_lenders_app)."""

from altscore_libs.openapi import error_responses
from altscore_libs.web import router, services_of
from fastapi import Request, Response

from altscore_score.calls.service import call_of
from altscore_score.dependencies import Services
from altscore_score.errors import IdempotencyConflict
from altscore_score.openapi.parameters import BEARER, KEY_HEADERS, LANGUAGE, SCORE_REFUSALS, json_body
from altscore_score.scores.schemas import ScoreRequest, ScoreResponse

routes = router(tags=["Score"])


@routes.post(
    "/v1/score",
    response_model=ScoreResponse,
    responses=error_responses(*SCORE_REFUSALS, IdempotencyConflict),
    operation_id="getScore",
    summary="Retrieve one retailer's score",
    description="The score with its reasons and guardrails, for a purpose that the retailer consented to. It counts as "
    "a call, and as one of three disclosures of that retailer in 24 hours.",
    openapi_extra={**BEARER, **json_body(ScoreRequest), "parameters": [*KEY_HEADERS, LANGUAGE]},
)
async def post_score(request: Request) -> Response:
    return await services_of(request, Services).scores.answer(await call_of(request))
