"""Calls to consent and to the vault, and the cache of consent answers (2 s; up to 60 s while consent is down)."""

import asyncio
import ssl
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec
import orjson
from altscore_libs import tracing
from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import OK_BELOW, RemoteError, ServiceClient
from altscore_libs.retries import ATTEMPTS, NeighbourCalls
from cachetools import LRUCache
from prometheus_client import Counter
from yarl import URL

from altscore_score.audit_proofs.domain import Proofs
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
IDLE_S = 60.0
MAX_REPLY_BYTES = 65_536
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

    def ask(self, key: ConsentKey) -> asyncio.Future[ConsentAnswer]:
        """Starts to ask; the future holds the answer, or Unavailable when there is none."""
        ...


class HttpGetter(Protocol):
    """Calls one service over mTLS: GetClient, or the shared ServiceClient."""

    async def call(self, method: str, path: str, *, params: dict[str, Any], waited_s: float = 0.0) -> Any:
        """The decoded JSON body; Unavailable or RemoteError when there is none."""
        ...


class GetClient:
    """Calls one service with GET over kept mutual-TLS connections; the call on the path of every score.

    The shared client (httpx) costs ten times the processor time of aiohttp on such a call.

    Args:
        base_url: https://host:port of the service.
        context: who we are and whom we trust.
        neighbour: the service's name in metrics; by default the host's.
        timeout_s: of one try, connecting included.
        total_s: of a call with all its tries and waits; by default one and a half times `timeout_s`.
        attempts: most tries.
        connections: most calls at a time; others wait for their turn.
        idle_s: a connection that rested for longer is not used again, since the other side may be about to close it.
    """

    def __init__(
        self,
        base_url: str,
        context: ssl.SSLContext | None,
        *,
        neighbour: str | None = None,
        timeout_s: float = 0.6,
        total_s: float | None = None,
        attempts: int = ATTEMPTS,
        connections: int = 32,
        idle_s: float = IDLE_S,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._context = context
        self._timeout_s = timeout_s
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._calls = NeighbourCalls(
            neighbour or URL(base_url).host or "?",
            try_s=timeout_s,
            total_s=total_s,
            attempts=attempts,
            failures=(aiohttp.ClientError, OSError, TimeoutError),
        )
        self._connections = connections
        self._idle_s = idle_s
        self._turns = asyncio.Semaphore(connections)
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, path: str, *, params: dict[str, Any], waited_s: float = 0.0) -> Any:
        """The decoded JSON body of a 2xx answer.

        Args:
            method: GET.
            path: below the base URL.
            params: the query.
            waited_s: what the caller has waited before; it counts towards the total.

        Raises:
            ValueError: a method other than GET.
            Unavailable: no usable answer within the tries and the total, or the neighbour's circuit is open.
            RemoteError: an answer other than 2xx.
        """
        if method != "GET":
            raise ValueError("this client sends GET alone")
        url = URL(f"{self._base_url}{path}?{urlencode(params)}", encoded=True)
        status, body = await self._calls.call(partial(self._get, url), waited_s=waited_s)
        return _json_of(status, body)

    async def close(self) -> None:
        """Ends the connections."""
        if self._session is not None:
            await self._session.close()

    async def _get(self, url: URL, timeout_s: float) -> tuple[int, bytes]:
        if self._session is None:  # made here, since it belongs to the running loop
            connector = aiohttp.TCPConnector(
                ssl=self._context or True, limit=self._connections, keepalive_timeout=self._idle_s
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "application/json"},
                auto_decompress=False,
            )
        timeout = self._timeout if timeout_s == self._timeout_s else aiohttp.ClientTimeout(total=timeout_s)
        with tracing.span("GET", kind="client"):
            async with self._turns:
                return await self._read(self._session, url, timeout)

    @staticmethod
    async def _read(session: aiohttp.ClientSession, url: URL, within: aiohttp.ClientTimeout) -> tuple[int, bytes]:
        headers = tracing.outgoing_headers()
        async with session.get(url, allow_redirects=False, timeout=within, headers=headers) as response:
            if response.content_length is None and "Transfer-Encoding" not in response.headers:
                raise aiohttp.ClientPayloadError("the end of the answer cannot be told from a lost connection")
            body = b""
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    response.close()
                    raise aiohttp.ClientPayloadError("the answer is too long")
            return response.status, body


def _json_of(status: int, body: bytes) -> Any:
    try:
        answer = orjson.loads(body) if body else None
    except orjson.JSONDecodeError as error:
        raise Unavailable("another service gave no JSON") from error
    if status >= OK_BELOW:
        raise RemoteError(status, str(answer.get("code", "")) if isinstance(answer, dict) else "")
    return answer


class _PendingCheck(NamedTuple):
    key: ConsentKey
    answer: asyncio.Future[ConsentAnswer]
    asked_at_s: float
    caller: tracing.Caller


