"""POST /v1/score/batch: many single calls in one request, each consent-checked, limited, audited and replayed alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

import asyncpg
import orjson
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, FieldError, InvalidRequest
from altscore_libs.ids import new_id
from altscore_libs.rls import ContextSigner
from starlette.datastructures import Headers
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.audit.service import recorded_purpose
from altscore_score.calls.domain import Actions, Call, CallRecord, Outcome, Refused, Served
from altscore_score.calls.service import AuditedEndpoint, read_request, refused_on_error
from altscore_score.errors import IdempotencyConflict, InvalidRetailerId, problem
from altscore_score.idempotency.domain import IdempotencyKey
from altscore_score.idempotency.service import idempotency_key, request_uuid
from altscore_score.limits.domain import CALLS, Admission
from altscore_score.limits.service import RateLimiter, rate_limited
from altscore_score.score_batches import store
from altscore_score.score_batches.domain import BatchMemory, Plan, plan_batch, remembered
from altscore_score.score_batches.schemas import BatchRequest

ACTIONS = Actions(served="score_batch_requested", refused="score_batch_refused", counts_served=False)
BATCH_S = 120.0  # of a whole batch; each of its calls has the time of a call
AT_ONCE = 16
NAMESPACE = UUID("e153cfce-d770-5eed-8fa3-307d759a2eb8")  # of the URL https://api.altscore.in/v1/score/batch
# An item carries its own request id and body; the outer call's client secret was compared once and is not again.
_NOT_AN_ITEMS = (b"x-request-id", b"x-client-secret", b"content-type", b"content-length")
_QUOTA = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
_QUOTA_NAMES = frozenset(window.name for window in CALLS)
_log = logging.getLogger("altscore.score.batch")


class Item(NamedTuple):
    """One retailer of a batch and the reply that a single call would have had."""

    retailer_id: str
    reply: Response


@dataclass(frozen=True)
class BatchLedger:
    """Remembers under a batch's X-Request-ID what its earlier sendings left.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        clock: for the 24 hours.
    """

    pool: asyncpg.Pool
    signer: ContextSigner
    clock: Clock

    async def recall(self, lender_id: str, key: IdempotencyKey, item_keys: Mapping[UUID, str]) -> BatchMemory:
        """What became of the items so far.

        Raises:
            IdempotencyConflict: another body was sent under this X-Request-ID.
            Unavailable: that cannot be read.
        """
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, lender_id)
            batch = await store.find(connection, lender_id, key.request_id, now=now)
            if batch is None:
                return BatchMemory()
            if batch.body_digest != key.body_digest:
                raise IdempotencyConflict()
            answered = await store.answered_keys(connection, lender_id, list(item_keys), now=now)
        return BatchMemory(frozenset(item_keys[item_key] for item_key in answered), batch.refused, batch.tried)

    async def save(self, lender_id: str, key: IdempotencyKey, memory: BatchMemory) -> None:
        """Keeps what is known of the items.

        Raises:
            IdempotencyConflict: another body was sent under this X-Request-ID meanwhile.
            Unavailable: it cannot be written.
        """
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, lender_id)
            is_ours = await store.save(
                connection,
                lender_id,
                key.request_id,
                body_digest=key.body_digest,
                memory=memory,
                now=self.clock.now(),
            )
        if not is_ours:
            raise IdempotencyConflict()


@dataclass(frozen=True)
class BatchService:
    """Runs the items of all batches of this process, sixteen at a time, so that single calls keep their share.

    Args:
        endpoint: audits the batch as a whole.
        authenticator: of lenders.
        limiter: tells how much quota is left before any item is attempted.
        ledger: of batches with an X-Request-ID.
        score: the single call.
        recheck: finds out without spending whether a single call would be refused again.
    """

    endpoint: AuditedEndpoint
    authenticator: Authenticator
    limiter: RateLimiter
    ledger: BatchLedger
    score: Callable[[Call], Awaitable[Response]]
    recheck: Callable[[Call], Awaitable[Response | None]]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def answer(self, call: Call) -> Response:
        """The audited reply: one result for each retailer, in the order of the request."""
        return await self.endpoint.handle(call, ACTIONS, self._batch, seconds=BATCH_S)

    async def _batch(self, record: CallRecord) -> Outcome:
        request = parse_batch_request(record.call)
        lender = await self.authenticator.authenticate(record.call.headers, source=record.call.source)
        details = {"purpose": recorded_purpose(request.purpose), "items": str(len(request.retailer_ids))}
        known = record._replace(lender_id=lender.lender_id, details=details)
        return await refused_on_error(known, self._answer(known, request, lender.lender_id))

    async def _answer(self, record: CallRecord, request: BatchRequest, lender_id: str) -> Outcome:
        call = record.call
        calls = {retailer_id: single_call(call, request, retailer_id) for retailer_id in request.retailer_ids}
        key = idempotency_key(call.headers, call.body, lender_id=lender_id)
        memory = BatchMemory()
        if key is not None:
            item_keys = {UUID(single.request_id): retailer_id for retailer_id, single in calls.items()}
            memory = await self.ledger.recall(lender_id, key, item_keys)
        plan = plan_batch(request.retailer_ids, memory)
        admission = await self.limiter.admit(lender_id, spends=False)
        record = record._replace(admission=admission)
        if plan.open and admission.remaining == 0:
            return Refused(record, rate_limited(admission))
        if key is not None and plan.open:
            await self.ledger.save(lender_id, key, memory)
        replies, late = await self._run(plan, calls, admission)
        if key is not None and plan.open:
            await self._remember(lender_id, key, remembered(memory, _statuses(replies), late))
        return self._served(record, request, replies=replies, late=late)

    async def _run(
        self, plan: Plan, calls: Mapping[str, Call], admission: Admission
    ) -> tuple[dict[str, Response], set[str]]:
        """The replies by retailer, and the retailers that found no quota."""
        rechecked = await asyncio.gather(*(self._turn(self.recheck, calls[item]) for item in plan.recheck))
        refused = {item: reply for item, reply in zip(plan.recheck, rechecked, strict=True) if reply is not None}
        open_items = [*plan.open, *(item for item in plan.recheck if item not in refused)]
        attempted = [*open_items[: admission.remaining], *plan.replay]
        answers = await asyncio.gather(*(self._turn(self.score, calls[item]) for item in attempted))
        replies = {item: reply for item, reply in zip(attempted, answers, strict=True) if reply is not None}
        late = {item for item, reply in replies.items() if _is_over_quota(reply)} | set(
            open_items[admission.remaining :]
        )
        over_quota = {item: _over_quota(admission, calls[item].request_id) for item in late}
        return {**refused, **replies, **over_quota}, late

    async def _turn(self, work: Callable[[Call], Awaitable[Response | None]], call: Call) -> Response | None:
        async with self.turns:
            try:
                return await work(call)
            except Exception as error:  # noqa: BLE001  # one item's fault must not lose what others disclosed
                _log.error("unexpected error", exc_info=error)
                return problem(AltScoreError(), call.request_id)

    async def _remember(self, lender_id: str, key: IdempotencyKey, memory: BatchMemory) -> None:
        try:
            await self.ledger.save(lender_id, key, memory)
        except AltScoreError as error:  # the items are answered all the same; refusals are paid for once more
            _log.warning("a batch is not remembered", extra={"reason": error.code})

    def _served(
        self, record: CallRecord, request: BatchRequest, *, replies: Mapping[str, Response], late: Collection[str]
    ) -> Served:
        items = [Item(retailer_id, replies[retailer_id]) for retailer_id in request.retailer_ids]
        served = sum(item.reply.status_code == 200 for item in items)
        counts = {"served": str(served), "over_quota": str(len(late))}
        quota = _quota(items)  # of the items, where they counted
        return Served(
            record=record._replace(admission=None if quota else record.admission, details={**record.details, **counts}),
            body=render_batch(items),
            outcome="served",
            headers={
                "Content-Language": record.call.language,
                **quota,
            },
        )


def _statuses(replies: Mapping[str, Response]) -> dict[str, int]:
    return {retailer_id: reply.status_code for retailer_id, reply in replies.items()}


def _is_over_quota(reply: Response) -> bool:
    return reply.status_code == 429 and orjson.loads(bytes(reply.body)).get("limit") in _QUOTA_NAMES


def _over_quota(admission: Admission, request_id: str) -> Response:
    """The 429 of an item that was not attempted: it tells when the batch's own calls have left the window."""
    wait_s = CALLS[0].length_s + 1 if admission.limit_name == CALLS[0].name else admission.retry_after_s
    return problem(rate_limited(replace(admission, retry_after_s=wait_s)), request_id)


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
    return Call(
        headers=Headers(raw=raw),
        body=body,
        source=batch.source,
        request_id=request_id,
        language=batch.language,
        is_batch_item=True,
    )


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
        request = read_request(call, BatchRequest)
    except InvalidRequest as refusal:
        if any(field.field.startswith("retailer_ids.") for field in refusal.errors):
            raise InvalidRetailerId(refusal.detail, errors=refusal.errors) from None
        raise
    if len(set(request.retailer_ids)) != len(request.retailer_ids):
        raise InvalidRequest("the request does not match the schema", errors=[FieldError("retailer_ids", "repeated")])
    return request
