"""What all lenders' endpoints share: strict parsing, admission, and an audit entry before the reply leaves."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TypeVar

from altscore_libs import strictjson
from altscore_libs.clock import Clock
from altscore_libs.deadlines import call_ends_within
from altscore_libs.errors import (
    AltScoreError,
    FieldError,
    InvalidRequest,
    RateLimited,
    Unavailable,
    UnsupportedMediaType,
)
from altscore_libs.web import DEFAULT_BODY_BYTES, read_body, request_id
from prometheus_client import Histogram
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.access.failed_auth import FailedAuthAudit
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.calls.domain import Actions, Call, CallRecord, Language, NotedCall, Outcome, Refused
from altscore_score.errors import InvalidRetailerId, TokenError, problem
from altscore_score.idempotency.domain import DUPLICATE_REQUEST, DuplicateRequest
from altscore_score.limits.domain import CALLS
from altscore_score.limits.service import RateLimiter, rate_limited

ONCE_ONLY = frozenset({b"authorization", b"x-client-id", b"x-request-id", b"x-client-secret", b"content-type"})
HTTP_FAULTS = 500
_MOST_ATTEMPTS = 3
_QUOTAS = frozenset(window.name for window in CALLS)
_Model = TypeVar("_Model", bound=BaseModel)
_seconds = Histogram("altscore_score_call_seconds", "Lenders' calls until the reply is ready.", ["action", "status"])


class AuditedEndpoint:
    """Wraps the work of one endpoint in what all lenders' endpoints share.

    Args:
        authenticator: of lenders.
        limiter: counts their calls.
        audit: takes the audit entry before the reply leaves.
        failures: takes failed authentications.
        noted: takes every call that was answered, for lenders' dashboards.
        clock: says when.
        call_s: for all the waits of a call together, seconds.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        limiter: RateLimiter,
        audit: AuditWriter,
        *,
        failures: FailedAuthAudit,
        noted: deque[NotedCall],
        clock: Clock,
        call_s: float,
    ) -> None:
        self._authenticator = authenticator
        self._limiter = limiter
        self._audit = audit
        self._failures = failures
        self._noted = noted
        self._clock = clock
        self._call_s = call_s

    async def handle(
        self,
        call: Call,
        actions: Actions,
        work: Callable[[CallRecord], Awaitable[Outcome]],
        *,
        seconds: float | None = None,
    ) -> Response:
        """The audited reply of a call that stores no reply for replays.

        Args:
            call: as it came.
            actions: audit actions of the endpoint.
            work: of the endpoint.
            seconds: for all the waits of the call together; None for as long as other calls.
        """
        record = CallRecord(call, time.perf_counter())
        with call_ends_within(self._call_s if seconds is None else seconds) as ends_at_s:
            outcome = await refused_on_error(record, self._checked(record, work, ends_at_s))
            reply = await self.reply(outcome, actions)
            if isinstance(reply, DuplicateRequest):  # only of an endpoint that stores replies
                reply = await self._refuse_busy(record, actions)
        _observe(actions, reply, record.started_s)
        return reply

    async def handle_idempotent(
        self,
        call: Call,
        actions: Actions,
        *,
        model: type[_Model],
        attempt: Callable[[CallRecord, _Model], Awaitable[Response | DuplicateRequest]],
    ) -> Response:
        """The audited reply of a call that stores its reply.

        A call whose X-Request-ID turns out to be answered already is attempted again as a replay.

        Args:
            call: as it came.
            actions: audit actions of the endpoint.
            model: of the body.
            attempt: the whole work with the reply by reply(); the record says whether another call was first.
        """
        record = CallRecord(call, time.perf_counter())
        with call_ends_within(self._call_s):
            try:
                request = read_request(call, model)
            except AltScoreError as error:
                reply = await self._refuse(Refused(record, error), actions)
            else:
                reply = await self._attempted(record, request, actions, attempt=attempt)
        _observe(actions, reply, record.started_s)
        return reply

    async def _attempted(
        self,
        record: CallRecord,
        request: _Model,
        actions: Actions,
        *,
        attempt: Callable[[CallRecord, _Model], Awaitable[Response | DuplicateRequest]],
    ) -> Response:
        for _ in range(_MOST_ATTEMPTS):
            reply = await attempt(record, request)
            if not isinstance(reply, DuplicateRequest):
                return reply
            record = record._replace(is_duplicate=True)
        return await self._refuse_busy(record, actions)

    async def _checked(
        self, record: CallRecord, work: Callable[[CallRecord], Awaitable[Outcome]], ends_at_s: float
    ) -> Outcome:
        _refuse_doubled_headers(record.call.headers)
        try:
            async with asyncio.timeout_at(ends_at_s):
                return await work(record)
        except TimeoutError as error:
            raise Unavailable("the call has no time left") from error

    async def admit(self, record: CallRecord, lender_id: str, *, spends: bool = True) -> CallRecord | Refused:
        """Counts a call that discloses no score; the record with the admission, or the refusal."""
        admission = await self._limiter.admit(lender_id, spends=spends)
        admitted = record._replace(admission=admission)
        return admitted if admission.is_admitted else Refused(admitted, rate_limited(admission))

    async def reply(self, outcome: Outcome, actions: Actions) -> Response | DuplicateRequest:
        """Writes the audit entry and gives the reply; the signal when the call's X-Request-ID was answered meanwhile.

        Without a durable entry the reply is a 503.
        """
        if isinstance(outcome, Refused):
            return await self._refuse(outcome, actions)
        record = outcome.record
        try:
            is_written = await self._audit.write(
                _entry(record, actions.served, outcome.outcome), new_reply=outcome.new_reply
            )
        except Unavailable as unwritten:
            return _problem(record, unwritten)
        if not is_written:
            return DUPLICATE_REQUEST
        if record.lender_id is not None and actions.counts_served:
            self._noted.append(NotedCall(record.lender_id, self._clock.now()))
        return Response(outcome.body, 200, {**_limit_headers(record), **outcome.headers}, "application/json")

    async def _refuse_busy(self, record: CallRecord, actions: Actions) -> Response:
        return await self._refuse(Refused(record, Unavailable("the same X-Request-ID is being answered")), actions)

    async def _refuse(self, refusal: Refused, actions: Actions) -> Response:
        """The problem of a refusal, after its audit entry."""
        record = refusal.record
        if isinstance(refusal.error, TokenError):
            return await self._refuse_unauthenticated(record, refusal.error)
        if record.call.is_batch_item and isinstance(refusal.error, RateLimited) and refusal.error.limit in _QUOTAS:
            return _problem(record, refusal.error)
        if record.lender_id is None:  # refused before the token was read: is it somebody's call?
            try:
                lender = await self._authenticator.authenticate(record.call.headers, source=record.call.source)
            except AltScoreError:
                return _problem(record, refusal.error)
            record = record._replace(lender_id=lender.lender_id)
        error = refusal.error
        if record.lender_id is not None and record.admission is None:  # a malformed call is a call
            counted = await self.admit(record, record.lender_id, spends=error.status < HTTP_FAULTS)
            record, error = (counted.record, counted.error) if isinstance(counted, Refused) else (counted, error)
        entry = _entry(record, actions.refused, "refused", reason=error.code)
        try:
            await self._audit.write(entry, refusal.extra_write)
        except Unavailable as unwritten:
            return _problem(record, unwritten)
        if record.lender_id is not None:
            self._noted.append(NotedCall(record.lender_id, self._clock.now(), error.code))
        return _problem(record, error)

    async def _refuse_unauthenticated(self, record: CallRecord, error: TokenError) -> Response:
        claimed = record.call.headers.get("x-client-id", "")
        actor = claimed if self._authenticator.is_client(claimed) else "unknown"
        known = record.with_details(error=error.reason)
        entry = _entry(known, "failed_auth", "refused", reason=error.code, actor=actor)
        try:
            await self._failures.write(entry, source=record.call.source)
        except Unavailable as unwritten:
            return _problem(record, unwritten)
        return _problem(record, error)


