"""The door of every service: strict JSON in, problem+json out, a request id on every response, the caller's name."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
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
    RequestTimeout,
    UnsupportedMediaType,
)
from altscore_libs.ids import new_id
from altscore_libs.openapi import PROBLEM_TYPE, with_problems
from altscore_libs.tls import NOBODY, Peer

DEFAULT_BODY_BYTES = 65_536
BODY_S = 10.0
MIN_BODY_BYTES_PER_S = 16_384
GONE = 499  # in metrics alone: the caller left before it was answered
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
        RequestTimeout: not whole in time (`body_timeout_s` of create_app).
    """
    if not hasattr(request, "_body"):  # Starlette's own cache, so that body() works after the stream is read
        patience_s = getattr(request.app.state, "body_timeout_s", BODY_S)
        request._body = await body_of(request.scope, request.receive, limit_bytes, patience_s=patience_s)
    return request._body


async def body_of(scope: Scope, receive: Receive, limit_bytes: int, *, patience_s: float = BODY_S) -> bytes:
    """The whole body of an ASGI request; the one reader of both the applications and the dispatcher.

    Args:
        scope: of the request.
        receive: of the request.
        limit_bytes: longest body taken.
        patience_s: how long it may take, and a second more for every MIN_BODY_BYTES_PER_S that came: a body that
            trickles ends here, a long one over a slow line does not.

    Raises:
        PayloadTooLarge: declared or sent too many bytes.
        RequestTimeout: not whole in time.
        ClientDisconnect: the caller left.
    """
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not declared.isdigit() or int(declared) > limit_bytes:
        raise PayloadTooLarge(f"the body exceeds {limit_bytes} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(patience_s) as patience:
            ends_at = patience.when() or 0.0
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect()
                body += message.get("body", b"")
                if len(body) > limit_bytes:
                    raise PayloadTooLarge(f"the body exceeds {limit_bytes} bytes")
                if not message.get("more_body", False):
                    return bytes(body)
                patience.reschedule(ends_at + len(body) / MIN_BODY_BYTES_PER_S)
    except TimeoutError as error:
        raise RequestTimeout("the body did not arrive in time") from error


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


def require_caller(scope: Scope, services: Sequence[str]) -> None:
    """Passes when one of these services' certificates is behind the connection.

    Raises:
        Forbidden: any other certificate, or none.
    """
    found = scope.get("extensions", {}).get("altscore.peer", NOBODY)
    caller = found.service if isinstance(found, Peer) else None
    if caller not in services:
        _log.warning("caller refused", extra={"caller": caller or "none", "route": scope["path"]})
        raise Forbidden("this certificate may not call this route")


def allow_callers(*services: str) -> Callable[[Request], None]:
    """Dependency: only these services' certificates may call (require_caller)."""

    def check(request: Request) -> None:
        require_caller(request.scope, services)

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
        refused = kinds.get(error.status_code, InvalidRequest)(headers=error.headers)  # Allow of a 405
        return problem(refused, request_id(request))

    app.add_exception_handler(AltScoreError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


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
        identifier = identify(scope)
        started, status, is_begun = time.perf_counter(), 500, False

        async def answer(message: Message) -> None:
            nonlocal status, is_begun
            if message["type"] == "http.response.start":
                status, is_begun = message["status"], True
                message["headers"] = dressed(message["headers"], identifier)
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except ClientDisconnect:
            status = GONE
        except Exception as error:
            if is_begun:
                raise
            await unexpected(error, scope)(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            observe(self.name, scope["method"], route, status=status, started_s=started)


def identify(scope: Scope) -> str:
    """The id of a request, also put where request_id() finds it: the caller's own where it sent a usable one."""
    sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    identifier = sent if _REQUEST_ID.fullmatch(sent) else new_id("req")
    scope.setdefault("state", {})["request_id"] = identifier
    return identifier


def dressed(headers: Iterable[tuple[bytes, bytes]], identifier: str) -> list[tuple[bytes, bytes]]:
    """A response's headers with those that every response has."""
    whole = list(headers)
    present = {name for name, _ in whole}
    if b"x-request-id" not in present:
        whole.append((b"x-request-id", identifier.encode("latin-1")))
    whole += [pair for pair in SECURITY_HEADERS if pair[0] not in present]
    return whole


def observe(app: str, method: str, route: str, *, status: int, started_s: float) -> None:
    """Counts and times one answered request; `started_s` is of time.perf_counter()."""
    _counter(app, method, route, status).inc()
    _timer(app, route).observe(time.perf_counter() - started_s)


@lru_cache(maxsize=1024)  # labels() costs more than what it finds; routes and statuses are few
def _counter(app: str, method: str, route: str, status: int) -> Counter:
    return _requests.labels(app, method, route, status)


@lru_cache(maxsize=1024)
def _timer(app: str, route: str) -> Histogram:
    return _seconds.labels(app, route)


def unexpected(error: Exception, scope: Scope) -> Response:
    """The reply to a fault of ours: logged whole, told as nothing but a code."""
    _log.error("unexpected error", exc_info=error, extra={"route": scope["path"]})
    return problem(AltScoreError(), scope["state"]["request_id"])


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
    body_timeout_s: float = BODY_S,
    field_codes: Mapping[str, str] | None = None,
) -> FastAPI:
    """A FastAPI application with the house rules applied: strict JSON, problem+json, request ids, no docs routes.

    Args:
        title: name in the OpenAPI document and in metrics.
        version: of the contract.
        max_body_bytes: longest JSON body taken, bytes.
        body_timeout_s: how long a body may take, and a second more for every MIN_BODY_BYTES_PER_S that came.
        field_codes: error code of a field that fails its schema, where the contract names one.
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
    app.state.max_body_bytes = max_body_bytes
    app.state.body_timeout_s = body_timeout_s
    install_error_handlers(app, field_codes)
    app.add_middleware(RequestContext, name=title)
    app.openapi = with_problems(app.openapi)  # type: ignore[method-assign]  # FastAPI's own way to change the document
    return app
