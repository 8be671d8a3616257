"""Limits of lenders' calls: counted by Redis in one round trip, or in process while Redis is gone."""

import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import NamedTuple, Protocol

from altscore_libs.clock import Clock
from altscore_libs.errors import RateLimited
from altscore_libs.web import with_default_headers
from prometheus_client import Counter as Metric
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from altscore_score.errors import problem
from altscore_score.limits.domain import (
    CALLS,
    DISCLOSURES,
    SECOND_US,
    TOKENS,
    Admission,
    ScriptReply,
    SlidingLogs,
    Window,
    admission_of,
    limit_headers,
)
from altscore_score.platform.redis_pipeline import Argument, RedisCircuit, Script

_WINDOWS = Script.of(resources.files("altscore_score.limits").joinpath("windows.lua").read_text(encoding="utf-8"))
RESERVED_RETRY_S = 1
_lost_counts = Metric(
    "altscore_score_lost_counts_total", "Calls over a limit by this process's own count that Redis would have admitted."
)
_SCRIPT_FIELDS = len(ScriptReply._fields)


class TokenHolders(Protocol):
    """Says whose good token a call carries (access.authentication.Authenticator)."""

    def token_holder(self, headers: Mapping[str, str]) -> str | None:
        """The lender, None where the token is no good."""
        ...


class Mark(NamedTuple):
    """A Redis key that says what an answered call's body was, and the digest of this call's body."""

    name: str
    digest: bytes


class ScoreAdmission(NamedTuple):
    """What the one round trip of a call for a score brought."""

    admission: Admission
    cached: bytes | None
    generation: bytes | None
    """Generation of the cache entry; None while Redis is gone, when nothing may be put there either."""
    is_answered: bool
    """Redis remembers that this X-Request-ID was answered; with the same body, the call spent nothing."""
    nonce: str
    """Of the call in the windows."""


