"""Sliding windows: never more than the limit in any interval, in Redis as in process, and both say the same."""

import asyncio
from collections.abc import Iterator
from importlib import resources
from uuid import uuid4

import httpx
import pytest
import redis
from altscore_libs.clock import FixedClock
from altscore_score.limits.domain import CALLS, SECOND_US, SlidingLogs, Window
from altscore_score.limits.service import RateLimiter, ScoreAdmission
from altscore_score.platform.redis_pipeline import RedisCircuit, open_pipeline
from altscore_score.scores.reader import ScoreCache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..redis_server import RedisServer
from ..world import LENDER, NOW, OTHER_LENDER, RETAILER, UNKNOWN_RETAILER, World

START_US = 1_779_000_000 * SECOND_US
WINDOWS = (Window(3, 10), Window(5, 60))
DISCLOSURE = Window(2, 30)
steps = st.lists(st.integers(min_value=0, max_value=7 * SECOND_US), min_size=1, max_size=40)
close_to_the_edge = st.lists(st.sampled_from([0, 1, 5 * SECOND_US, 10 * SECOND_US - 1, 10 * SECOND_US]), max_size=30)


@pytest.fixture(scope="module")
def connection(redis_process: RedisServer) -> Iterator[redis.Redis]:
    """A client of redis-py on the real server."""
    client = redis.Redis(port=redis_process.port)
    yield client
    client.close()


class InRedis:
    """The windows as the script in Redis counts them, at times that the test names."""

    def __init__(self, client: redis.Redis) -> None:
        client.flushall()
        text = resources.files("altscore_score.limits").joinpath("windows.lua").read_text(encoding="utf-8")
        self._run = client.register_script(text)

    def admit(self, now_us: int, nonce: str, *, spends: bool = True) -> tuple[int, ...]:
        """Counts a call against two windows and a disclosure window."""
        pairs = [part for window in (*WINDOWS, DISCLOSURE) for part in (window.limit, window.length_s * SECOND_US)]
        reply = self._run(["m", "d", "x", "cached", "generation"], [now_us, nonce, int(spends), 2, *pairs])
        return tuple(reply[:7])


class InProcess:
    """The same windows as they are counted in process."""

    def __init__(self) -> None:
        self._logs = SlidingLogs()

    def admit(self, now_us: int, nonce: str, *, spends: bool = True) -> tuple[int, ...]:
        """Counts a call against the same windows."""
        return self._logs.admit(
            {"m": WINDOWS[0], "d": WINDOWS[1]},
            disclosure=("x", DISCLOSURE),
            now_us=now_us,
            spends=spends,
        )


def most_in_any_window(instants: list[int], length_us: int) -> int:
    """Calls in the fullest closed interval of that length, by brute force."""
    return max((sum(instant <= other <= instant + length_us for other in instants) for instant in instants), default=0)


def assert_never_over(gaps: list[int], limiter: InRedis | InProcess) -> None:
    """Makes calls with these gaps between them and passes when no window is ever over its limit."""
    now_us, admitted, disclosed = START_US, list[int](), list[int]()
    for number, gap in enumerate(gaps):
        now_us += gap
        reply = limiter.admit(now_us, str(number))
        if reply[0]:
            admitted.append(now_us)
        if reply[5]:
            disclosed.append(now_us)
    assert len(admitted) >= min(len(gaps), 1)
    for window in WINDOWS:
        assert most_in_any_window(admitted, window.length_s * SECOND_US) <= window.limit
    assert most_in_any_window(disclosed, DISCLOSURE.length_s * SECOND_US) <= DISCLOSURE.limit


@given(gaps=steps | close_to_the_edge)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_redis_never_admits_more_than_a_limit_in_any_window(connection: redis.Redis, gaps: list[int]) -> None:
    assert_never_over(gaps, InRedis(connection))


@given(gaps=steps | close_to_the_edge)
@settings(max_examples=150, deadline=None)
def test_the_process_never_admits_more_than_a_limit_in_any_window(gaps: list[int]) -> None:
    assert_never_over(gaps, InProcess())


@given(calls=st.lists(st.tuples(st.integers(min_value=0, max_value=7 * SECOND_US), st.booleans()), max_size=30))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_redis_and_the_process_give_the_same_answers(connection: redis.Redis, calls: list[tuple[int, bool]]) -> None:
    in_redis, in_process, now_us = InRedis(connection), InProcess(), START_US
    for number, (gap, spends) in enumerate(calls):
        now_us += gap
        reply = in_redis.admit(now_us, str(number), spends=spends)
        assert reply == in_process.admit(now_us, str(number), spends=spends)


@given(gaps=steps)
@settings(max_examples=60, deadline=None)
def test_a_refused_call_that_waits_as_told_is_admitted(gaps: list[int]) -> None:
    limiter, now_us = InProcess(), START_US
    for number, gap in enumerate(gaps):
        now_us += gap
        reply = limiter.admit(now_us, str(number))
        if not reply[0]:
            now_us = max(now_us, reply[3])
            again = limiter.admit(now_us, f"{number} again")
            assert again[0] or again[1] != reply[1]  # another, longer window may still be full


