"""Limits of lenders' calls: counted by Redis in one round trip, or in process while Redis is gone."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, NamedTuple

from altscore_libs.clock import Clock
from altscore_libs.errors import RateLimited
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
)
from altscore_score.platform.redis_pipeline import Argument, RedisCircuit, Script

_WINDOWS = Script.of(resources.files("altscore_score.limits").joinpath("windows.lua").read_text(encoding="utf-8"))
RESERVED_RETRY_S = 1
_SCRIPT_FIELDS = len(ScriptReply._fields)


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

    def new_nonce(self) -> str:
        """Names a call in the windows; its first eight characters name this process."""
        return self._process + secrets.token_hex(8)

    async def admit(self, lender_id: str, *, nonce: str, spends: bool = True) -> Admission:
        """Counts a call that discloses no score.

        Args:
            lender_id: who calls.
            nonce: of the call.
            spends: False for a replay, which costs nothing.
        """
        names = _call_names(lender_id)
        reply = await self._run(names, _arguments(nonce, spends, len(CALLS), CALLS))
        if reply is None:
            return self._admit_in_process(names, None, spends=spends)
        admission = admission_of(ScriptReply(*reply[:_SCRIPT_FIELDS]), CALLS)
        self._note(lender_id, names, None, admission, spends=spends)
        return admission

    async def admit_score(
        self,
        lender_id: str,
        retailer_id: str,
        *,
        nonce: str,
        spends: bool,
        cache_names: Sequence[str],
        mark: Mark | None,
    ) -> ScoreAdmission:
        """Counts a call for a score, reserves one disclosure of that retailer and reads cache and mark in one trip.

        Args:
            lender_id: who calls.
            retailer_id: whose score.
            nonce: of the call, for taking it back.
            spends: False for a replay, which costs nothing.
            cache_names: Redis keys of the cached score and of its generation.
            mark: of the call's X-Request-ID; a call that was answered before spends nothing.
        """
        names, disclosures = _call_names(lender_id), _disclosures_name(lender_id, retailer_id)
        keys = [*names, disclosures, *cache_names]
        arguments = _arguments(nonce, spends, len(CALLS), (*CALLS, DISCLOSURES))
        if mark is not None:
            keys.append(mark.name)
            arguments.append(mark.digest)
        reply = await self._run(keys, arguments)
        if reply is None:
            admission = self._admit_in_process(names, disclosures, spends=spends)
            self._note_reservation(disclosures, admission)
            return ScoreAdmission(
                admission=admission,
                cached=None,
                generation=None,
                is_answered=False,
            )
        admission = admission_of(ScriptReply(*reply[:_SCRIPT_FIELDS]), CALLS)
        cached, generation, marked, is_reserved_elsewhere = reply[_SCRIPT_FIELDS:]
        spends = spends and not (mark is not None and marked == mark.digest)
        self._note(lender_id, names, disclosures, admission, spends=spends)
        admission.is_disclosure_reserved = bool(is_reserved_elsewhere)
        self._note_reservation(disclosures, admission)
        return ScoreAdmission(
            admission=admission,
            cached=cached,
            generation=generation or b"",
            is_answered=mark is not None and marked is not None,
        )

    async def admit_token(self, client_id: str, *, nonce: str) -> Admission:
        """Counts a call of the token endpoint, ten a minute per client id."""
        name = f"score:{{{client_id}}}:tokens"
        reply = await self._run([name], _arguments(nonce, True, len(TOKENS), TOKENS))
        if reply is not None:
            return admission_of(ScriptReply(*reply[:_SCRIPT_FIELDS]), TOKENS)
        windows = tuple(window.share(self._replicas) for window in TOKENS)
        counted = self._logs.admit({name: windows[0]}, disclosure=None, now_us=self._now_us(), spends=True)
        return admission_of(counted, windows)

    def is_throttled(self, lender_id: str) -> bool:
        """Whether the lender was refused and its wait is not over; nothing is then asked ahead of time for it."""
        return self._monotonic() < self._throttled_until.get(lender_id, 0.0)

    def _note_reservation(self, disclosures: str, admission: Admission) -> None:
        if admission.may_disclose:
            self._reserved[disclosures] += 1
        elif self._reserved and self._reserved.get(disclosures):
            admission.is_disclosure_reserved = True

    def end_reservation(self, lender_id: str, retailer_id: str, admission: Admission) -> None:
        """What the call reserved is now spent or given back; called once for every admit_score()."""
        if not admission.may_disclose:
            return
        name = _disclosures_name(lender_id, retailer_id)
        if self._reserved[name] > 1:
            self._reserved[name] -= 1
        else:
            del self._reserved[name]

    async def release(
        self, lender_id: str, retailer_id: str, *, nonce: str, counted_at_us: int, call_too: bool = False
    ) -> None:
        """Gives a reserved disclosure back, since nothing was disclosed; `call_too` also the call (a replay).

        Args:
            lender_id: who called.
            retailer_id: whose score was not disclosed.
            nonce: of the call.
            counted_at_us: of its Admission.
            call_too: whether the call is taken out of the quotas as well.
        """
        names = [_disclosures_name(lender_id, retailer_id), *(_call_names(lender_id) if call_too else ())]
        for name in names:
            self._logs.refund(name, counted_at_us)
        redis = self._circuit.redis
        await self._circuit.attempt(lambda: redis.send_all([("ZREM", name, nonce) for name in names]))

    async def _run(self, names: list[str], arguments: list[Argument]) -> list[Any] | None:
        redis = self._circuit.redis
        return await self._circuit.attempt(lambda: redis.execute(_WINDOWS, names, arguments))

    def _admit_in_process(self, names: list[str], disclosures: str | None, *, spends: bool) -> Admission:
        windows = tuple(window.share(self._replicas) for window in CALLS)
        disclosure = (disclosures, DISCLOSURES.share(self._replicas)) if disclosures is not None else None
        now_us = self._now_us()
        counted = self._logs.admit(
            dict(zip(names, windows, strict=True)), disclosure=disclosure, now_us=now_us, spends=spends
        )
        admission = admission_of(counted, windows)
        admission.counted_at_us = now_us
        return admission

    def _note(
        self, lender_id: str, names: list[str], disclosures: str | None, admission: Admission, *, spends: bool
    ) -> None:
        """Keeps the count in process warm, so that losing Redis does not hand out a second quota."""
        if not admission.is_admitted:
            self._throttled_until[lender_id] = self._monotonic() + admission.retry_after_s
            return
        if not spends:
            return
        admission.counted_at_us = now_us = self._now_us()
        for name, window in zip(names, CALLS, strict=True):
            self._logs.consume(name, window, now_us)
        if disclosures is not None and admission.may_disclose:
            self._logs.consume(disclosures, DISCLOSURES, now_us)

    def _now_us(self) -> int:
        return int(self._clock.now().timestamp() * SECOND_US)


def _call_names(lender_id: str) -> list[str]:
    """Redis keys of the call windows; the lender in braces keeps a call's keys in one cluster slot."""
    return [f"score:{{{lender_id}}}:minute", f"score:{{{lender_id}}}:day"]


