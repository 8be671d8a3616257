"""What all lenders' endpoints share: refuse strangers, audit before the reply leaves, give back what was not used."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeVar
from uuid import UUID

from altscore_libs import strictjson
from altscore_libs.errors import (
    AltScoreError,
    FieldError,
    InvalidRequest,
    RateLimited,
    Unavailable,
    UnsupportedMediaType,
)
from altscore_libs.web import problem
from prometheus_client import Histogram
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator, refuse_doubled_headers
from altscore_score.audit.service import AuditEntry, AuditWriter, ExtraWrite, IdempotentReply, Raced
from altscore_score.errors import InvalidRetailerId, RetailerNotScored, TokenError
from altscore_score.limits.domain import Admission
from altscore_score.limits.service import Gate

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LENDER = re.compile(r"(test_)?lender_[a-z0-9_]{1,48}")
_TRIES = 3
_Model = TypeVar("_Model", bound=BaseModel)
_seconds = Histogram("altscore_score_call_seconds", "Lenders' calls until the reply is ready.", ["action", "status"])


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came, whatever framework took it."""

    headers: Headers
    body: bytes
    source: str
    request_id: str

    def key(self) -> UUID | None:
        """The idempotency key: an X-Request-ID that is a UUID."""
        sent = self.headers.get("x-request-id", "")
        return UUID(sent) if _UUID.fullmatch(sent) else None


@dataclass(slots=True)
class Trace:
    """What became known while a call was served; the audit entry is made of it."""

    call: Call
    nonce: str = field(default_factory=lambda: secrets.token_hex(12))
    started_s: float = field(default_factory=time.perf_counter)
    lender_id: str | None = None
    retailer_id: str | None = None
    admission: Admission | None = None
    details: dict[str, str] = field(default_factory=dict)
    also: ExtraWrite | None = None
    kept: IdempotentReply | None = None
    is_again: bool = False
    """The first try found that this X-Request-ID may have been answered; kept replies are read first now."""


class Answer(NamedTuple):
    """A good reply."""

    body: bytes
    outcome: str
    headers: dict[str, str]
    after: Callable[[], None] | None = None
    """Done once the audit entry is durable; waits for nothing and cannot fail."""


Work = Callable[[Trace], Awaitable[Answer]]


