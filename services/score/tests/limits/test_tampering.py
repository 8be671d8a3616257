"""The windows against a model, while another writer of Redis plants, deletes and spoils their keys."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from altscore_score.limits.domain import SECOND_US, Window
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..redis_server import RedisServer
from .test_service import DISCLOSURE, START_US, WINDOWS, InRedis

KEYS = {"m": WINDOWS[0], "d": WINDOWS[1], "x": DISCLOSURE}
gaps = st.integers(min_value=0, max_value=20 * SECOND_US)
keys = st.sampled_from(sorted(KEYS))
calls = st.tuples(st.just("call"), gaps)
plants = st.tuples(
    st.just("plant"), keys, st.lists(st.integers(min_value=-100 * SECOND_US, max_value=10**15), min_size=1, max_size=9)
)
spoils = st.tuples(st.sampled_from(["delete", "list", "text"]), keys)
steps = st.lists(st.one_of(calls, plants, spoils), min_size=1, max_size=30)


@pytest.fixture(scope="module")
def connection(redis_process: RedisServer) -> Iterator[redis.Redis]:
    """A client of redis-py on the real server."""
    client = redis.Redis(port=redis_process.port)
    yield client
    client.close()


class Model:
    """What the windows must say: instants ahead count from when they are met, and no more than the limit is kept."""

    def __init__(self) -> None:
        self.instants: dict[str, list[int]] = {key: [] for key in KEYS}

    def look(self, key: str, now_us: int) -> tuple[bool, int, int]:
        """Whether a place is free, how many are taken, and when the next is free."""
        window: Window = KEYS[key]
        length_us = window.length_s * SECOND_US
        kept = sorted(instant for instant in self.instants[key] if instant >= now_us - length_us)[-window.limit :]
        kept = [min(instant, now_us) for instant in kept]
        self.instants[key] = kept
        return len(kept) < window.limit, len(kept), min(kept) + length_us + 1 if kept else now_us + length_us

    def call(self, now_us: int) -> tuple[bool, bool]:
        """Whether a call is admitted, and whether it may disclose."""
        is_free = [self.look(key, now_us)[0] for key in ("m", "d")]  # both are looked at, as the script does
        if not all(is_free):
            return False, False
        for key in ("m", "d"):
            self.instants[key].append(now_us)
        if not self.look("x", now_us)[0]:
            return True, False
        self.instants["x"].append(now_us)
        return True, True


def tamper(client: redis.Redis, model: Model, step: tuple[object, ...], *, now_us: int, number: int) -> None:
    """One change from outside, in Redis and in the model."""
    what, key = step[0], str(step[1])
    if what == "plant":
        planted = [now_us + offset for offset in step[2]]  # type: ignore[attr-defined]
        if client.type(key) not in (b"zset", b"none"):
            client.delete(key)
        client.zadd(key, {f"planted {number} {place}": instant for place, instant in enumerate(planted)})
        model.instants[key] += planted
        return
    client.delete(key)
    model.instants[key] = []
    if what == "list":
        client.lpush(key, "x")
    elif what == "text":
        client.set(key, "x")


@given(steps=steps)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_planted_the_windows_do_as_the_model_and_a_wait_is_true(
    connection: redis.Redis, steps: list[tuple[object, ...]]
) -> None:
    limiter, model, now_us = InRedis(connection), Model(), START_US
    for number, step in enumerate(steps):
        if step[0] != "call":
            tamper(connection, model, step, now_us=now_us, number=number)
            continue
        now_us += int(str(step[1]))
        reply = limiter.admit(now_us, f"call {number}")
        assert (bool(reply[0]), bool(reply[5])) == model.call(now_us)
        longest_us = max(window.length_s for window in KEYS.values()) * SECOND_US
        assert reply[3] <= now_us + longest_us + 1
        assert reply[6] <= now_us + longest_us + 1
        counted: list[Any] = [connection.zrange(key, -1, -1, withscores=True) for key in ("m", "d")]
        assert all(instant <= now_us for newest in counted for _, instant in newest)
    for _ in WINDOWS:  # a caller that waits as told, once for each window, is admitted
        reply = limiter.admit(now_us, "last", spends=False)
        now_us = max(now_us, reply[3]) if reply[2] >= WINDOWS[reply[1] - 1].limit else now_us
    assert limiter.admit(now_us, "last")[0]
