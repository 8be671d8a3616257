"""A short way for hot routes: plain ASGI functions in front of a FastAPI application, exact method and path alone.

The application keeps the same routes for its OpenAPI document, and a test of each service holds that both ways give the
same bytes and headers; see `tests/test_dispatch.py`.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from altscore_libs.errors import AltScoreError
from altscore_libs.web import BODY_S, DEFAULT_BODY_BYTES, GONE, body_of, dressed, identify, observe, problem, unexpected

Fast = Callable[[Scope, bytes], Awaitable[Response]]
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Dispatcher:
    """Answers some requests itself and hands every other to the application.

    A fast function gets the scope (with `scope["state"]["request_id"]`) and the whole body, empty for methods without
    one. It raises AltScoreError for a refusal, like any route.

    Args:
        app: made by create_app(); gives the name in metrics and the longest body.
        routes: fast functions by (method, path).
    """

    def __init__(self, app: FastAPI, routes: Mapping[tuple[str, str], Fast]) -> None:
        self._app = app
        self._routes = dict(routes)
        self._max_body_bytes = getattr(app.state, "max_body_bytes", DEFAULT_BODY_BYTES)
        self._patience_s = getattr(app.state, "body_timeout_s", BODY_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        fast = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if fast is None:
            await self._app(scope, receive, send)
            return
        identifier, started, status = identify(scope), time.perf_counter(), GONE
        try:
            reply = await self._reply(fast, scope, receive)
            status = reply.status_code
            headers = dressed(reply.raw_headers, identifier)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": reply.body})
        except ClientDisconnect:
            return
        finally:
            observe(self._app.title, scope["method"], scope["path"], status=status, started_s=started)

    async def _reply(self, fast: Fast, scope: Scope, receive: Receive) -> Response:
        try:
            body = b""
            if scope["method"] in _WITH_BODY:
                body = await body_of(scope, receive, self._max_body_bytes, patience_s=self._patience_s)
            return await fast(scope, body)
        except ClientDisconnect:
            raise
        except AltScoreError as error:
            return problem(error, scope["state"]["request_id"])
        except Exception as error:  # noqa: BLE001  # the last stand, as the application has one
            return unexpected(error, scope)
