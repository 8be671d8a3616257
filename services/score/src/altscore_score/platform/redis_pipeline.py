"""One pipelined connection to Redis: commands of one loop turn leave in one write, replies come back in order.

Commands whose reply nobody waits for leave with the next command, so that they cost no write of their own.

redis-py spends ten times the processor time on a call; it stays for everything that is not on the path of a score.
`tests/platform/test_redis_pipeline.py` holds that both give the same replies.
"""

import asyncio
import hashlib
import logging
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

import hiredis
from altscore_libs.circuit import CircuitBreaker, CircuitOpen, State
from altscore_libs.tls import watch_authority
from prometheus_client import Counter, Gauge
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError

from altscore_score.platform.waits import SERVING

FIRST_REST_S, LONGEST_REST_S = 0.05, 1.0
OPEN_S = 1.0
MOST_CONNECTIONS = 32
LINGER_S = 0.002
"""How long a command that nobody waits for may wait for another one to leave with."""
WRONG_TYPE = "WRONGTYPE"
NO_ANSWER = (RedisError, OSError, TimeoutError)
Argument = str | bytes | int
_T = TypeVar("_T")
_log = logging.getLogger("altscore.score.redis")
_without_redis = Counter("altscore_score_without_redis_total", "Calls that Redis did not answer.")
_redis_up = Gauge("altscore_score_redis_up", "1 while Redis answers.")