class ConsentClient:
    """The consent service; checks that come together are asked together, each still gets its own answer.

    A lone check carries the request id and the traceparent of its call; checks that are asked together carry one
    traceparent and link to the traces of all their calls.

    Args:
        http: client of it, over mTLS.
    """

    def __init__(self, http: HttpGetter) -> None:
        self._http = http
        self._batcher = MicroBatcher(self._serve, most=MOST_CHECKS, at_once=REQUESTS_AT_ONCE)

    def ask(self, key: ConsentKey) -> asyncio.Future[ConsentAnswer]:
        """Starts to ask what the authority says now; nobody needs to wait for the future.

        It holds Unavailable where consent cannot be reached or its answer cannot be understood.
        """
        loop = asyncio.get_running_loop()
        pending = _PendingCheck(key=key, answer=loop.create_future(), asked_at_s=loop.time(), caller=tracing.caller())
        pending.answer.add_done_callback(_consume_exception)
        self._batcher.put(pending)
        return pending.answer

    async def _serve(self, batch: list[_PendingCheck]) -> None:
        try:
            waited_s = asyncio.get_running_loop().time() - batch[0].asked_at_s
            with tracing.resumed([pending.caller for pending in batch]):
                answers = await self._ask([pending.key for pending in batch], waited_s)
        except Exception as error:  # noqa: BLE001  # whatever it was, those who wait must hear of it
            for pending in batch:
                if not pending.answer.done():
                    pending.answer.set_exception(_unavailable(error))
            return
        for pending, answer in zip(batch, answers, strict=True):
            if not pending.answer.done():
                pending.answer.set_result(answer)

    async def _ask(self, keys: list[ConsentKey], waited_s: float) -> list[ConsentAnswer]:
        if len(keys) == 1:
            (key,) = keys
            params = {"retailer_id": key.retailer_id, "lender_id": key.lender_id, "purpose": key.purpose}
            body = await self._http.call("GET", CHECK, params=params, waited_s=waited_s)
            replies = [_understood(body, _CheckReply)]
        else:
            params = {"of": ",".join(map(_line, keys))}
            body = await self._http.call("GET", CHECK_MANY, params=params, waited_s=waited_s)
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


class AuditClient:
    """The audit service: proofs of what a lender itself did, and nothing else.

    Args:
        http: client of it, over mTLS.
    """

    def __init__(self, http: ServiceClient) -> None:
        self._http = http

    async def proofs(self, lender_id: str, query: dict[str, str]) -> Proofs:
        """What can be proven of a request, a score or a grievance of this lender.

        Raises:
            Unavailable: the audit service cannot be reached or understood.
        """
        try:
            body = await self._http.call("GET", f"/internal/audit/lenders/{lender_id}/proofs", params=query)
        except RemoteError as error:
            raise Unavailable("another service refused") from error
        return _understood(body, Proofs)


class _CachedAnswer(NamedTuple):
    answer: ConsentAnswer
    asked_at: datetime
    asked_at_s: float


class StartedCheck(NamedTuple):
    """A check whose answer is on its way, or is known and fresh."""

    key: ConsentKey
    answer: _CachedAnswer | asyncio.Future[ConsentAnswer]
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
        self._answers: LRUCache[ConsentKey, _CachedAnswer] = LRUCache(MAX_REMEMBERED)

    def separate(self) -> "CachedConsentChecker":
        """One of the same authority that remembers its own answers."""
        return CachedConsentChecker(self._source, self._clock, monotonic=self._monotonic)

    def start_check(self, key: ConsentKey) -> StartedCheck:
        """Asks, unless a fresh answer is known; what the caller does meanwhile costs no wait. It may drop the check."""
        asked_at, asked_at_s = self._clock.now(), self._monotonic()  # before asking: the age is that of the answer
        cached = self._answers.get(key)
        is_fresh = cached is not None and asked_at_s - cached.asked_at_s <= CONSENT_FRESH_S
        answer = cached if cached is not None and is_fresh else self._source.ask(key)
        return StartedCheck(key=key, answer=answer, asked_at=asked_at, asked_at_s=asked_at_s)

    async def finish_check(self, check: StartedCheck) -> Decision:
        """The decision of a started check.

        Raises:
            Unavailable: consent cannot be reached and nothing young enough is known.
        """
        if isinstance(check.answer, _CachedAnswer):
            return self._decide(check.key, check.answer, "fresh")
        try:
            answer = await check.answer
        except Unavailable:
            cached = self._answers.get(check.key)
            if cached is None or self._monotonic() - cached.asked_at_s > CONSENT_STALE_S:
                _checks_of["unavailable"].inc()
                raise
            return self._decide(check.key, cached, "stale")
        asked = self._answers[check.key] = _CachedAnswer(answer, check.asked_at, check.asked_at_s)
        return self._decide(check.key, asked, "asked")

    async def check(self, key: ConsentKey) -> Decision:
        """The decision for one retailer, lender and purpose; raises as finish_check()."""
        return await self.finish_check(self.start_check(key))

    def _decide(self, key: ConsentKey, cached: _CachedAnswer, source: str) -> Decision:
        _checks_of[source].inc()
        is_stale = source == "stale"
        return decide(key, cached.answer, checked_at=cached.asked_at, now=self._clock.now(), is_stale=is_stale)


def _consume_exception(answer: asyncio.Future[ConsentAnswer]) -> None:
    answer.cancelled() or answer.exception()  # refused by the limits meanwhile, nobody may wait for it
