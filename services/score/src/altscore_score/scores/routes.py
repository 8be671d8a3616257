"""POST /v1/score; a plain route in front of this one serves it (app.create_served_lenders_app)."""

from altscore_libs.openapi import error_responses
from altscore_libs.web import router, services_of
from fastapi import Request, Response

from altscore_score.calls.service import call_of
from altscore_score.dependencies import Services
from altscore_score.errors import IdempotencyConflict
from altscore_score.openapi.parameters import BEARER, HEADERS, LANGUAGE, SCORE_REFUSALS, json_body
from altscore_score.scores.schemas import ScoreRequest, ScoreResponse

routes = router(tags=["Score"])


@routes.post(
    "/v1/score",
    response_model=ScoreResponse,
    responses=error_responses(*SCORE_REFUSALS, IdempotencyConflict),
    summary="Retrieve one retailer's score",
    openapi_extra={**BEARER, **json_body(ScoreRequest), "parameters": [*HEADERS, LANGUAGE]},
)
async def post_score(request: Request) -> Response:
    return await services_of(request, Services).scores.answer(await call_of(request))
