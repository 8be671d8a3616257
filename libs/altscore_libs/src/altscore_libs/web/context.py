"""What every request gets: an id, its trace and log context, default headers, metrics, and its access line."""

import logging
import re
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from altscore_libs import logs, tracing
from altscore_libs.errors import AltScoreError
from altscore_libs.ids import new_id
from altscore_libs.problem import SECURITY_HEADERS
from altscore_libs.trace_context import Parent, new_trace_id, parse, parse_links
from altscore_libs.web import access_log
from altscore_libs.web.problems import problem
from altscore_libs.web.routing import peer_of_scope

CLIENT_CLOSED_REQUEST = 499  # in metrics alone: the caller left before the answer
_HEX = "[0-9a-fA-F]"
_DASHED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID = re.compile(
    rf"(?:urn:uuid:)?(?P<dashed>{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})"
    rf"|\{{(?P<braced>{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})\}}|(?P<plain>{_HEX}{{32}})",
    re.IGNORECASE,
)
_OWN_ID = re.compile(r"req_[0-9a-f]{32}")
_log = logging.getLogger("altscore.web")
_requests = Counter("altscore_http_requests_total", "Requests answered.", ["app", "method", "route", "status"])
# The targets of the specification are bounds of buckets: 50, 100, 200, 300, 400 and 500 ms, 2, 3, 30 and 90 s.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 2, 3, 5, 10, 30, 90)
_seconds = Histogram(
    "altscore_http_request_seconds", "Time to the last byte, seconds.", ["app", "route"], buckets=_BUCKETS
)


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
        ids = assign_ids(scope)
        scope_of_trace = tracing.request(ids.trace_id, ids.parent, is_from_us=ids.is_from_us, links=ids.links)
        with logs.bound(request_id=ids.request_id, trace_id=ids.trace_id), scope_of_trace as trace:
            started_s, status, is_begun = time.perf_counter(), 500, False

            async def answer(message: Message) -> None:
                nonlocal status, is_begun
                if message["type"] == "http.response.start":
                    status, is_begun = message["status"], True
                    message["headers"] = with_default_headers(message["headers"], ids.request_id)
                    await send(message)
                    status = message["status"]  # a layer outside may have replaced the reply
                else:
                    await send(message)

            try:
                await self.app(scope, receive, answer)
            except ClientDisconnect:
                status = CLIENT_CLOSED_REQUEST
            except Exception as error:
                if is_begun:
                    raise
                await internal_error_response(error, scope)(scope, receive, answer)
            finally:
                route = _route_of(scope)
                seconds = observe(self.name, scope["method"], route, status=status, started_s=started_s)
                access_log.write(scope, status=status, seconds=seconds, trace_id=ids.trace_id, links=ids.links)
                if trace is not tracing.NOTHING:
                    _describe(trace, scope, ids, status=status)


def _describe(trace: tracing.Scope, scope: Scope, ids: "RequestIds", *, status: int) -> None:
    """Names the span of a request; OpenTelemetry's names of HTTP attributes."""
    method, route = access_log.method_of(scope), _route_of(scope)
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
        "altscore.request_id": ids.request_id,
    }
    if (caller := peer_of_scope(scope).service) is not None:
        attributes["altscore.peer"] = caller
    trace.describe(f"{method} {route}", attributes)
    if status >= access_log.FAULT:
        trace.failed(str(scope["state"].get("problem_code", status)))


def _route_of(scope: Scope) -> str:
    """The route's pattern; the path itself is the caller's text and is kept nowhere (decision 100)."""
    return getattr(scope.get("route"), "path", "none")


class RequestIds(NamedTuple):
    """The ids of a request."""

    request_id: str
    trace_id: str
    parent: Parent | None
    is_from_us: bool
    links: tuple[Parent, ...]


def assign_ids(scope: Scope) -> RequestIds:
    """The id of a request, also put where request_id() finds it, and its trace id.

    A UUID sent as X-Request-ID, in any spelling of RFC 9562, is kept in its dashed lower-case form. Our own services
    may also pass on an id that one of them made. Anything else is replaced by an id of our own and kept nowhere
    (decision 100). The trace id is that of a W3C traceparent header, else the hexadecimal digits of the request's id.
    """
    sent = traceparent = links = b""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            sent = sent or value
        elif name == b"traceparent":
            traceparent = traceparent or value
        elif name == b"x-trace-links":
            links = links or value
    identifier = (_usable(sent.decode("latin-1"), scope) if sent else None) or new_id("req")
    scope.setdefault("state", {})["request_id"] = identifier
    parent = parse(traceparent.decode("latin-1")) if traceparent else None
    is_from_us = peer_of_scope(scope).service is not None
    return RequestIds(
        identifier,
        trace_id=parent.trace_id if parent is not None else _trace_id_of(identifier),
        parent=parent,
        is_from_us=is_from_us,
        links=parse_links(links.decode("latin-1")) if links and is_from_us else (),
    )


def _trace_id_of(identifier: str) -> str:
    trace_id = identifier.removeprefix("req_").replace("-", "")
    return trace_id if trace_id.strip("0") else new_trace_id()  # W3C has no trace of zeros


def _usable(sent: str, scope: Scope) -> str | None:
    if _DASHED.fullmatch(sent):
        return sent
    sent_uuid = uuid_of(sent)
    if sent_uuid is not None:
        return str(sent_uuid)
    if _OWN_ID.fullmatch(sent) and peer_of_scope(scope).service is not None:
        return sent
    return None


def uuid_of(text: str) -> UUID | None:
    """The UUID that a text spells in one of the ways of RFC 9562; None for any other text."""
    spelling = _UUID.fullmatch(text)
    return UUID(next(filter(None, spelling.groups()))) if spelling is not None else None


def request_id(request: Request) -> str:
    """The id of this request: a UUID that the caller sent, else one of our own (assign_ids)."""
    return str(request.state.request_id)


def with_default_headers(headers: Iterable[tuple[bytes, bytes]], identifier: str) -> list[tuple[bytes, bytes]]:
    """A response's headers with those that every response has."""
    complete = list(headers)
    present = {name for name, _ in complete}
    if b"x-request-id" not in present:
        complete.append((b"x-request-id", identifier.encode("latin-1")))
    complete += [pair for pair in SECURITY_HEADERS if pair[0] not in present]
    return complete


def observe(app: str, method: str, route: str, *, status: int, started_s: float) -> float:
    """Counts and times one answered request; returns how long it took, seconds.

    `started_s` is of time.perf_counter().
    """
    _counter(app, method, route, status).inc()
    seconds = time.perf_counter() - started_s
    _timer(app, route).observe(seconds)
    return seconds


@lru_cache(maxsize=1024)  # labels() costs more than the lookup; routes and statuses are few
def _counter(app: str, method: str, route: str, status: int) -> Counter:
    return _requests.labels(app, method, route, status)


@lru_cache(maxsize=1024)
def _timer(app: str, route: str) -> Histogram:
    return _seconds.labels(app, route)


def internal_error_response(error: Exception, scope: Scope) -> Response:
    """The reply to a fault of ours: logged completely, told as nothing but a code."""
    _log.error("unexpected error", exc_info=error, extra={"route": _route_of(scope)})
    types = getattr(getattr(scope.get("app"), "state", None), "problem_types", None)
    return problem(AltScoreError(), scope["state"]["request_id"], types=types)