async def refused_on_error(record: CallRecord, work: Awaitable[Outcome]) -> Outcome:
    """The outcome of a step; its public errors become refusals of what the record says."""
    try:
        return await work
    except AltScoreError as error:
        return Refused(record, error)


def _observe(actions: Actions, reply: Response, started_s: float) -> None:
    _seconds_of(actions.served, reply.status_code).observe(time.perf_counter() - started_s)


@lru_cache(maxsize=256)  # labels() costs more than what it finds
def _seconds_of(action: str, status: int) -> Histogram:
    return _seconds.labels(action, status)


def _limit_headers(record: CallRecord) -> dict[str, str]:
    return record.admission.headers() if record.admission is not None else {}


def _problem(record: CallRecord, error: AltScoreError) -> Response:
    reply = problem(error, record.call.request_id)
    for name, value in _limit_headers(record).items():
        reply.headers.setdefault(name, value)  # an error may tell of another limit
    return reply


def _entry(
    record: CallRecord, action: str, outcome: str, *, reason: str | None = None, actor: str | None = None
) -> AuditEntry:
    return AuditEntry(
        action=action,
        actor=actor or record.lender_id or "unknown",
        outcome=outcome,
        subject=record.retailer_id,
        reason=reason,
        details={
            "request_id": record.call.request_id,
            "request_ip": record.call.source,
            "latency_ms": f"{(time.perf_counter() - record.started_s) * 1000:.1f}",
            **record.details,
        },
    )


