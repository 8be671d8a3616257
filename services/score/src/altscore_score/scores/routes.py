"""POST /v1/score."""

from altscore_libs.dispatch import Fast
from altscore_libs.openapi import refusals
from altscore_libs.web import router
from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers
from starlette.types import Scope

from altscore_score.calls.service import Call
from altscore_score.dependencies import BEARER, HEADERS, LANGUAGE, SCORE_REFUSALS, Services, call_of, json_body
from altscore_score.errors import IdempotencyConflict
from altscore_score.scores.schemas import ScoreRequest, ScoreResponse


def score_routes(services: Services) -> APIRouter:
    """One retailer's score."""
    routes = router(tags=["Score"])

    @routes.post(
        "/v1/score",
        response_model=ScoreResponse,
        responses=refusals(*SCORE_REFUSALS, IdempotencyConflict),
        summary="Retrieve one retailer's score",
        openapi_extra={**BEARER, **json_body(ScoreRequest), "parameters": [*HEADERS, LANGUAGE]},
    )
    async def post_score(request: Request) -> Response:
        return await services.score.answer(await call_of(request))

    return routes


def fast_score(services: Services) -> Fast:
    """The same without the framework: the dispatcher puts it in front of the route, a test holds them equal."""

    async def post_score(scope: Scope, body: bytes) -> Response:
        source = scope["client"][0] if scope.get("client") else "unknown"
        return await services.score.answer(Call(Headers(scope=scope), body, source, scope["state"]["request_id"]))

    return post_score
