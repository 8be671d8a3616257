"""What every request gets: an id, its log context, default headers on the response, and its metrics."""

import logging
import re
import time
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from altscore_libs import logs
from altscore_libs.errors import AltScoreError
from altscore_libs.ids import new_id
from altscore_libs.problem import SECURITY_HEADERS
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
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
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
        identifier, trace_id = assign_ids(scope)
        with logs.bound(request_id=identifier, trace_id=trace_id):
            started, status, is_begun = time.perf_counter(), 500, False

            async def answer(message: Message) -> None:
                nonlocal status, is_begun
                if message["type"] == "http.response.start":
                    status, is_begun = message["status"], True
                    message["headers"] = with_default_headers(message["headers"], identifier)
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
                observe(self.name, scope["method"], _route_of(scope), status=status, started_s=started)


def _route_of(scope: Scope) -> str:
    """The route's pattern; the path itself is the caller's text and is kept nowhere (decision 100)."""
    return getattr(scope.get("route"), "path", "none")


def assign_ids(scope: Scope) -> tuple[str, str]:
    """The id of a request, also put where request_id() finds it, and its trace id.

    A UUID sent as X-Request-ID, in any spelling of RFC 9562, is kept in its dashed lower-case form. Our own services
    may also pass on an id that one of them made. Anything else is replaced by an id of our own and kept nowhere
    (decision 100). The trace id is that of a W3C traceparent header, else the hexadecimal digits of the request's id.
    """
    sent = traceparent = b""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            sent = sent or value
        elif name == b"traceparent":
            traceparent = traceparent or value
    identifier = _usable(sent.decode("latin-1"), scope) or new_id("req")
    scope.setdefault("state", {})["request_id"] = identifier
    parent = _TRACEPARENT.fullmatch(traceparent.decode("latin-1")) if traceparent else None
    return identifier, parent.group(1) if parent is not None else identifier.removeprefix("req_").replace("-", "")


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


def observe(app: str, method: str, route: str, *, status: int, started_s: float) -> None:
    """Counts and times one answered request; `started_s` is of time.perf_counter()."""
    _counter(app, method, route, status).inc()
    _timer(app, route).observe(time.perf_counter() - started_s)


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
