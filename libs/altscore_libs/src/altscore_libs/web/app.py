"""The application factory: the project's rules on a FastAPI application."""

from collections.abc import Mapping
from typing import TypeVar

from fastapi import FastAPI, Request

from altscore_libs.openapi import with_problems
from altscore_libs.web.bodies import BODY_S, DEFAULT_BODY_BYTES
from altscore_libs.web.context import RequestContext
from altscore_libs.web.problems import install_error_handlers
from altscore_libs.web.routing import HotRoutes, StrictRoute

_Services = TypeVar("_Services")


def create_app(
    title: str,
    *,
    version: str = "1.0.0",
    services: object | None = None,
    max_body_bytes: int = DEFAULT_BODY_BYTES,
    body_timeout_s: float = BODY_S,
    field_codes: Mapping[str, str] | None = None,
    problem_types: str | None = None,
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
    """
    app = FastAPI(
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
    app.add_middleware(HotRoutes, routes=app.state.hot_routes)
    app.add_middleware(RequestContext, name=title)
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
