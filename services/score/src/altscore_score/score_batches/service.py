"""POST /v1/score/batch: many single calls in one request, each consent-checked, limited, audited and replayed alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

import orjson
from altscore_libs.errors import AltScoreError, FieldError, InvalidRequest
from altscore_libs.ids import new_id
from starlette.datastructures import Headers
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.audit.domain import recorded_purpose
from altscore_score.calls.domain import Actions, Call, CallRecord, Outcome, Served
from altscore_score.calls.service import AuditedEndpoint, parse_json, validated
from altscore_score.errors import InvalidRetailerId, problem
from altscore_score.idempotency.service import request_uuid
from altscore_score.score_batches.schemas import BatchRequest
from altscore_score.scores.domain import language_of

ACTIONS = Actions(served="score_batch_requested", refused="score_batch_refused")
AT_ONCE = 16
NAMESPACE = UUID("e153cfce-d770-5eed-8fa3-307d759a2eb8")  # of the URL https://api.altscore.in/v1/score/batch
# An item carries its own request id and body; the outer call's client secret was compared once and is not again.
_NOT_AN_ITEMS = (b"x-request-id", b"x-client-secret", b"content-type", b"content-length")
_QUOTA = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
_log = logging.getLogger("altscore.score.batch")


class Item(NamedTuple):
    """One retailer of a batch and the reply that a single call would have had."""

    retailer_id: str
    reply: Response


@dataclass(frozen=True)
class BatchService:
    """Runs the items of all batches of this process, sixteen at a time, so that single calls keep their share."""

    endpoint: AuditedEndpoint
    authenticator: Authenticator
    score: Callable[[Call], Awaitable[Response]]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def answer(self, call: Call) -> Response:
        """The audited reply: one result for each retailer, in the order of the request."""
        return await self.endpoint.handle(call, ACTIONS, self._batch)

    async def _batch(self, record: CallRecord) -> Outcome:
        call = record.call
        request = parse_batch_request(call)
        lender = await self.authenticator.authenticate(call.headers, source=call.source)
        replies = await asyncio.gather(
            *(self._item(call, request, retailer_id) for retailer_id in request.retailer_ids)
        )
        items = [Item(*pair) for pair in zip(request.retailer_ids, replies, strict=True)]
        served = sum(item.reply.status_code == 200 for item in items)
        language = language_of(call.headers.get("accept-language", ""))
        known = record._replace(
            lender_id=lender.lender_id,
            details={"purpose": recorded_purpose(request.purpose), "items": str(len(items)), "served": str(served)},
        )
        return Served(
            record=known,
            body=render_batch(items),
            outcome="served",
            headers={"Content-Language": language, **_quota(items)},
        )

    async def _item(self, call: Call, request: BatchRequest, retailer_id: str) -> Response:
        single = single_call(call, request, retailer_id)
        async with self.turns:
            try:
                return await self.score(single)
            except Exception as error:  # noqa: BLE001  # one item's fault must not lose what others disclosed
                _log.error("unexpected error", exc_info=error, extra={"retailer_id": retailer_id})
                return problem(AltScoreError(), single.request_id)


def single_call(call: Call, request: BatchRequest, retailer_id: str) -> Call:
    """The call of POST /v1/score that an item stands for.

    Its X-Request-ID follows from the batch's, where that is a UUID: a batch sent again replays item by item.
    """
    raw = [pair for pair in call.headers.raw if pair[0] not in _NOT_AN_ITEMS]
    raw.append((b"content-type", b"application/json"))
    key = request_uuid(call.headers)
    if key is None:
        return _call(call, raw=raw, body=_body(request, retailer_id), request_id=new_id("req"))
    own = str(uuid5(NAMESPACE, f"{key}{retailer_id}"))
    raw.append((b"x-request-id", own.encode()))
    return _call(call, raw=raw, body=_body(request, retailer_id), request_id=own)


def _call(batch: Call, *, raw: list[tuple[bytes, bytes]], body: bytes, request_id: str) -> Call:
    return Call(headers=Headers(raw=raw), body=body, source=batch.source, request_id=request_id)


def _body(request: BatchRequest, retailer_id: str) -> bytes:
    body = orjson.dumps({"retailer_id": retailer_id, "purpose": request.purpose})
    if request.requested_limit_inr is None:
        return body
    return body[:-1] + b',"requested_limit_inr":' + _plain(request.requested_limit_inr).encode() + b"}"


def _plain(amount_inr: Decimal) -> str:
    whole = amount_inr.to_integral_value()
    return f"{whole:f}" if whole == amount_inr else f"{amount_inr:.2f}"


def render_batch(items: list[Item]) -> bytes:
    """The body of a 200; each score or problem is embedded byte for byte."""
    return b'{"results":[' + b",".join(map(_render, items)) + b"]}"


def _render(item: Item) -> bytes:
    head: dict[str, str | int] = {"retailer_id": item.retailer_id, "status": item.reply.status_code}
    if (wait := item.reply.headers.get("retry-after")) is not None:
        head["retry_after_s"] = int(wait)
    name = b"score" if item.reply.status_code == 200 else b"problem"
    return orjson.dumps(head)[:-1] + b',"' + name + b'":' + bytes(item.reply.body) + b"}"


def _quota(items: list[Item]) -> dict[str, str]:
    """The X-RateLimit headers of the item that found least left."""
    known = [item.reply.headers for item in items if _QUOTA[0] in item.reply.headers]
    if not known:
        return {}
    least = min(known, key=lambda headers: int(headers["x-ratelimit-remaining"]))
    return {name: least[name] for name in _QUOTA}


def parse_batch_request(call: Call) -> BatchRequest:
    """What a batch asks for.

    Raises:
        InvalidRetailerId: an id has another form.
        InvalidRequest: anything else that breaks the schema, or an id that stands there twice.
    """
    try:
        request = validated(BatchRequest, parse_json(call))
    except InvalidRequest as refusal:
        if any(field.field.startswith("retailer_ids.") for field in refusal.errors):
            raise InvalidRetailerId(refusal.detail, errors=refusal.errors) from None
        raise
    if len(set(request.retailer_ids)) != len(request.retailer_ids):
        raise InvalidRequest("the request does not match the schema", errors=[FieldError("retailer_ids", "repeated")])
    return request