class RateLimiter:
    """Counts lenders' calls and reserves disclosures.

    Args:
        circuit: to Redis.
        clock: for the counting in process.
        replicas: among which the quotas are shared while Redis is gone.
        monotonic: seconds that only grow.
    """

    def __init__(
        self, circuit: RedisCircuit, clock: Clock, *, replicas: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._circuit = circuit
        self._clock = clock
        self._replicas = replicas
        self._monotonic = monotonic
        self._logs = SlidingLogs()
        self._throttled_until: dict[str, float] = {}
        self._process = secrets.token_hex(4)
        self._reserved: Counter[str] = Counter()

    def _new_nonce(self) -> str:
        """Names a call in the windows; its first eight characters name this process."""
        return self._process + secrets.token_hex(8)

    async def admit(self, lender_id: str, *, spends: bool = True) -> Admission:
        """Counts a call that discloses no score.

        Args:
            lender_id: who calls.
            spends: False for a replay, which costs nothing.
        """
        names = _call_names(lender_id)
        arguments = _arguments(self._new_nonce(), spends, len(CALLS), windows=CALLS)
        reply = await self._circuit.execute(_WINDOWS, names, arguments)
        if reply is None:
            return self._admit_in_process(names, None, spends=spends)
        admission = admission_of(ScriptReply(*reply[:_SCRIPT_FIELDS]), CALLS)
        return self._counted(lender_id, names, None, admission, spends=spends)

    async def admit_score(
        self,
        lender_id: str,
        retailer_id: str,
        *,
        spends: bool,
        cache_names: Sequence[str],
        mark: Mark | None,
    ) -> ScoreAdmission:
        """Counts a call for a score, reserves one disclosure of that retailer and reads cache and mark in one trip.

        Args:
            lender_id: who calls.
            retailer_id: whose score.
            spends: False for a replay, which costs nothing.
            cache_names: Redis keys of the cached score and of its generation.
            mark: of the call's X-Request-ID; a call that was answered before spends nothing.
        """
        names, disclosures = _call_names(lender_id), _disclosures_name(lender_id, retailer_id)
        keys, nonce = [*names, disclosures, *cache_names], self._new_nonce()
        arguments = _arguments(nonce, spends, len(CALLS), windows=(*CALLS, DISCLOSURES))
        if mark is not None:
            keys.append(mark.name)
            arguments.append(mark.digest)
        reply = await self._circuit.execute(_WINDOWS, keys, arguments)
        if reply is None:
            admission = self._admit_in_process(names, disclosures, spends=spends)
            self._note_reservation(disclosures, admission)
            return ScoreAdmission(
                admission=admission,
                cached=None,
                generation=None,
                is_answered=False,
                nonce=nonce,
            )
        admission = admission_of(ScriptReply(*reply[:_SCRIPT_FIELDS]), CALLS)
        cached, generation, marked, is_reserved_elsewhere = reply[_SCRIPT_FIELDS:]
        spends = spends and not (mark is not None and marked == mark.digest)
        admission = self._counted(lender_id, names, disclosures, admission, spends=spends)
        admission.is_disclosure_reserved = bool(is_reserved_elsewhere)
        self._note_reservation(disclosures, admission)
        return ScoreAdmission(
            admission=admission,
            cached=cached,
            generation=generation or b"",
            is_answered=mark is not None and marked is not None,
            nonce=nonce,
        )

    async def used(self, lender_id: str) -> list[int]:
        """How many calls of a lender count now in each of the CALLS windows; spends nothing."""
        counts, now_us = [], self._now_us()
        for name, window in zip(_call_names(lender_id), CALLS, strict=True):
            arguments = _arguments(self._new_nonce(), False, 1, windows=[window])
            reply = await self._circuit.execute(_WINDOWS, [name], arguments)
            counts.append(
                ScriptReply(*reply[:_SCRIPT_FIELDS]).used if reply else self._logs.peek(name, window, now_us)[1]
            )
        return counts

    async def admit_token(self, client_id: str) -> Admission:
        """Counts a call of the token endpoint, ten a minute per client id."""
        name = f"score:{{{client_id}}}:tokens"
        arguments = _arguments(self._new_nonce(), True, len(TOKENS), windows=TOKENS)
        reply = await self._circuit.execute(_WINDOWS, [name], arguments)
        if reply is not None:
            return admission_of(ScriptReply(*reply[:_SCRIPT_FIELDS]), TOKENS)
        windows = tuple(window.share(self._replicas) for window in TOKENS)
        counted = self._logs.admit({name: windows[0]}, disclosure=None, now_us=self._now_us(), spends=True)
        return admission_of(counted, windows)

    def is_throttled(self, lender_id: str) -> bool:
        """Whether the lender was refused and its wait is not over; nothing is then asked ahead of time for it."""
        return self._monotonic() < self._throttled_until.get(lender_id, 0.0)

    @property
    def reservations(self) -> int:
        """Pairs of lender and retailer whose disclosures are reserved by calls that are being answered."""
        return len(self._reserved)

    def _note_reservation(self, disclosures: str, admission: Admission) -> None:
        if admission.may_disclose:
            self._reserved[disclosures] += 1
        elif self._reserved and self._reserved.get(disclosures):
            admission.is_disclosure_reserved = True

    async def settle(
        self,
        lender_id: str,
        retailer_id: str,
        trip: ScoreAdmission,
        *,
        is_given_back: bool = False,
        call_too: bool = False,
    ) -> None:
        """Ends what a call reserved: it is spent, or given back; called once for every admit_score().

        Args:
            lender_id: who called.
            retailer_id: whose score.
            trip: what admit_score() returned.
            is_given_back: whether nothing was disclosed.
            call_too: whether the call is taken out of the quotas as well, as a replay is.
        """
        disclosures = _disclosures_name(lender_id, retailer_id)
        try:
            if is_given_back and (trip.admission.may_disclose or call_too):
                names = [disclosures] if trip.admission.may_disclose else []
                names += _call_names(lender_id) if call_too else []
                await self._release(names, trip)
        finally:
            if trip.admission.may_disclose:
                self._end_reservation(disclosures)

    def _end_reservation(self, name: str) -> None:
        if self._reserved[name] > 1:
            self._reserved[name] -= 1
        else:
            del self._reserved[name]

    async def _release(self, names: Sequence[str], trip: ScoreAdmission) -> None:
        if trip.admission.counted_at_us:  # a replay was not counted: taking it back would free another call's place
            for name in names:
                self._logs.refund(name, trip.admission.counted_at_us)
        redis = self._circuit.redis
        await self._circuit.attempt(lambda: redis.send_all([("ZREM", name, trip.nonce) for name in names]))

    def _admit_in_process(self, names: list[str], disclosures: str | None, *, spends: bool) -> Admission:
        windows = tuple(window.share(self._replicas) for window in CALLS)
        disclosure = (disclosures, DISCLOSURES.share(self._replicas)) if disclosures is not None else None
        now_us = self._now_us()
        counted = self._logs.admit(
            dict(zip(names, windows, strict=True)), disclosure=disclosure, now_us=now_us, spends=spends
        )
        admission = admission_of(counted, windows)
        if spends and admission.is_admitted:
            admission.counted_at_us = now_us
        return admission

    def _counted(
        self, lender_id: str, names: list[str], disclosures: str | None, admission: Admission, *, spends: bool
    ) -> Admission:
        """The admission, unless this process alone has answered the limit: Redis has lost what it counted.

        Keeps the count in process warm, so that losing Redis does not hand out a second quota.
        """
        if spends and admission.is_admitted:
            now_us, calls = self._now_us(), list(zip(names, CALLS, strict=True))
            disclosure = (disclosures, DISCLOSURES) if disclosures is not None and admission.may_disclose else None
            spent = self._logs.consume_unless_spent(calls, disclosure, now_us=now_us)
            if spent is not None:
                _lost_counts.inc()
            if disclosure is not None and spent is DISCLOSURES:
                self._refuse_disclosure(admission, disclosure, now_us)
            elif spent is not None:
                admission = admission_of(
                    self._logs.admit(dict(calls), disclosure=None, now_us=now_us, spends=True), CALLS
                )
            if admission.is_admitted:
                admission.counted_at_us = now_us
        if not admission.is_admitted:
            self._throttled_until[lender_id] = self._monotonic() + admission.retry_after_s
        return admission

    def _refuse_disclosure(self, admission: Admission, disclosure: tuple[str, Window], now_us: int) -> None:
        _, _, free_at_us = self._logs.peek(*disclosure, now_us)
        admission.may_disclose = False
        admission.disclose_at_s = math.ceil(free_at_us / SECOND_US)
        admission.disclose_after_s = max(1, math.ceil((free_at_us - now_us) / SECOND_US))

    def _now_us(self) -> int:
        return int(self._clock.now().timestamp() * SECOND_US)


def _call_names(lender_id: str) -> list[str]:
    """Redis keys of the call windows; the lender in braces keeps a call's keys in one cluster slot."""
    return [f"score:{{{lender_id}}}:minute", f"score:{{{lender_id}}}:day"]


def _disclosures_name(lender_id: str, retailer_id: str) -> str:
    return f"score:{{{lender_id}}}:disclosed:{retailer_id}"


def _arguments(nonce: str, spends: bool, count: int, *, windows: Sequence[Window]) -> list[Argument]:
    pairs = [part for window in windows for part in (window.limit, window.length_s * SECOND_US)]
    return [0, nonce, int(spends), count, *pairs]


def rate_limited(admission: Admission) -> RateLimited:
    """The refusal of a call over its limit."""
    detail = f"{admission.limit} calls are allowed in this window"
    return RateLimited(detail, limit=admission.limit_name, headers={"Retry-After": str(admission.retry_after_s)})


def disclosures_spent(admission: Admission) -> RateLimited:
    """The refusal of a call that may not disclose; while another call's disclosure is undecided, it may soon."""
    after_s, free_at_s = admission.disclose_after_s, admission.disclose_at_s
    detail = "three disclosures of a retailer are allowed in 24 hours"
    if admission.is_disclosure_reserved:
        detail = "other calls about this retailer are being answered"
        after_s, free_at_s = RESERVED_RETRY_S, free_at_s - after_s + RESERVED_RETRY_S
    headers = limit_headers(DISCLOSURES.limit, 0, free_at_s)
    return RateLimited(detail, limit=DISCLOSURES.name, headers={**headers, "Retry-After": str(after_s)})


class RateLimitHeaders:
    """Pure ASGI: a response that no endpoint counted carries the X-RateLimit headers of API §09 all the same.

    A refusal that no endpoint saw (an unknown path, another method, a body too long) of a lender with a good token is
    counted as a call, and is a 429 where the quota is spent.

    Args:
        app: what is wrapped.
        authenticator: says whose token a call carries.
        limiter: counts; None for an application that is only described.
    """

    def __init__(self, app: ASGIApp, authenticator: TokenHolders | None, limiter: RateLimiter | None) -> None:
        self.app = app
        self._authenticator = authenticator
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        is_replaced = False

        async def send_with_limits(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] != "http.response.start":
                if not is_replaced:
                    await send(message)
                return
            for name, _ in message["headers"]:
                if name == b"x-ratelimit-limit":
                    await send(message)
                    return
            admission = await self._admission(scope, message["status"])
            if admission is not None and not admission.is_admitted:
                is_replaced = True
                reply = problem(rate_limited(admission), _request_id_of(message))
                reply.headers.update(admission.headers())
                message["status"] = reply.status_code  # what metrics and the access line say
                await reply(scope, receive, _with_kept_headers(send, message))
                return
            headers = admission.headers() if admission is not None else _unknown_callers_headers()
            extra = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
            message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self.app(scope, receive, send_with_limits)

    async def _admission(self, scope: Scope, status: int) -> Admission | None:
        if self._authenticator is None or self._limiter is None or scope["type"] != "http":
            return None
        lender_id = self._authenticator.token_holder(Headers(scope=scope))
        if lender_id is None:
            return None
        spends = 400 <= status < 500 and status != 401
        return await self._limiter.admit(lender_id, spends=spends)


def _unknown_callers_headers() -> dict[str, str]:
    window = CALLS[0]
    return limit_headers(window.limit, window.limit, int(time.time()) + window.length_s)


def _request_id_of(message: Message) -> str:
    return next((value.decode() for name, value in message["headers"] if name == b"x-request-id"), "")


def _with_kept_headers(send: Send, replaced: Message) -> Send:
    """Sends a reply with those headers of the replaced one that every response has."""

    async def send_kept(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = with_default_headers(message["headers"], _request_id_of(replaced))
        await send(message)

    return send_kept