@given(gaps=steps, calls=st.integers(min_value=1, max_value=40))
@settings(max_examples=60, deadline=None)
def test_calls_that_redis_counted_are_remembered_up_to_the_limit_and_refused_alike(gaps: list[int], calls: int) -> None:
    logs, now_us = SlidingLogs(), START_US
    for gap in gaps:
        now_us += gap
        for _ in range(calls):
            logs.consume("pair", DISCLOSURE, now_us)
        assert len(logs) <= DISCLOSURE.limit + 1
        is_free, _, free_at_us = logs.peek("pair", DISCLOSURE, now_us)
        assert is_free == (calls < DISCLOSURE.limit and len(logs) < DISCLOSURE.limit)
        assert is_free or logs.peek("pair", DISCLOSURE, free_at_us)[0]


async def admit(limiter: RateLimiter, retailer_id: str, *, lender_id: str = LENDER) -> ScoreAdmission:
    """Counts a call for a score."""
    names = ScoreCache.names(lender_id, retailer_id)
    return await limiter.admit_score(lender_id, retailer_id, spends=True, cache_names=names, mark=None)


async def test_a_hundred_at_once_over_two_replicas_are_exactly_a_hundred(redis_server: RedisServer) -> None:
    clients = [open_pipeline(redis_server.url) for _ in range(2)]
    limiters = [RateLimiter(RedisCircuit(client), FixedClock(NOW), replicas=2) for client in clients]
    replies = await asyncio.gather(*(admit(limiters[number % 2], f"ret_{number:016x}") for number in range(160)))
    assert sum(reply.admission.is_admitted for reply in replies) == 100
    for client in clients:
        await client.close()


async def test_lenders_share_neither_limits_nor_cache(redis_server: RedisServer) -> None:
    client = open_pipeline(redis_server.url)
    limiter, cache = RateLimiter(RedisCircuit(client), FixedClock(NOW), replicas=1), ScoreCache(RedisCircuit(client))
    await client.call("PING")  # connected, as it is after the trip that tells the generation
    cache.put(LENDER, RETAILER, b"entry", generation=b"", ttl_s=60)
    mine, theirs = [await admit(limiter, RETAILER, lender_id=lender_id) for lender_id in (LENDER, OTHER_LENDER)]
    assert (mine.cached, theirs.cached) == (b"entry", None)
    assert (mine.admission.remaining, theirs.admission.remaining) == (99, 99)
    keys = [key.decode() for key in await client.call("KEYS", "*")]
    assert keys
    assert all("{lender_" in key for key in keys)
    await client.close()


async def test_a_score_read_before_it_became_stale_is_not_cached_after(redis_server: RedisServer) -> None:
    client = open_pipeline(redis_server.url)
    limiter, cache = RateLimiter(RedisCircuit(client), FixedClock(NOW), replicas=1), ScoreCache(RedisCircuit(client))
    before = await admit(limiter, RETAILER)
    assert before.generation is not None
    await cache.invalidate(RETAILER, [LENDER])
    cache.put(LENDER, RETAILER, b"old", generation=before.generation, ttl_s=60)
    assert (await admit(limiter, RETAILER)).cached is None
    await client.close()


async def test_without_redis_a_replica_grants_its_share_and_no_more(redis_server: RedisServer) -> None:
    redis_server.stop()
    client = open_pipeline(redis_server.url)
    limiter = RateLimiter(RedisCircuit(client), FixedClock(NOW), replicas=4)
    replies = [await admit(limiter, f"ret_{number:016x}") for number in range(30)]
    assert sum(reply.admission.is_admitted for reply in replies) == CALLS[0].limit // 4
    assert replies[0].generation is None
    await client.close()


async def test_losing_redis_hands_out_no_second_quota(redis_server: RedisServer) -> None:
    client = open_pipeline(redis_server.url)
    limiter = RateLimiter(RedisCircuit(client), FixedClock(NOW), replicas=1)
    for _ in range(100):
        assert (await limiter.admit(LENDER)).is_admitted
    redis_server.stop()
    assert not (await limiter.admit(LENDER)).is_admitted
    await client.close()


async def test_replays_free_no_place_for_the_time_without_redis(world: World, redis_server: RedisServer) -> None:
    keys = [{"X-Request-ID": str(uuid4())} for _ in range(3)]
    for key in [*keys, *keys]:
        assert (await world.score(headers=key)).status_code == 200
    redis_server.stop()
    assert (await world.score(UNKNOWN_RETAILER)).headers["x-ratelimit-remaining"] == "96"
    assert (await world.score()).status_code == 429
    redis_server.start()


async def test_scores_are_served_from_the_database_while_redis_is_gone(world: World, redis_server: RedisServer) -> None:
    redis_server.stop()
    replies = [await world.score() for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert replies[0].headers["x-ratelimit-remaining"] == "99"
    redis_server.start()
    await world.later(1.1)
    assert (await world.score()).status_code == 429  # the new Redis knows nothing of the three; the process does
    assert (await world.score(UNKNOWN_RETAILER)).status_code == 403


async def test_the_headers_stand_on_every_response(world: World) -> None:
    replies: list[httpx.Response] = [
        await world.score(),
        await world.score("bad"),
        await world.lenders.post("/v1/score"),
        await world.lenders.get("/nowhere"),
        await world.lenders.get("/.well-known/jwks.json"),
        await world.lenders.post("/v1/auth/token", json={}),
    ]
    for reply in replies:
        for name in ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id"):
            assert reply.headers.get(name), (reply.url, name)


async def test_calls_over_the_limit_do_not_burden_consent(world: World) -> None:
    for number in range(101):
        await world.score(f"ret_{number:016x}")
    asked = world.neighbours.asked
    refused = [await world.score(f"ret_{number:016x}") for number in range(200, 220)]
    assert {reply.status_code for reply in refused} == {429}
    assert world.neighbours.asked == asked