def _disclosures_name(lender_id: str, retailer_id: str) -> str:
    return f"score:{{{lender_id}}}:disclosed:{retailer_id}"


def _arguments(nonce: str, spends: bool, count: int, windows: Sequence[Window]) -> list[Argument]:
    pairs = [part for window in windows for part in (window.limit, window.length_s * SECOND_US)]
    return [0, nonce, int(spends), count, *pairs]


def rate_limited(admission: Admission) -> RateLimited:
    """The refusal of a call over its limit."""
    detail = f"{admission.limit} calls are allowed in this window"
    return RateLimited(detail, limit=admission.limit_name, headers={"Retry-After": str(admission.retry_after_s)})


def disclosures_spent(admission: Admission) -> RateLimited:
    """The refusal of a call that may not disclose; while another call's disclosure is undecided, it may soon."""
    if admission.is_disclosure_reserved:
        detail, after_s = "other calls about this retailer are being answered", RESERVED_RETRY_S
    else:
        detail, after_s = "three disclosures of a retailer are allowed in 24 hours", admission.disclose_after_s
    return RateLimited(detail, limit=DISCLOSURES.name, headers={"Retry-After": str(after_s)})


class DefaultLimitHeaders:
    """Pure ASGI: a response that knows no lender still carries the X-RateLimit headers of API §09."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start" and all(
                name != b"x-ratelimit-limit" for name, _ in message["headers"]
            ):
                window = CALLS[0]
                values = (window.limit, window.limit, int(time.time()) + window.length_s)
                names = (b"x-ratelimit-limit", b"x-ratelimit-remaining", b"x-ratelimit-reset")
                extra = [(name, str(value).encode()) for name, value in zip(names, values, strict=True)]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self.app(scope, receive, send_with_limits)
