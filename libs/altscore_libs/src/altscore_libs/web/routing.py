"""Routers whose routes read JSON strictly, hot routes in front of them, and the checks of who calls."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, NamedTuple, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from altscore_libs import strictjson
from altscore_libs.errors import AltScoreError, Forbidden, UnsupportedMediaType
from altscore_libs.tls import NOBODY, Peer
from altscore_libs.web.bodies import DEFAULT_BODY_BYTES, read_body
from altscore_libs.web.problems import problem

_log = logging.getLogger("altscore.web")
Endpoint = Callable[[Request], Awaitable[Response]]
_Route = TypeVar("_Route", bound=Callable[..., Any])


class StrictRequest(Request):
    """A request whose JSON was read once by the strict reader."""

    async def json(self) -> Any:
        """The body, fractions as Decimal."""
        if not hasattr(self, "_strict"):
            limit = getattr(self.app.state, "max_body_bytes", DEFAULT_BODY_BYTES)
            self._strict = strictjson.loads(await read_body(self, limit), max_bytes=limit)
        return self._strict


class StrictRoute(APIRoute):
    """A route that reads JSON strictly, before FastAPI looks at it (its own reader would echo or coerce)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the strict reading in front."""
        inner = super().get_route_handler()
        takes_body = self.body_field is not None

        async def handler(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if takes_body:
                declared = strict.headers.get("content-type", "").split(";")[0].strip().lower()
                if declared != "application/json":
                    raise UnsupportedMediaType("the body must be declared as application/json")
                await strict.json()
            return await inner(strict)

        return handler


def router(**options: Any) -> APIRouter:
    """An APIRouter whose routes read strictly; the only way services make routers."""
    return APIRouter(route_class=StrictRoute, **options)


class HotRoute(NamedTuple):
    """An endpoint that is called without FastAPI, for one method and path; it is not in the document."""

    path: str
    endpoint: Endpoint
    only_if: Callable[[Scope], bool] | None


class HotRoutes:
    """Pure ASGI, innermost: calls hot endpoints; every other request goes on to the application's own routes.

    Starlette's router, exception middleware and FastAPI's exit stack cost as much as all else around a hot endpoint.

    Args:
        app: what is wrapped.
        routes: by method and path; may grow until the first request.
    """

    def __init__(self, app: ASGIApp, routes: dict[tuple[str, str], HotRoute]) -> None:
        self.app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        route = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None or (route.only_if is not None and not route.only_if(scope)):
            await self.app(scope, receive, send)
            return
        scope["route"] = route  # names it in metrics
        request = Request(scope, receive, send)
        try:
            response = await route.endpoint(request)
        except AltScoreError as error:
            response = problem(error, scope["state"]["request_id"], types=request.app.state.problem_types)
        await response(scope, receive, send)


def add_hot_route(
    app: FastAPI, path: str, endpoint: Endpoint, method: str, *, only_if: Callable[[Scope], bool] | None = None
) -> None:
    """Puts an endpoint in front of the application's own route of the same path and method.

    FastAPI's route stays: for the OpenAPI document, and for the requests that `only_if` leaves to it. A test of each
    service holds that both give the same bytes and headers. An AltScoreError becomes its problem document; any other
    exception is an internal error, and no handler of the application's own is asked.

    Args:
        app: made by create_app().
        path: without parameters.
        endpoint: reads the body by read_body(); raises AltScoreError like any route.
        method: the one that is answered.
        only_if: which requests of that path and method are answered here; by default all.
    """
    app.state.hot_routes[method, path] = HotRoute(path, endpoint, only_if)


def public(endpoint: _Route) -> _Route:
    """Marks a route that takes callers without credentials; the list of them is held constant by a test."""
    endpoint.altscore_public = True  # type: ignore[attr-defined]  # a mark on a function
    return endpoint


def peer(request: Request) -> Peer:
    """Who called, by the TLS client certificate."""
    return peer_of_scope(request.scope)


def peer_of_scope(scope: Scope) -> Peer:
    """Who called, by the TLS client certificate, from the ASGI scope."""
    caller = scope.get("extensions", {}).get("altscore.peer", NOBODY)
    return caller if isinstance(caller, Peer) else NOBODY


def require_caller(scope: Scope, services: Sequence[str]) -> None:
    """Passes when one of these services' certificates is behind the connection.

    Raises:
        Forbidden: any other certificate, or none.
    """
    caller = peer_of_scope(scope).service
    if caller not in services:
        _log.warning(
            "caller refused", extra={"caller": caller or "none", "route": getattr(scope.get("route"), "path", "none")}
        )
        raise Forbidden("this certificate may not call this route")


def allow_callers(*services: str) -> Callable[[Request], None]:
    """Dependency: only these services' certificates may call (require_caller)."""

    def check(request: Request) -> None:
        require_caller(request.scope, services)

    check.altscore_callers = services  # type: ignore[attr-defined]  # a mark on a function
    return check
