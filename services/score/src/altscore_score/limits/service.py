"""The gate before every lender's call: limits and cached score in one Redis round trip, or in process without it."""

import logging
import time
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import NamedTuple, TypeVar
from uuid import UUID

from altscore_libs.clock import Clock
from prometheus_client import Counter, Gauge
from redis.exceptions import RedisError

from altscore_score.limits.domain import (
    CALLS,
    DISCLOSURES,
    SECOND_US,
    TOKENS,
    Admission,
    SlidingLogs,
    Window,
    admission,
)
from altscore_score.platform.redis_pipeline import Argument, PipelinedRedis, Script

CACHE_TTL_S = 4 * 3600
GENERATION_TTL_S = 3600
ANSWERED_S = 24 * 3600
REST_S = 1.0
_WINDOWS = Script.of(resources.files("altscore_score.limits").joinpath("windows.lua").read_text(encoding="utf-8"))
_PUT = Script.of("""
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
""")
_T = TypeVar("_T")
_log = logging.getLogger("altscore.score.gate")
_without_redis = Counter("altscore_score_without_redis_total", "Calls that Redis did not answer.")
_redis_up = Gauge("altscore_score_redis_up", "1 while Redis answers.")


class _Keys:
    """Redis keys; the lender in braces keeps a call's keys in one cluster slot, apart from other lenders'."""

    def __init__(self, lender_id: str) -> None:
        self._prefix = f"score:{{{lender_id}}}"
        self.windows = [f"{self._prefix}:minute", f"{self._prefix}:day"]
        self.tokens = [f"{self._prefix}:tokens"]

    def disclosures(self, retailer_id: str) -> str:
        return f"{self._prefix}:disclosed:{retailer_id}"

    def cached(self, retailer_id: str) -> str:
        return f"{self._prefix}:cached:{retailer_id}"

    def generation(self, retailer_id: str) -> str:
        return f"{self._prefix}:generation:{retailer_id}"

    def answered(self, key: UUID) -> str:
        return f"{self._prefix}:answered:{key.hex}"


class IdempotencyKey(NamedTuple):
    """The idempotency key of a call and the digest of its body."""

    key: UUID
    digest: bytes


