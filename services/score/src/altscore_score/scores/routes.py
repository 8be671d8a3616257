"""POST /v1/score, as a FastAPI route and as the raw route that serves it."""

from altscore_libs.dispatch import Fast
from altscore_libs.openapi import refusals
from altscore_libs.web import router
from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.types import Scope

from altscore_score.calls.domain import Call
from altscore_score.dependencies import Services, call_of, services_of
from altscore_score.errors import IdempotencyConflict
from altscore_score.openapi.parameters import BEARER, HEADERS, LANGUAGE, SCORE_REFUSALS, json_body
from altscore_score.scores.schemas import ScoreRequest, ScoreResponse

routes = router(tags=["Score"])


@routes.post(
    "/v1/score",
    response_model=ScoreResponse,
    responses=refusals(*SCORE_REFUSALS, IdempotencyConflict),
    summary="Retrieve one retailer's score",
    openapi_extra={**BEARER, **json_body(ScoreRequest), "parameters": [*HEADERS, LANGUAGE]},
)
async def post_score(request: Request) -> Response:
    return await services_of(request).scores.answer(await call_of(request))


def raw_post_score(services: Services) -> Fast:
    """The same without the framework: the raw router tries it before the application, a test holds them equal."""

    async def post_score_raw(scope: Scope, body: bytes) -> Response:
        source = scope["client"][0] if scope.get("client") else "unknown"
        call = Call(headers=Headers(scope=scope), body=body, source=source, request_id=scope["state"]["request_id"])
        return await services.scores.answer(call)

    return post_score_raw