class AuditedEndpoint:
    """Wraps the work of one endpoint in what all lenders' endpoints share.

    Args:
        authenticator: of lenders.
        gate: holds reserved disclosures.
        audit_writer: takes the audit entry before the reply leaves.
    """

    def __init__(self, authenticator: Authenticator, gate: Gate, audit_writer: AuditWriter) -> None:
        self._authenticator = authenticator
        self._gate = gate
        self._journal = audit_writer

    async def handle(self, call: Call, work: Work, *, served: str, refused: str) -> Response:
        """The audited reply of one call.

        Args:
            call: as it came.
            work: of the endpoint; sets the trace's lender once he is proven.
            served: audit action of a good reply.
            refused: audit action of any other.
        """
        trace = Trace(call)
        for _ in range(_TRIES):
            try:
                reply = await self._answer(trace, work, served=served, refused=refused)
                break
            except Raced:
                await self._give_back(trace, call_too=True)
                trace = Trace(call, started_s=trace.started_s, is_again=True)
        else:
            reply = await self._refuse(trace, Unavailable("the same X-Request-ID is being answered"), refused)
        _seconds_of(served, reply.status_code).observe(time.perf_counter() - trace.started_s)
        return reply

    async def count(self, trace: Trace, lender_id: str, *, spends: bool = True) -> None:
        """Counts a call that discloses no score.

        Raises:
            RateLimited: it is over one of the lender's limits.
        """
        trace.admission = await self._gate.admit(lender_id, None, nonce=trace.nonce, spends=spends)
        if not trace.admission.is_admitted:
            raise limited(trace.admission)

    async def _answer(self, trace: Trace, work: Work, *, served: str, refused: str) -> Response:
        try:
            refuse_doubled_headers(trace.call.headers)
            answer = await work(trace)
        except TokenError as error:
            return await self._refuse_stranger(trace, error)
        except AltScoreError as error:
            await self._give_back(trace)
            return await self._refuse(trace, error, refused)
        try:
            await self._journal.write(_entry(trace, served, answer.outcome, None), trace.also, kept=trace.kept)
        except Unavailable as unwritten:
            await self._give_back(trace)
            return self._problem(trace, unwritten)
        if answer.after is not None:
            answer.after()
        return Response(answer.body, 200, {**_limits(trace), **answer.headers}, "application/json")

    async def _refuse(self, trace: Trace, error: AltScoreError, action: str) -> Response:
        if trace.lender_id is None:  # refused before the token was read: is it somebody's call?
            try:
                trace.lender_id = await self._authenticator.lender(trace.call.headers)
            except AltScoreError:
                return self._problem(trace, error)
        also = trace.also if isinstance(error, RetailerNotScored) else None
        try:
            await self._journal.write(_entry(trace, action, "refused", error.code), also)
        except Unavailable as unwritten:
            return self._problem(trace, unwritten)
        return self._problem(trace, error)

    async def _refuse_stranger(self, trace: Trace, error: TokenError) -> Response:
        claimed = trace.call.headers.get("x-client-id", "")
        actor = claimed if _LENDER.fullmatch(claimed) else "unknown"
        trace.details["error"] = error.reason
        try:
            await self._journal.write(_entry(trace, "failed_auth", "refused", error.code, actor=actor))
        except Unavailable as unwritten:
            return self._problem(trace, unwritten)
        return self._problem(trace, error)

    async def _give_back(self, trace: Trace, *, call_too: bool = False) -> None:
        admission = trace.admission
        if admission is None or trace.lender_id is None or trace.retailer_id is None:
            return
        if admission.may_disclose or call_too:
            await self._gate.release(
                trace.lender_id,
                trace.retailer_id,
                nonce=trace.nonce,
                counted_at_us=admission.counted_at_us,
                call_too=call_too,
            )

    def _problem(self, trace: Trace, error: AltScoreError) -> Response:
        reply = problem(error, trace.call.request_id)
        reply.headers.update(_limits(trace))
        return reply


@lru_cache(maxsize=256)  # labels() costs more than what it finds
def _seconds_of(action: str, status: int) -> Histogram:
    return _seconds.labels(action, status)


def _limits(trace: Trace) -> dict[str, str]:
    return trace.admission.headers() if trace.admission is not None else {}


def _entry(trace: Trace, action: str, outcome: str, reason: str | None, *, actor: str | None = None) -> AuditEntry:
    details = {
        "request_id": trace.call.request_id,
        "request_ip": trace.call.source,
        "latency_ms": f"{(time.perf_counter() - trace.started_s) * 1000:.1f}",
        **trace.details,
    }
    return AuditEntry(action, actor or trace.lender_id or "unknown", outcome, trace.retailer_id, reason, details)


def limited(admission: Admission) -> RateLimited:
    """The refusal of a call over its limit."""
    detail = f"{admission.limit} calls are allowed in this window"
    return RateLimited(detail, headers={"Retry-After": str(admission.retry_after_s)})


def parse_json(call: Call) -> object:
    """The body of a call.

    Raises:
        UnsupportedMediaType, InvalidRequest: not declared as JSON, or not strict JSON.
    """
    if call.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType("the body must be declared as application/json")
    return strictjson.loads(call.body)


def fitting(model: type[_Model], given: object) -> _Model:
    """What a caller sent, as its model.

    Raises:
        InvalidRetailerId: the retailer's id has another form.
        InvalidRequest: anything else that breaks the schema; the input is never part of the message.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal_of(error) from None


def _refusal_of(error: ValidationError) -> InvalidRequest:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    fields = [
        FieldError(
            "body" if one["type"] == "extra_forbidden" else ".".join(map(str, one["loc"])) or "body", one["type"]
        )
        for one in found
    ]
    is_bad_id = any(one.field == "retailer_id" and one.reason != "missing" for one in fields)
    kind = InvalidRetailerId if is_bad_id else InvalidRequest
    return kind("the request does not match the schema", errors=fields)