class Gate:
    """Limits of lenders and the cache of their scores.

    Args:
        redis: with a short timeout.
        clock: for the counting in process.
        replicas: among which the quotas are shared while Redis is gone.
        monotonic: seconds that only grow.
    """

    def __init__(
        self, redis: PipelinedRedis, clock: Clock, *, replicas: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._replicas = replicas
        self._monotonic = monotonic
        self._rest_until = 0.0
        self._logs = SlidingLogs()
        self._full_until: dict[str, float] = {}

    async def admit(
        self,
        lender_id: str,
        retailer_id: str | None,
        *,
        nonce: str,
        spends: bool = True,
        attempt: IdempotencyKey | None = None,
    ) -> Admission:
        """Counts a call and, for a score, reserves one disclosure of that retailer and reads the cache.

        Args:
            lender_id: who calls.
            retailer_id: whose score; None where the call discloses none.
            nonce: of the call, for taking it back.
            spends: False for a replay, which costs nothing.
            attempt: of a call for a score with an idempotency key; one that was answered before spends nothing.
        """
        keys = _Keys(lender_id)
        names = list(keys.windows)
        windows = list(CALLS)
        if retailer_id is not None:
            names += [keys.disclosures(retailer_id), keys.cached(retailer_id), keys.generation(retailer_id)]
            windows.append(DISCLOSURES)
        arguments = _arguments(nonce, spends, len(CALLS), windows)
        if attempt is not None:
            names.append(keys.answered(attempt.key))
            arguments.append(attempt.digest)
        reply = await self._try(lambda: self._redis.run(_WINDOWS, names, arguments))
        if reply is None:
            return self._admit_alone(keys, retailer_id, spends=spends)
        found = admission(tuple(reply[:7]), CALLS)
        if retailer_id is not None:
            found.cached, found.generation = reply[7], reply[8] or b""
        if attempt is not None:
            found.is_answered = reply[9] is not None
            spends = spends and reply[9] != attempt.digest
        if not found.is_admitted:
            self._full_until[lender_id] = self._monotonic() + found.retry_after_s
        if found.is_admitted and spends:
            self._remember(keys, retailer_id if found.may_disclose else None, found)
        return found

    def has_room(self, lender_id: str) -> bool:
        """Whether the lender's last refusal is over: for one that knocks on, nothing is asked ahead of time."""
        return self._monotonic() >= self._full_until.get(lender_id, 0.0)

    async def admit_token(self, client_id: str, *, nonce: str) -> Admission:
        """Counts a call of the token endpoint, ten a minute per client id."""
        key = _Keys(client_id).tokens
        arguments = _arguments(nonce, True, 1, list(TOKENS))
        reply = await self._try(lambda: self._redis.run(_WINDOWS, key, arguments))
        if reply is not None:
            return admission(tuple(reply[:7]), TOKENS)
        share = tuple(one.share(self._replicas) for one in TOKENS)
        alone = self._logs.admit({key[0]: share[0]}, disclosure=None, now_us=self._now_us(), spends=True)
        return admission(alone, share)

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
        keys = _Keys(lender_id)
        names = [keys.disclosures(retailer_id), *(keys.windows if call_too else ())]
        for name in names:
            self._logs.refund(name, counted_at_us)
        await self._try(lambda: self._redis.many([("ZREM", name, nonce) for name in names]))

    def answered(self, lender_id: str, attempt: IdempotencyKey) -> None:
        """Remembers that a call was answered, without waiting; the database's own row decides where this is lost."""
        if self._monotonic() >= self._rest_until:
            self._redis.tell("SET", _Keys(lender_id).answered(attempt.key), attempt.digest, "EX", ANSWERED_S)

    async def put(self, lender_id: str, retailer_id: str, entry: bytes, *, generation: bytes, ttl_s: int) -> None:
        """Caches a score, unless it was declared stale since `generation` was read."""
        keys = _Keys(lender_id)
        names = [keys.cached(retailer_id), keys.generation(retailer_id)]
        if ttl_s > 0:
            await self._try(lambda: self._redis.run(_PUT, names, [generation, entry, min(ttl_s, CACHE_TTL_S)]))

    async def invalidate(self, retailer_id: str, lender_ids: list[str]) -> None:
        """Drops the cached scores of a retailer for these lenders, and those being read right now.

        Raises:
            RedisError, OSError: not dropped; the caller tries again.
        """
        commands: list[tuple[Argument, ...]] = []
        for keys in map(_Keys, lender_ids):
            commands.append(("INCR", keys.generation(retailer_id)))
            commands.append(("EXPIRE", keys.generation(retailer_id), GENERATION_TTL_S))
            commands.append(("DEL", keys.cached(retailer_id)))
        await self._redis.many(commands)

    async def close(self) -> None:
        """Ends the connection to Redis."""
        await self._redis.close()

    async def _try(self, work: Callable[[], Awaitable[_T]]) -> _T | None:
        """The result of a Redis call, None while Redis is gone (then left alone for a second)."""
        if self._monotonic() < self._rest_until:
            _without_redis.inc()
            return None
        try:
            found = await work()
        except (RedisError, OSError, TimeoutError) as error:
            self._rest_until = self._monotonic() + REST_S
            _redis_up.set(0)
            _without_redis.inc()
            _log.warning("redis does not answer", extra={"reason": type(error).__name__})
            return None
        _redis_up.set(1)
        return found

    def _admit_alone(self, keys: _Keys, retailer_id: str | None, *, spends: bool) -> Admission:
        windows = tuple(one.share(self._replicas) for one in CALLS)
        disclosure = None
        if retailer_id is not None:
            disclosure = keys.disclosures(retailer_id), DISCLOSURES.share(self._replicas)
        now_us = self._now_us()
        reply = self._logs.admit(
            dict(zip(keys.windows, windows, strict=True)), disclosure=disclosure, now_us=now_us, spends=spends
        )
        found = admission(reply, windows)
        found.counted_at_us = now_us
        return found

    def _remember(self, keys: _Keys, retailer_id: str | None, found: Admission) -> None:
        """Keeps the count in process warm, so that losing Redis does not hand out a second quota."""
        found.counted_at_us = now_us = self._now_us()
        for name, window in zip(keys.windows, CALLS, strict=True):
            self._logs.spend(name, window, now_us)
        if retailer_id is not None:
            self._logs.spend(keys.disclosures(retailer_id), DISCLOSURES, now_us)

    def _now_us(self) -> int:
        return int(self._clock.now().timestamp() * SECOND_US)


def _arguments(nonce: str, spends: bool, count: int, windows: list[Window]) -> list[Argument]:
    pairs = [part for one in windows for part in (one.limit, one.length_s * SECOND_US)]
    return [0, nonce, int(spends), count, *pairs]
