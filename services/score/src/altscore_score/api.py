"""The doors: lenders' routes, JWKS and tokens on one application, admin's route on another."""

import time
from dataclasses import dataclass
from typing import Annotated, Any

from altscore_libs.web import DEFAULT_BODY_BYTES, allow_callers, create_app, public, read_body, request_id, router
from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from altscore_score.desk import LookupDesk, ScoreDesk
from altscore_score.front import Call
from altscore_score.limits import CALLS
from altscore_score.models import (
    LenderRequest,
    LenderResponse,
    LookupRequest,
    LookupResponse,
    Problem,
    ScoreRequest,
    ScoreResponse,
    TokenRequest,
    TokenResponse,
)
from altscore_score.onboarding import Onboarding
from altscore_score.token_desk import TokenDesk
from altscore_score.tokens import KeyRing


@dataclass(frozen=True)
class Desks:
    """What stands behind the routes."""

    score: ScoreDesk
    lookup: LookupDesk
    token: TokenDesk
    keys: KeyRing
    onboarding: Onboarding


_PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}
_BEARER: dict[str, Any] = {"security": [{"lenderToken": []}]}
_HEADERS: list[dict[str, Any]] = [
    {"name": "X-Client-ID", "in": "header", "required": True, "schema": {"type": "string"}},
    {
        "name": "X-Request-ID",
        "in": "header",
        "description": "A UUID is an idempotency key for 24 hours.",
        "schema": {"type": "string", "format": "uuid"},
    },
]
_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Which label of a reason leads.",
    "schema": {"enum": ["en", "hi"], "default": "en", "type": "string"},
}


def _refusals(**described: str) -> dict[int | str, dict[str, Any]]:
    return {int(status[1:]): {**_PROBLEM, "description": text} for status, text in described.items()}


_SCORE_REFUSALS = _refusals(
    _400="INVALID_REQUEST, INVALID_RETAILER_ID",
    _401="TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID",
    _403="CONSENT_NOT_GRANTED (also for an unknown retailer), SCOPE_MISMATCH",
    _404="RETAILER_NOT_SCORED",
    _409="IDEMPOTENCY_CONFLICT",
    _413="PAYLOAD_TOO_LARGE",
    _415="UNSUPPORTED_MEDIA_TYPE",
    _422="DATA_INSUFFICIENT, MANUAL_REVIEW_REQUIRED",
    _429="RATE_LIMIT_EXCEEDED",
    _503="SERVICE_UNAVAILABLE",
)
_LOOKUP_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: _SCORE_REFUSALS[status] for status in (400, 401, 403, 413, 415, 429, 503)
}


def _json_body(model: type[Any]) -> dict[str, Any]:
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def _call(request: Request, *, with_body: bool = True) -> Call:
    body = await read_body(request, DEFAULT_BODY_BYTES) if with_body else b""
    source = request.client.host if request.client is not None else "unknown"
    return Call(request.headers, body, source, request_id(request))


def _score_routes(desks: Desks) -> APIRouter:
    routes = router(tags=["Score"])

    @routes.post(
        "/v1/score",
        response_model=ScoreResponse,
        responses=_SCORE_REFUSALS,
        summary="Retrieve one retailer's score",
        openapi_extra={**_BEARER, **_json_body(ScoreRequest), "parameters": [*_HEADERS, _LANGUAGE]},
    )
    async def post_score(request: Request) -> Response:
        return await desks.score.answer(await _call(request))

    @routes.get(
        "/v1/retailers/lookup",
        response_model=LookupResponse,
        responses=_LOOKUP_REFUSALS,
        summary="From a GSTIN to a retailer id",
        openapi_extra={**_BEARER, "parameters": [*_HEADERS, _gst_parameter()]},
    )
    async def get_lookup(request: Request) -> Response:
        given = request.query_params.getlist("gst")
        return await desks.lookup.answer(await _call(request, with_body=False), given[0] if len(given) == 1 else "")

    @routes.post(
        "/v1/retailers/lookup",
        response_model=LookupResponse,
        responses=_LOOKUP_REFUSALS,
        summary="The same with the GSTIN in the body",
        openapi_extra={**_BEARER, **_json_body(LookupRequest), "parameters": _HEADERS},
    )
    async def post_lookup(request: Request) -> Response:
        return await desks.lookup.answer(await _call(request), None)

    return routes


def _gst_parameter() -> dict[str, Any]:
    schema = {"type": "string", "minLength": 15, "maxLength": 15}
    return {"name": "gst", "in": "query", "required": True, "schema": schema}


def _token_routes(desks: Desks) -> APIRouter:
    routes = router(tags=["Authentication"])

    @routes.post(
        "/v1/auth/token",
        responses=_refusals(
            _400="INVALID_REQUEST", _401="UNAUTHORIZED", _429="RATE_LIMIT_EXCEEDED", _503="SERVICE_UNAVAILABLE"
        ),
        summary="Client credentials for a bearer token",
    )
    @public
    async def post_token(body: TokenRequest, request: Request, response: Response) -> TokenResponse:
        source = request.client.host if request.client is not None else "unknown"
        issued = await desks.token.issue(body, source=source, request_id=request_id(request))
        response.headers.update(issued.headers)
        return TokenResponse(access_token=issued.token, token_type="Bearer", expires_in=issued.expires_in_s)  # noqa: S106

    @routes.get("/.well-known/jwks.json", summary="Public keys of the tokens")
    @public
    async def get_jwks() -> JSONResponse:
        return JSONResponse(desks.keys.jwks(), headers={"Cache-Control": "public, max-age=300"})

    return routes


class LimitHeaders:
    """Pure ASGI: a response that knows no lender still carries the X-RateLimit headers of API §09."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and all(
                name != b"x-ratelimit-limit" for name, _ in message["headers"]
            ):
                whole = CALLS[0]
                values = (whole.limit, whole.limit, int(time.time()) + whole.length_s)
                names = (b"x-ratelimit-limit", b"x-ratelimit-remaining", b"x-ratelimit-reset")
                extra = [(name, str(value).encode()) for name, value in zip(names, values, strict=True)]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self.app(scope, receive, answer)


def lenders_app(desks: Desks) -> FastAPI:
    """The lenders' door."""
    app = create_app("AltScore Score API")
    app.include_router(_score_routes(desks))
    app.include_router(_token_routes(desks))
    app.add_middleware(LimitHeaders)
    made = app.openapi

    def documented() -> dict[str, Any]:
        document = made()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["lenderToken"] = {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}
        return document

    app.openapi = documented  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    return app


def internal_app(desks: Desks) -> FastAPI:
    """The internal door; mutual TLS, admin alone."""
    app = create_app("AltScore Score internal API")
    routes = router(tags=["Internal"], dependencies=[Depends(allow_callers("admin"))])

    @routes.put(
        "/internal/admin/lenders/{lender_id}",
        responses={201: {"model": LenderResponse, "description": "Onboarded; the only time the secret is shown"}},
        response_model_exclude_none=True,
        summary="Onboard a lender",
    )
    async def put_lender(
        lender_id: Annotated[str, Path(pattern=r"^lender_[a-z0-9_]{1,48}$")], body: LenderRequest, response: Response
    ) -> LenderResponse:
        secret = await desks.onboarding.onboard(lender_id, body.name)
        response.status_code = 200 if secret is None else 201
        return LenderResponse(client_id=lender_id, client_secret=secret)

    app.include_router(routes)
    return app
