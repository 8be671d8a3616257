"""One pipelined connection to Redis: commands of one loop turn leave in one write, replies come back in order.

redis-py spends ten times the processor time on a call; it stays for everything that is not on the path of a score.
`tests/test_redis_line.py` holds that both give the same replies.
"""

import asyncio
import hashlib
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import hiredis
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import NoScriptError, ResponseError

FIRST_REST_S, LONGEST_REST_S = 0.05, 1.0
Argument = str | bytes | int


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
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
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
            if not future.done():
                future.set_exception(RedisGone("redis closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not False:
                future, _ = self._waiting.popleft()
                if future.done():  # its caller was cancelled
                    continue
                if isinstance(reply, ResponseError):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
        except (hiredis.ProtocolError, IndexError):  # not the reply of any command of ours
            self.close()

    def ask(self, command: tuple[Argument, ...]) -> asyncio.Future[Any]:
        """Queues a command; the future holds its reply.

        Raises:
            RedisGone: the connection is closed.
        """
        if not self.is_open:
            raise RedisGone("redis is not connected")
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(hiredis.pack_command(command))  # type: ignore[arg-type]  # typed as a tuple of one
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((future, self._loop.time()))
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout_s, self._look)
        return future

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if self.is_open and self._transport is not None:
            self._transport.write(b"".join(outgoing))

    def _look(self) -> None:
        """Replies come in order: when the oldest is late, the connection is of no use to the others either."""
        self._watch = None
        if not self._waiting:
            return
        late_in_s = self._waiting[0][1] + self._timeout_s - self._loop.time()
        if late_in_s <= 0:
            self.close()
        else:
            self._watch = self._loop.call_later(late_in_s, self._look)

    def close(self) -> None:
        """Ends the connection; what waits fails."""
        if self._transport is not None:
            self._transport.abort()
        self.connection_lost(None)


def _error(message: str) -> ResponseError:
    return NoScriptError(message) if message.startswith("NOSCRIPT") else ResponseError(message)


def _heard(reply: asyncio.Future[Any]) -> None:
    reply.cancelled() or reply.exception()  # a failure was nobody's to wait for


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
        self._link: _Connection | None = None
        self._connecting: asyncio.Task[_Connection] | None = None
        self._failures = 0
        self._rest_until = 0.0

    async def call(self, *command: Argument) -> Any:
        """The reply to one command.

        Raises:
            RedisGone: no reply; it is unknown whether Redis did it.
            ResponseError: Redis refused.
        """
        return await (await self._ready()).ask(command)

    def tell(self, *command: Argument) -> None:
        """Sends a command and waits for nothing; not sent while there is no connection."""
        if self._link is not None and self._link.is_open:
            self._link.ask(command).add_done_callback(_heard)

    async def many(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        """The replies to several commands that leave together.

        Raises:
            as call(), for the first that failed.
        """
        link = await self._ready()
        replies = await asyncio.gather(*[link.ask(one) for one in commands], return_exceptions=True)
        for reply in replies:
            if isinstance(reply, BaseException):
                raise reply
        return replies

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
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
        if self._link is not None:
            self._link.close()

    async def _ready(self) -> _Connection:
        if self._link is not None and self._link.is_open:
            return self._link
        if self._connecting is None:
            if self._monotonic() < self._rest_until:
                raise RedisGone("redis is not connected")
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(self._connected)
        try:
            return await asyncio.shield(self._connecting)
        except (OSError, TimeoutError) as error:
            raise RedisGone("redis cannot be reached") from error

    def _connected(self, task: asyncio.Task[_Connection]) -> None:
        self._connecting = None
        if not task.cancelled() and task.exception() is None:
            self._link, self._failures = task.result(), 0
            return
        rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2**self._failures)
        self._failures += 1
        self._rest_until = self._monotonic() + rest_s

    async def _connect(self) -> _Connection:
        host, port, database, username, password, context = self._address
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout_s):
            _, link = await loop.create_connection(lambda: _Connection(self._timeout_s), host, port, ssl=context)
            if password is not None:
                await link.ask(("AUTH", *([username] if username else []), password))
            if database:
                await link.ask(("SELECT", database))
        return link
