"""The pipelined Redis client: the replies of redis-py, in order, and an honest error when there is none."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import redis
from altscore_score.main import open_pipeline
from altscore_score.platform.redis_pipeline import Address, PipelinedRedis, Script
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import ResponseError

from ..world import Monotonic, RedisServer

SCRIPT = Script.of("return {KEYS[1], ARGV[1], 7, false, {1, 'x'}}")
COMMANDS: list[tuple[str | bytes | int, ...]] = [
    ("SET", "a", b"\x00\xff\r\n"),
    ("GET", "a"),
    ("GET", "none"),
    ("INCRBY", "n", 41),
    ("ZADD", "z", 1, "one", 2, "two"),
    ("ZRANGE", "z", 0, -1, "WITHSCORES"),
    ("MGET", "a", "none", "n"),
    ("EXISTS", "a"),
    ("DEL", "a", "n", "z"),
]


@pytest.fixture
async def line(redis_server: RedisServer) -> AsyncIterator[PipelinedRedis]:
    """A client of the real server."""
    created = open_pipeline(redis_server.url)
    yield created
    await created.close()


@pytest.fixture
def reference(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """redis-py on the same server."""
    client = redis.Redis(port=redis_server.port, protocol=2)
    for command in ("ZRANGE", "SET"):
        client.response_callbacks.pop(command, None)  # else it makes floats and booleans of them
    yield client
    client.close()


async def test_replies_are_those_of_redis_py(line: PipelinedRedis, reference: redis.Redis) -> None:
    ours = [await line.call(*command) for command in COMMANDS]
    theirs = [reference.execute_command(*command) for command in COMMANDS]
    assert ours == theirs


async def test_a_script_is_sent_once_and_again_when_redis_forgot_it(
    line: PipelinedRedis, reference: redis.Redis
) -> None:
    want = [b"k", b"v", 7, None, [1, b"x"]]
    assert await line.execute(SCRIPT, ["k"], ["v"]) == want
    assert reference.execute_command("SCRIPT", "EXISTS", SCRIPT.sha) == [True]
    reference.execute_command("SCRIPT", "FLUSH")
    assert await line.execute(SCRIPT, ["k"], ["v"]) == want


async def test_many_callers_each_get_their_own_reply(line: PipelinedRedis) -> None:
    replies = await asyncio.gather(*(line.call("ECHO", f"{number}") for number in range(2_000)))
    assert replies == [f"{number}".encode() for number in range(2_000)]


async def test_a_cancelled_caller_shifts_nobodys_reply(line: PipelinedRedis) -> None:
    await line.call("PING")
    leaves = asyncio.ensure_future(line.call("ECHO", "left"))
    await asyncio.sleep(0)
    stays = asyncio.ensure_future(line.call("ECHO", "stayed"))
    leaves.cancel()
    assert await stays == b"stayed"


async def test_an_error_reply_is_that_callers_alone(line: PipelinedRedis) -> None:
    await line.call("SET", "text", "x")
    wrong, right = await asyncio.gather(line.call("INCR", "text"), line.call("GET", "text"), return_exceptions=True)
    assert isinstance(wrong, ResponseError)
    assert right == b"x"
    with pytest.raises(ResponseError):
        await line.send_all([("GET", "text"), ("INCR", "text")])


async def test_a_silent_redis_fails_all_who_wait_in_time(redis_server: RedisServer, reference: redis.Redis) -> None:
    line = PipelinedRedis(Address.parse(redis_server.url), timeout_s=0.1)
    await line.call("PING")
    reference.execute_command("CLIENT", "PAUSE", 400, "ALL")
    begun = time.monotonic()
    replies = await asyncio.gather(*(line.call("GET", "a") for _ in range(5)), return_exceptions=True)
    assert all(isinstance(reply, RedisGone) for reply in replies)
    assert time.monotonic() - begun < 0.35
    await line.close()


async def test_it_comes_back_after_a_loss_and_rests_between_tries(redis_server: RedisServer) -> None:
    monotonic = Monotonic()
    line = open_pipeline(redis_server.url, monotonic=monotonic)
    assert await line.call("PING") == b"PONG"
    redis_server.stop()
    for _ in range(2):
        with pytest.raises(RedisGone):  # lost, then refused
            await line.call("PING")
    redis_server.start()
    with pytest.raises(RedisGone, match="not connected"):
        await line.call("PING")
    monotonic.at += 1.0
    assert await line.call("PING") == b"PONG"
    await line.close()


async def test_a_told_command_waits_for_nothing_and_arrives(line: PipelinedRedis) -> None:
    line.send_nowait("SET", "unheard", "x")  # no connection yet
    assert await line.call("GET", "unheard") is None
    line.send_nowait("SET", "heard", "x")
    line.send_nowait("NONSENSE")
    assert await line.call("GET", "heard") == b"x"


async def test_password_and_database_come_from_the_address(redis_server: RedisServer, reference: redis.Redis) -> None:
    reference.execute_command("CONFIG", "SET", "requirepass", "p@ss")
    address = f"redis://:p%40ss@127.0.0.1:{redis_server.port}/3"
    line = PipelinedRedis(Address.parse(address))
    await line.call("SET", "here", "x")
    assert redis.Redis(port=redis_server.port, password="p@ss", db=3).get("here") == b"x"
    wrong = PipelinedRedis(Address.parse(address.replace("p%40ss", "guess")))
    with pytest.raises(ResponseError):
        await wrong.call("PING")
    for item in (line, wrong):
        await item.close()
    with pytest.raises(ValueError, match="address"):
        Address.parse("http://127.0.0.1")
