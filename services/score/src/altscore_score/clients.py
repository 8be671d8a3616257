"""Calls to consent and to the vault, and the cache of consent answers (2 s; up to 60 s while consent is down)."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient
from prometheus_client import Counter

from altscore_score.platform.micro_batching import MicroBatcher
from altscore_score.scores.domain import (
    CONSENT_FRESH_S,
    CONSENT_STALE_S,
    ConsentAnswer,
    ConsentKey,
    Decision,
    decide,
)

MAX_REMEMBERED = 10_000  # a minute at twice the specification's ceiling
CHECK, CHECK_MANY = "/v1/consent/check", "/internal/consents/check-many"
MOST_CHECKS = 64
REQUESTS_AT_ONCE = 8
_Reply = TypeVar("_Reply", bound=msgspec.Struct)
_checks = Counter("altscore_score_consent_checks_total", "Consent decisions by their source.", ["source"])
_checks_of = {source: _checks.labels(source) for source in ("asked", "fresh", "stale", "unavailable")}


class _CheckReply(msgspec.Struct):
    consented: bool
    consent_id: str | None = None
    expires_at: datetime | None = None
    version: int = 0
    reason: str | None = None


class _ManyReply(msgspec.Struct):
    results: list[_CheckReply]


class _LookupReply(msgspec.Struct):
    retailer_id: str | None


class ConsentSource(Protocol):
    """Answers for one retailer, lender and purpose."""

    async def check(self, key: ConsentKey) -> ConsentAnswer:
        """The answer; Unavailable when there is none."""
        ...


class HttpGetter(Protocol):
    """Calls one service over mTLS: PersistentHttpClient, or the shared ServiceClient."""

    async def call(self, method: str, path: str, *, params: dict[str, Any]) -> Any:
        """The decoded JSON body; Unavailable or RemoteError when there is none."""
        ...


class _PendingCheck(NamedTuple):
    key: ConsentKey
    answer: "asyncio.Future[ConsentAnswer]"


class ConsentClient:
    """The consent service; checks that come together are asked together, each still gets its own answer.

    Args:
        http: client of it, over mTLS.
    """

    def __init__(self, http: HttpGetter) -> None:
        self._http = http
        self._batcher = MicroBatcher(self._serve, most=MOST_CHECKS, at_once=REQUESTS_AT_ONCE)

    async def check(self, key: ConsentKey) -> ConsentAnswer:
        """What the authority says now.

        Raises:
            Unavailable: it cannot be reached, or its answer cannot be understood.
        """
        pending = _PendingCheck(key, asyncio.get_running_loop().create_future())
        await self._batcher.submit(pending)
        return await pending.answer

    async def _serve(self, batch: list[_PendingCheck]) -> None:
        try:
            answers = await self._ask([pending.key for pending in batch])
        except Exception as error:  # noqa: BLE001  # whatever it was, those who wait must hear of it
            for pending in batch:
                if not pending.answer.done():
                    pending.answer.set_exception(_unavailable(error))
            return
        for pending, answer in zip(batch, answers, strict=True):
            if not pending.answer.done():
                pending.answer.set_result(answer)

    async def _ask(self, keys: list[ConsentKey]) -> list[ConsentAnswer]:
        if len(keys) == 1:
            (key,) = keys
            params = {"retailer_id": key.retailer_id, "lender_id": key.lender_id, "purpose": key.purpose}
            body = await self._http.call("GET", CHECK, params=params)
            replies = [_understood(body, _CheckReply)]
        else:
            body = await self._http.call("GET", CHECK_MANY, params={"of": ",".join(map(_line, keys))})
            replies = _understood(body, _ManyReply).results
        if len(replies) != len(keys):
            raise Unavailable("consent gave another number of answers")
        return [_answer(reply) for reply in replies]


def _line(key: ConsentKey) -> str:
    return f"{key.retailer_id}:{key.lender_id}:{key.purpose}"


def _answer(reply: _CheckReply) -> ConsentAnswer:
    if reply.expires_at is not None and reply.expires_at.tzinfo is None:
        raise Unavailable("consent gave an instant without a zone")
    return ConsentAnswer(
        is_consented=reply.consented,
        consent_id=reply.consent_id,
        expires_at=reply.expires_at,
        version=reply.version,
        reason=reply.reason,
    )


def _unavailable(error: Exception) -> Unavailable:
    refusal = Unavailable("consent gave no answer")
    refusal.__cause__ = error
    return refusal


class VaultClient:
    """The identity vault: from a GSTIN to an id, and nothing else.

    Args:
        http: client of it, over mTLS.
    """

    def __init__(self, http: ServiceClient) -> None:
        self._http = http

    async def retailer_of(self, gstin: str) -> str | None:
        """The retailer behind a GSTIN, None where there is none.

        Raises:
            Unavailable: the vault cannot be reached or understood.
        """
        try:
            body = await self._http.call("POST", "/internal/lookup", json={"gst": gstin}, retry_safe=True)
        except RemoteError as error:  # a refusal of our own call says nothing about the retailer
            raise Unavailable("another service refused") from error
        return _understood(body, _LookupReply).retailer_id


def _understood(body: Any, kind: type[_Reply]) -> _Reply:
    try:
        return msgspec.convert(body, kind, strict=True)
    except msgspec.ValidationError as error:
        raise Unavailable("another service gave an unknown answer") from error


class _CachedAnswer(NamedTuple):
    answer: ConsentAnswer
    asked_at: datetime
    asked_at_s: float


class CachedConsentChecker:
    """Decides on every call: fresh for two seconds, up to a minute only while consent cannot be reached, then 503.

    Args:
        source: the authority.
        clock: for the expiry of consents.
        monotonic: seconds that only grow, for the age of answers.
    """

    def __init__(self, source: ConsentSource, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._monotonic = monotonic
        self._answers: OrderedDict[ConsentKey, _CachedAnswer] = OrderedDict()

    def start_check(self, key: ConsentKey) -> asyncio.Future[Decision]:
        """Starts check(), so that it runs beside something else; nobody needs to wait for its end."""
        task = asyncio.ensure_future(self.check(key))
        task.add_done_callback(_consume_exception)
        return task

    async def check(self, key: ConsentKey) -> Decision:
        """The decision for one retailer, lender and purpose.

        Raises:
            Unavailable: consent cannot be reached and nothing young enough is known.
        """
        cached = self._answers.get(key)
        if cached is not None and self._monotonic() - cached.asked_at_s <= CONSENT_FRESH_S:
            _checks_of["fresh"].inc()
            return decide(key, cached.answer, checked_at=cached.asked_at, now=self._clock.now())
        asked_at, asked_at_s = self._clock.now(), self._monotonic()  # before asking: the age is that of the answer
        try:
            answer = await self._source.check(key)
        except Unavailable:
            if cached is None or self._monotonic() - cached.asked_at_s > CONSENT_STALE_S:
                _checks_of["unavailable"].inc()
                raise
            _checks_of["stale"].inc()
            return decide(key, cached.answer, checked_at=cached.asked_at, now=self._clock.now(), is_stale=True)
        _checks_of["asked"].inc()
        self._remember(key, _CachedAnswer(answer, asked_at, asked_at_s))
        return decide(key, answer, checked_at=asked_at, now=self._clock.now())

    def _remember(self, key: ConsentKey, answer: _CachedAnswer) -> None:
        self._answers[key] = answer
        self._answers.move_to_end(key)
        oldest = next(iter(self._answers.values()))
        while len(self._answers) > MAX_REMEMBERED or answer.asked_at_s - oldest.asked_at_s > CONSENT_STALE_S:
            self._answers.popitem(last=False)
            oldest = next(iter(self._answers.values()))


def _consume_exception(check: asyncio.Future[Decision]) -> None:
    check.cancelled() or check.exception()  # refused by the limits meanwhile, nobody may ask
