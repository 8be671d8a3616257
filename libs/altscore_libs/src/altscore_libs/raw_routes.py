"""Raw routes: plain ASGI functions in front of a FastAPI application for hot routes, exact method and path alone.

The application keeps the same routes for its OpenAPI document, and a test of each service holds that both ways give the
same bytes and headers; see `tests/test_raw_routes.py`.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from altscore_libs.errors import AltScoreError
from altscore_libs.web import (
    BODY_S,
    CLIENT_CLOSED_REQUEST,
    DEFAULT_BODY_BYTES,
    body_of,
    internal_error_response,
    observe,
    problem,
    request_context,
    with_default_headers,
)

RawRoute = Callable[[Scope, bytes], Awaitable[Response]]
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class RawRouter:
    """Answers some requests itself and hands every other to the application.

    A raw route gets the scope (with `scope["state"]["request_id"]`) and the whole body, empty for methods without
    one. It raises AltScoreError for a refusal, like any route.

    Args:
        app: made by create_app(); gives the name in metrics and the longest body.
        routes: raw routes by (method, path).
    """

    def __init__(self, app: FastAPI, routes: Mapping[tuple[str, str], RawRoute]) -> None:
        self._app = app
        self._routes = dict(routes)
        self._max_body_bytes = getattr(app.state, "max_body_bytes", DEFAULT_BODY_BYTES)
        self._patience_s = getattr(app.state, "body_timeout_s", BODY_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        route = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None:
            await self._app(scope, receive, send)
            return
        with request_context(scope) as identifier:
            started, status = time.perf_counter(), CLIENT_CLOSED_REQUEST
            try:
                reply = await self._reply(route, scope, receive)
                status = reply.status_code
                headers = with_default_headers(reply.raw_headers, identifier)
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": reply.body})
            except ClientDisconnect:
                return
            finally:
                observe(self._app.title, scope["method"], scope["path"], status=status, started_s=started)

    async def _reply(self, route: RawRoute, scope: Scope, receive: Receive) -> Response:
        try:
            body = b""
            if scope["method"] in _WITH_BODY:
                body = await body_of(scope, receive, self._max_body_bytes, patience_s=self._patience_s)
            return await route(scope, body)
        except ClientDisconnect:
            raise
        except AltScoreError as error:
            return problem(error, scope["state"]["request_id"])
        except Exception as error:  # noqa: BLE001  # the last resort, as the application has one
            return internal_error_response(error, scope)