@dataclass(frozen=True)
class Script:
    """A Lua script and the name Redis knows it by."""

    text: str
    sha: str

    @classmethod
    def of(cls, text: str) -> "Script":
        """The script with its digest."""
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class Address(NamedTuple):
    """Where Redis is and how it is entered."""

    host: str
    port: int
    database: int
    username: str | None
    password: str | None
    context: ssl.SSLContext | None

    @classmethod
    def parse(cls, url: str, ca_file: Path | None = None) -> "Address":
        """From `redis://` or `rediss://[user:password@]host:port/database`.

        Raises:
            ValueError: another scheme.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss"):
            raise ValueError("not the address of a Redis")
        context = ssl.create_default_context(cafile=ca_file) if parts.scheme == "rediss" else None
        if context is not None and ca_file is not None:
            watch_authority(context, ca_file)
        return cls(
            parts.hostname or "127.0.0.1",
            parts.port or 6379,
            int(parts.path.strip("/") or 0),
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            context,
        )


class _Connection(asyncio.Protocol):
    """One connection: a queue of futures in the order of their commands."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(replyError=_error)
        self._outgoing: list[bytes] = []
        self._is_flush_due = False
        self._waiting: deque[tuple[asyncio.Future[Any] | None, float]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # of create_connection
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's own signature
        self.is_open = False
        if self._watch is not None:
            self._watch.cancel()
        waiting, self._waiting = self._waiting, deque()
        for future, _ in waiting:
            if future is not None and not future.done():
                future.set_exception(RedisConnectionError("redis closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not False:
                future, _ = self._waiting.popleft()
                if future is None or future.done():  # nobody waits, or its caller was cancelled
                    continue
                if isinstance(reply, ResponseError):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
        except (hiredis.ProtocolError, IndexError):  # not the reply of any command of ours
            self.close()

    def send(self, command: tuple[Argument, ...]) -> asyncio.Future[Any]:
        """Queues a command; the future holds its reply.

        Raises:
            RedisConnectionError: the connection is closed.
        """
        if not self.is_open:
            raise RedisConnectionError("redis is not connected")
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue(command, future)
        return future

    def send_nowait(self, command: tuple[Argument, ...]) -> None:
        """Queues a command for the next write, LINGER_S from now at the latest; its reply is dropped."""
        if not self._is_flush_due and not self._outgoing:
            self._loop.call_later(LINGER_S, self._flush)
        self._queue(command, None)

    def _queue(self, command: tuple[Argument, ...], future: asyncio.Future[Any] | None) -> None:
        self._outgoing.append(hiredis.pack_command(command))  # type: ignore[arg-type]  # typed as a tuple of one
        self._waiting.append((future, self._loop.time()))
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout_s, self._close_if_late)

    def _flush(self) -> None:
        outgoing, self._outgoing, self._is_flush_due = self._outgoing, [], False
        if outgoing and self.is_open and self._transport is not None:
            self._transport.write(b"".join(outgoing))

    def _close_if_late(self) -> None:
        """Replies come in order: when the oldest is late, the connection is of no use to the others either."""
        self._watch = None
        if not self._waiting:
            return
        late_in_s = self._waiting[0][1] + self._timeout_s - self._loop.time()
        if late_in_s <= 0:
            self.close()
        else:
            self._watch = self._loop.call_later(late_in_s, self._close_if_late)

    def close(self) -> None:
        """Ends the connection; what waits fails."""
        if self._transport is not None:
            self._transport.abort()
        self.connection_lost(None)


def _error(message: str) -> ResponseError:
    return NoScriptError(message) if message.startswith("NOSCRIPT") else ResponseError(message)


class PipelinedRedis:
    """A Redis client for one process: connects when needed, and again after a loss, with a growing rest between tries.

    Args:
        address: of the server.
        timeout_s: of connecting and of each reply.
        monotonic: seconds that only grow.
    """

    def __init__(
        self, address: Address, *, timeout_s: float = 1.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[_Connection] | None = None
        self._failures = 0
        self._rest_until = 0.0

    async def call(self, *command: Argument) -> Any:
        """The reply to one command.

        Raises:
            RedisConnectionError: no reply; it is unknown whether Redis did it.
            ResponseError: Redis refused.
        """
        return await (await self._ready()).send(command)

    def send_nowait(self, *command: Argument) -> None:
        """Sends a command with the next one (LINGER_S) and waits for nothing; dropped while there is no connection."""
        if self._connection is not None and self._connection.is_open:
            self._connection.send_nowait(command)

    async def send_all(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        """The replies to several commands that leave together.

        Raises:
            as call(), for the first that failed.
        """
        connection = await self._ready()
        replies = await asyncio.gather(*[connection.send(command) for command in commands], return_exceptions=True)
        for reply in replies:
            if isinstance(reply, BaseException):
                raise reply
        return replies

    async def execute(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        """The reply of a script, which is sent whole where Redis has not seen it.

        Raises:
            as call().
        """
        rest = (len(keys), *keys, *arguments)
        try:
            return await self.call("EVALSHA", script.sha, *rest)
        except NoScriptError:
            return await self.call("EVAL", script.text, *rest)

    async def close(self) -> None:
        """Ends the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close()

    async def _ready(self) -> _Connection:
        if self._connection is not None and self._connection.is_open:
            return self._connection
        if self._connecting is None:
            if self._monotonic() < self._rest_until:
                raise RedisConnectionError("redis is not connected")
            self._connecting = asyncio.create_task(self._connect(), context=Context())  # as long as many calls
            self._connecting.add_done_callback(self._connected)
        try:
            return await asyncio.shield(self._connecting)
        except (OSError, TimeoutError) as error:
            raise RedisConnectionError("redis cannot be reached") from error

    def _connected(self, task: asyncio.Task[_Connection]) -> None:
        self._connecting = None
        if not task.cancelled() and task.exception() is None:
            self._connection, self._failures = task.result(), 0
            return
        rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2**self._failures)
        self._failures += 1
        self._rest_until = self._monotonic() + rest_s

    async def _connect(self) -> _Connection:
        host, port, database, username, password, context = self._address
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout_s):
            _, connection = await loop.create_connection(lambda: _Connection(self._timeout_s), host, port, ssl=context)
            if password is not None:
                await connection.send(("AUTH", *([username] if username else []), password))
            if database:
                await connection.send(("SELECT", database))
        return connection


class RedisCircuit:
    """A circuit breaker before Redis: after one failure it is left alone for a second, then one call tries.

    Args:
        redis: with a short timeout.
        monotonic: seconds that only grow.
    """

    def __init__(self, redis: PipelinedRedis, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.redis = redis
        self._breaker = CircuitBreaker(
            "redis", window=1, at_least=1, first_open_s=OPEN_S, longest_open_s=OPEN_S, monotonic=monotonic
        )

    async def attempt(self, work: Callable[[], Awaitable[_T]]) -> _T | None:
        """The result of a call of Redis; None where it failed, or the circuit is open.

        A key of a wrong type is the fault of that key: the other calls go on.
        """
        try:
            with self._breaker.attempt(NO_ANSWER):
                result = await _unless_wrong_type(work)
        except CircuitOpen:
            _without_redis.inc()
            return None
        except NO_ANSWER as error:
            _redis_up.set(0)
            _without_redis.inc()
            _log.warning("redis does not answer", extra={"reason": type(error).__name__})
            return None
        _redis_up.set(1)
        return result

    async def execute(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]) -> Any | None:
        """The reply of a script; None where it failed, or the circuit is open."""
        return await self.attempt(lambda: self.redis.execute(script, keys, arguments))

    def send_nowait(self, *command: Argument) -> None:
        """As PipelinedRedis.send_nowait(); dropped while the circuit is open, too."""
        if self._breaker.state is State.CLOSED:
            self.redis.send_nowait(*command)


async def _unless_wrong_type(work: Callable[[], Awaitable[_T]]) -> _T | None:
    try:
        return await work()
    except ResponseError as error:
        if WRONG_TYPE not in str(error):
            raise
    _log.error("a key of redis has a wrong type")
    return None


def open_redis(url: str, ca_file: Path | None, *, timeout_s: float = SERVING.redis_s) -> Redis:
    """A Redis client that gives up quickly: without Redis calls are still served."""
    options: dict[str, Any] = {"ssl_ca_certs": str(ca_file)} if ca_file is not None else {}
    # A burst waits for a connection: taken for an outage, it would be counted in process and admit too much.
    connections = BlockingConnectionPool.from_url(
        url,
        max_connections=MOST_CONNECTIONS,
        timeout=2 * timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        **options,
    )
    return Redis.from_pool(connections)


def open_pipeline(
    url: str,
    ca_file: Path | None = None,
    *,
    timeout_s: float = SERVING.redis_s,
    monotonic: Callable[[], float] = time.monotonic,
) -> PipelinedRedis:
    """The cheap Redis client of the path of a score."""
    return PipelinedRedis(Address.parse(url, ca_file), timeout_s=timeout_s, monotonic=monotonic)