async def call_of(request: Request, *, with_body: bool = True) -> Call:
    """A request as the services take it."""
    body = await read_body(request, DEFAULT_BODY_BYTES) if with_body else b""
    source = request.client.host if request.client is not None else "unknown"
    return Call(
        headers=request.headers,
        body=body,
        source=source,
        request_id=request_id(request),
        language=_language_of(request.headers.get("accept-language", "")),
    )


def _language_of(header: str) -> Language:
    """The preferred of English and Hindi in an Accept-Language header; English where it says nothing usable."""
    if not header:
        return "en"
    best: tuple[float, Language] = (0.0, "en")
    for part in header.lower().split(",")[:16]:
        tag, _, quality = part.strip().partition(";q=")
        name = tag.split("-")[0]
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if name in ("en", "hi") and best[0] < weight <= 1.0:
            best = (weight, "hi" if name == "hi" else "en")
    return best[1]


def read_request(call: Call, model: type[_Model]) -> _Model:
    """The body of a call as its model.

    Raises:
        UnsupportedMediaType: not declared as JSON.
        InvalidRetailerId: the retailer's id has another form.
        InvalidRequest: a header came twice, the body is not strict JSON or breaks the schema.
    """
    _refuse_doubled_headers(call.headers)
    return validated(model, _parse_json(call))


def _refuse_doubled_headers(headers: Headers) -> None:
    """Two values of one of these could be read differently by two parsers."""
    present = set()
    for name, _ in headers.raw:
        if name in ONCE_ONLY:
            if name in present:
                raise InvalidRequest(f"{name.decode()} came more than once")
            present.add(name)


def _parse_json(call: Call) -> object:
    if call.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType("the body must be declared as application/json")
    return strictjson.loads(call.body)


def validated(model: type[_Model], data: object) -> _Model:
    """What a caller sent, as its model.

    Raises:
        InvalidRetailerId: the retailer's id has another form.
        InvalidRequest: anything else that breaks the schema; the input is never part of the message.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _refusal_of(error) from None


def _refusal_of(error: ValidationError) -> InvalidRequest:
    fields = [
        FieldError(
            "body" if fault["type"] == "extra_forbidden" else ".".join(map(str, fault["loc"])) or "body", fault["type"]
        )
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    is_bad_id = any(field.field == "retailer_id" and field.reason != "missing" for field in fields)
    error_class = InvalidRetailerId if is_bad_id else InvalidRequest
    return error_class("the request does not match the schema", errors=fields)
