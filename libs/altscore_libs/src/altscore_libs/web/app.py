"""The application factory: the project's rules on a FastAPI application."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp

from altscore_libs.openapi import with_problems
from altscore_libs.web.bodies import BODY_S, DEFAULT_BODY_BYTES
from altscore_libs.web.context import RequestContext
from altscore_libs.web.problems import install_error_handlers
from altscore_libs.web.routing import HotRoutes, StrictRoute

_Services = TypeVar("_Services")


class _Application(FastAPI):
    """FastAPI with what every request gets in front of Starlette's own layers, none of which a hot endpoint needs.

    Args:
        outermost: wraps all layers.
        options: of FastAPI.
    """

    def __init__(self, outermost: Callable[[ASGIApp], ASGIApp], **options: Any) -> None:
        super().__init__(**options)
        self._outermost = outermost

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette calls this once, before the first request."""
        layers = super().build_middleware_stack()
        if isinstance(layers, ServerErrorMiddleware):  # RequestContext answers what nobody expected in its place
            layers = layers.app
        return self._outermost(RequestContext(HotRoutes(layers, self.state.hot_routes), self.title))


def create_app(
    title: str,
    *,
    version: str = "1.0.0",
    services: object | None = None,
    max_body_bytes: int = DEFAULT_BODY_BYTES,
    body_timeout_s: float = BODY_S,
    field_codes: Mapping[str, str] | None = None,
    problem_types: str | None = None,
    outermost: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> FastAPI:
    """A FastAPI application with the project's rules: strict JSON, problem documents, request ids, no docs routes.

    Args:
        title: name in the OpenAPI document and in metrics.
        version: of the contract.
        services: what the routes use (services_of); None for an application that is only described.
        max_body_bytes: longest JSON body accepted, bytes.
        body_timeout_s: how long a body may take, and a second more for every MIN_BODY_BYTES_PER_S received.
        field_codes: error code of a field that fails its schema, where the contract names one.
        problem_types: the URI that an error's code is appended to for `type`; without it `about:blank`.
        outermost: an ASGI layer around all others.
    """
    app = _Application(
        outermost,
        title=title,
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a path of another form is unknown; a redirect would name the Host header
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.router.route_class = StrictRoute
    app.state.services = services
    app.state.max_body_bytes = max_body_bytes
    app.state.body_timeout_s = body_timeout_s
    app.state.problem_types = problem_types
    install_error_handlers(app, field_codes)
    app.state.hot_routes = {}
    app.openapi = with_problems(app.openapi)  # type: ignore[method-assign]  # FastAPI's own way to change the document
    return app


def services_of(request: Request, kind: type[_Services]) -> _Services:
    """The services that the application was created with.

    Raises:
        TypeError: it was created without them, or with those of another application.
    """
    services = request.app.state.services
    if not isinstance(services, kind):
        raise TypeError(f"the application has no {kind.__name__}")
    return services
