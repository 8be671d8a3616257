"""The door of every service: strict JSON in, problem+json out, a request id on every response, the caller's name."""

import logging
import re
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from altscore_libs import strictjson
from altscore_libs.errors import (
    AltScoreError,
    FieldError,
    Forbidden,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from altscore_libs.ids import new_id
from altscore_libs.tls import NOBODY, Peer

DEFAULT_BODY_BYTES = 65_536
PROBLEM_TYPE = "application/problem+json"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,64}")
_log = logging.getLogger("altscore.web")
_requests = Counter("altscore_http_requests_total", "Requests answered.", ["app", "method", "route", "status"])
_seconds = Histogram("altscore_http_request_seconds", "Time to the last byte, seconds.", ["app", "route"])
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


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The whole body, refused as soon as it is known to exceed `limit_bytes`.

    Raises:
        PayloadTooLarge: declared or sent too many bytes.
    """
    if hasattr(request, "_body"):
        return await request.body()
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit_bytes:
        raise PayloadTooLarge(f"the body exceeds {limit_bytes} bytes")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_bytes:
            raise PayloadTooLarge(f"the body exceeds {limit_bytes} bytes")
        chunks.append(chunk)
    request._body = b"".join(chunks)  # Starlette's own cache, so that body() works after the stream is read
    return request._body


def router(**options: Any) -> APIRouter:
    """An APIRouter whose routes read strictly; the only way services make routers."""
    return APIRouter(route_class=StrictRoute, **options)


def public(endpoint: _Route) -> _Route:
    """Marks a route that takes callers without credentials; the list of them is held constant by a test."""
    endpoint.altscore_public = True  # type: ignore[attr-defined]
    return endpoint


def peer(request: Request) -> Peer:
    """Who called, by the TLS client certificate."""
    found = request.scope.get("extensions", {}).get("altscore.peer", NOBODY)
    return found if isinstance(found, Peer) else NOBODY


def allow_callers(*services: str) -> Callable[[Request], None]:
    """Dependency: only these services' certificates may call.

    Raises:
        Forbidden: any other certificate, or none.
    """

    def check(request: Request) -> None:
        caller = peer(request).service
        if caller not in services:
            _log.warning("caller refused", extra={"caller": caller or "none", "route": request.url.path})
            raise Forbidden("this certificate may not call this route")

    check.altscore_callers = services  # type: ignore[attr-defined]
    return check


def request_id(request: Request) -> str:
    """The id of this request: the caller's own where it sent a usable one."""
    return str(request.state.request_id)


def problem(error: AltScoreError, identifier: str) -> Response:
    """RFC 9457 body of an error; it holds the contract's code and never the input."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "code": error.code,
        "request_id": identifier,
    }
    if error.detail:
        body["detail"] = error.detail
    if error.errors:
        body["errors"] = [{"field": one.field, "reason": one.reason} for one in error.errors]
    return JSONResponse(body, status_code=error.status, headers=error.headers, media_type=PROBLEM_TYPE)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    location = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
    if error["type"] == "extra_forbidden":  # the last part is the caller's own key
        return FieldError(".".join(location[:-1]) or "body", "unknown field")
    reason = error["msg"].removeprefix("Value error, ") if error["type"] == "value_error" else error["type"]
    return FieldError(".".join(location) or "body", reason)


def install_error_handlers(app: FastAPI, field_codes: Mapping[str, str] | None = None) -> None:
    """Every failure becomes a problem document; `field_codes` gives a field its own error code."""
    codes = dict(field_codes or {})

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, AltScoreError)  # noqa: S101  # registered for this class alone
        return problem(error, request_id(request))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        fields = [_field_error(one) for one in error.errors()]
        refused = InvalidRequest("the request does not match the schema", errors=fields)
        refused.code = next((codes[one.field] for one in fields if one.field in codes), refused.code)
        return problem(refused, request_id(request))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        kinds: dict[int, type[AltScoreError]] = {404: NotFound, 405: MethodNotAllowed, 413: PayloadTooLarge}
        return problem(kinds.get(error.status_code, InvalidRequest)(), request_id(request))

    async def unknown(request: Request, error: Exception) -> Response:
        _log.error("unexpected error", exc_info=error, extra={"route": request.url.path})
        return problem(AltScoreError(), request_id(request))

    app.add_exception_handler(AltScoreError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unknown)


class RequestContext:
    """Pure ASGI: gives each request an id, puts it and the security headers on the response, counts and times."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = next((value for key, value in scope["headers"] if key == b"x-request-id"), b"").decode("latin-1")
        identifier = sent if _REQUEST_ID.fullmatch(sent) else new_id("req")
        scope.setdefault("state", {})["request_id"] = identifier
        started, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {key for key, _ in message["headers"]}
                extra = [(b"x-request-id", identifier.encode("latin-1")), *SECURITY_HEADERS]
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in extra if pair[0] not in present),
                ]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            _requests.labels(self.name, scope["method"], route, status).inc()
            _seconds.labels(self.name, route).observe(time.perf_counter() - started)


SECURITY_HEADERS = (
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


def create_app(
    title: str,
    *,
    version: str = "1.0.0",
    max_body_bytes: int = DEFAULT_BODY_BYTES,
    field_codes: Mapping[str, str] | None = None,
) -> FastAPI:
    """A FastAPI application with the house rules applied: strict JSON, problem+json, request ids, no docs routes.

    Args:
        title: name in the OpenAPI document and in metrics.
        version: of the contract.
        max_body_bytes: longest JSON body taken, bytes.
        field_codes: error code of a field that fails its schema, where the contract names one.
    """
    app = FastAPI(
        title=title,
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.router.route_class = StrictRoute
    app.state.max_body_bytes = max_body_bytes
    install_error_handlers(app, field_codes)
    app.add_middleware(RequestContext, name=title)
    return app
