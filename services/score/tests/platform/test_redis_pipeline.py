"""The pipelined Redis client: the replies of redis-py, in order, and an honest error when there is none."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis
from altscore_libs.testing_postgres import HANG_S
from altscore_score.platform.redis_pipeline import Address, PipelinedRedis, Script, open_pipeline
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import ResponseError

from ..redis_server import RedisServer
from ..world import Monotonic

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
    """The client under test, on the real server."""
    client = open_pipeline(redis_server.url)
    yield client
    await client.close()


@pytest.fixture
def reference(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """A client of redis-py on the same server."""
    client = redis.Redis(port=redis_server.port, protocol=2)
    for command in ("ZRANGE", "SET"):
        client.response_callbacks.pop(command, None)  # else it makes floats and booleans of them
    yield client
    client.close()


def execute(client: redis.Redis, *command: str | bytes | int) -> Any:
    """The reply of redis-py to a command, as Redis sent it."""
    run: Callable[..., Any] = client.execute_command  # which redis-py leaves untyped
    return run(*command)


async def test_replies_are_those_of_redis_py(line: PipelinedRedis, reference: redis.Redis) -> None:
    ours = [await line.call(*command) for command in COMMANDS]
    theirs = [execute(reference, *command) for command in COMMANDS]
    assert ours == theirs


async def test_a_script_is_sent_once_and_again_when_redis_forgot_it(
    line: PipelinedRedis, reference: redis.Redis
) -> None:
    expected = [b"k", b"v", 7, None, [1, b"x"]]
    assert await line.execute(SCRIPT, ["k"], ["v"]) == expected
    assert execute(reference, "SCRIPT", "EXISTS", SCRIPT.sha) == [True]
    execute(reference, "SCRIPT", "FLUSH")
    assert await line.execute(SCRIPT, ["k"], ["v"]) == expected


async def test_many_callers_each_get_their_own_reply(line: PipelinedRedis) -> None:
    replies = await asyncio.gather(*(line.call("ECHO", f"{number}") for number in range(2_000)))
    assert replies == [f"{number}".encode() for number in range(2_000)]


async def test_a_cancelled_caller_shifts_nobodys_reply(line: PipelinedRedis) -> None:
    await line.call("PING")
    leaving = asyncio.ensure_future(line.call("ECHO", "left"))
    await asyncio.sleep(0)
    staying = asyncio.ensure_future(line.call("ECHO", "stayed"))
    leaving.cancel()
    assert await staying == b"stayed"


async def test_an_error_reply_is_that_callers_alone(line: PipelinedRedis) -> None:
    await line.call("SET", "text", "x")
    replies: tuple[Any, Any] = await asyncio.gather(
        line.call("INCR", "text"), line.call("GET", "text"), return_exceptions=True
    )
    wrong, right = replies
    assert isinstance(wrong, ResponseError)
    assert right == b"x"
    with pytest.raises(ResponseError):
        await line.send_all([("GET", "text"), ("INCR", "text")])


async def test_a_silent_redis_fails_all_that_wait_and_its_connection_is_closed() -> None:
    connections, is_left = 0, asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        with suppress(ConnectionError):
            await reader.read()  # until the client closes
        is_left.set()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    line = PipelinedRedis(Address.parse(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"), timeout_s=0.1)
    async with asyncio.timeout(30):  # reached only by calls that have no timeout of their own
        replies = await asyncio.gather(*(line.call("GET", "a") for _ in range(5)), return_exceptions=True)
        await is_left.wait()
    assert [type(reply) for reply in replies] == [RedisGone] * 5
    assert connections == 1
    await line.close()
    server.close()


async def test_the_client_reconnects_after_a_loss_and_rests_between_tries(redis_server: RedisServer) -> None:
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


async def test_a_command_without_a_caller_that_waits_arrives_all_the_same(line: PipelinedRedis) -> None:
    line.send_nowait("SET", "unheard", "x")  # no connection yet
    assert await line.call("GET", "unheard") is None
    line.send_nowait("SET", "heard", "x")
    line.send_nowait("NONSENSE")
    assert await line.call("GET", "heard") == b"x"


async def test_a_command_that_nobody_waits_for_leaves_by_itself_when_no_other_comes(
    line: PipelinedRedis, reference: redis.Redis
) -> None:
    await line.call("PING")
    line.send_nowait("SET", "lonely", "x")
    async with asyncio.timeout(HANG_S):
        while reference.get("lonely") != b"x":  # noqa: ASYNC110  # Redis tells nobody
            await asyncio.sleep(0.001)


async def test_commands_that_nobody_waits_for_share_the_write_of_the_next_one(
    line: PipelinedRedis, reference: redis.Redis
) -> None:
    def reads() -> int:
        return int(reference.info("stats")["total_reads_processed"])

    await line.call("PING")
    before = reads()
    line.send_nowait("SET", "first", "x")
    await asyncio.sleep(0)  # a turn of the loop, in which a write would leave
    line.send_nowait("SET", "second", "x")
    assert await line.call("MGET", "first", "second") == [b"x", b"x"]
    assert reads() - before == 2  # that write, and the question itself


async def test_password_and_database_come_from_the_address(redis_server: RedisServer, reference: redis.Redis) -> None:
    execute(reference, "CONFIG", "SET", "requirepass", "p@ss")
    address = f"redis://:p%40ss@127.0.0.1:{redis_server.port}/3"
    line = PipelinedRedis(Address.parse(address))
    await line.call("SET", "here", "x")
    assert redis.Redis(port=redis_server.port, password="p@ss", db=3).get("here") == b"x"
    wrong = PipelinedRedis(Address.parse(address.replace("p%40ss", "guess")))
    with pytest.raises(ResponseError):
        await wrong.call("PING")
    for client in (line, wrong):
        await client.close()
    with pytest.raises(ValueError, match="address"):
        Address.parse("http://127.0.0.1")
