"""The doors: lenders' routes, JWKS and tokens on one application, admin's route on another."""

import time
from typing import Any

from altscore_libs.dispatch import Dispatcher
from altscore_libs.web import BODY_S, create_app
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from altscore_score.access.routes import internal_routes
from altscore_score.dependencies import Services
from altscore_score.grievances.routes import grievance_routes
from altscore_score.history.routes import history_routes
from altscore_score.limits.domain import CALLS
from altscore_score.openapi.document import complete
from altscore_score.retailers.routes import lookup_routes
from altscore_score.score_batches.routes import batch_routes
from altscore_score.scores.routes import fast_score, score_routes
from altscore_score.tokens.routes import token_routes

__all__ = ["LimitHeaders", "Services", "internal_app", "lenders_app", "lenders_asgi"]


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


def lenders_app(services: Services) -> FastAPI:
    """The lenders' door."""
    app = create_app("AltScore Score API")
    app.include_router(score_routes(services))
    app.include_router(batch_routes(services))
    app.include_router(history_routes(services))
    app.include_router(lookup_routes(services))
    app.include_router(grievance_routes(services))
    app.include_router(token_routes(services))
    app.add_middleware(LimitHeaders)
    made = app.openapi

    def documented() -> dict[str, Any]:
        document = made()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["lenderToken"] = {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}
        return complete(document, is_lenders=True)

    app.openapi = documented  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    return app


def lenders_asgi(services: Services, *, body_timeout_s: float = BODY_S) -> ASGIApp:
    """The lenders' door as it is served: the score by the short way, all else by the application."""
    app = lenders_app(services)
    app.state.body_timeout_s = body_timeout_s
    return LimitHeaders(Dispatcher(app, {("POST", "/v1/score"): fast_score(services)}))


def internal_app(services: Services) -> FastAPI:
    """The internal door; mutual TLS, admin alone."""
    app = create_app("AltScore Score internal API")
    app.include_router(internal_routes(services))
    made = app.openapi

    def documented() -> dict[str, Any]:
        return complete(made(), is_lenders=False)

    app.openapi = documented  # type: ignore[method-assign]
    return app
