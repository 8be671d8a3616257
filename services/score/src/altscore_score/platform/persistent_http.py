"""GET over kept mutual-TLS connections, for the one call that stands on the path of every score.

The shared client (httpx) costs about a millisecond of processor time a call; this one parses with uvicorn's own parser
and does nothing that the consent check does not need: no redirects, cookies, proxies or bodies sent.
"""

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import httptools
import orjson
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import OK_BELOW, RETRIED_STATUS, RemoteError

IDLE_S = 60.0
MAX_REPLY_BYTES = 65_536


class _Connection(asyncio.Protocol):
    """One connection: one question at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = b""
        self.is_open = False
        self.used_at_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # of create_connection
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's own signature
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed before the answer"))

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > MAX_REPLY_BYTES:
            self.close()

    def on_message_complete(self) -> None:
        if self._answer is None or self._answer.done():  # nobody asked: not a peer to be trusted with the next question
            self.close()
            return
        self._answer.set_result((self._parser.get_status_code(), self._body))
        if not self._parser.should_keep_alive():
            self.close()

    async def get(self, request: bytes, timeout_s: float) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises:
            OSError, TimeoutError: none; the connection is closed.
        """
        if self._transport is None or not self.is_open:
            raise ConnectionError("closed before the question")
        loop = asyncio.get_running_loop()
        self._answer, self._body = loop.create_future(), b""
        timer = loop.call_later(timeout_s, self.close)
        try:
            self._transport.write(request)
            return await self._answer
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """Ends the connection; an open question fails."""
        if self._transport is not None:
            self._transport.abort()
        self.connection_lost(None)


class PersistentHttpClient:
    """Asks one service with GET.

    Args:
        base_url: https://host:port of the service.
        context: who we are and whom we trust.
        timeout_s: of one try, connecting included.
        attempts: most tries.
        connections: most questions at a time; others wait for their turn.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        base_url: str,
        context: ssl.SSLContext | None,
        *,
        timeout_s: float = 1.0,
        attempts: int = 2,
        connections: int = 32,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 443
        self._context = context
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._monotonic = monotonic
        self._turns = asyncio.Semaphore(connections)
        self._idle: list[_Connection] = []
        self._head = f" HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAccept: application/json\r\n\r\n".encode()

    async def call(self, method: str, path: str, *, params: dict[str, Any]) -> Any:
        """The decoded JSON body of a 2xx answer.

        Raises:
            ValueError: a method other than GET.
            Unavailable: no usable answer within the tries.
            RemoteError: an answer other than 2xx.
        """
        if method != "GET":
            raise ValueError("this client asks with GET alone")
        request = f"GET {path}?{urlencode(params)}".encode("ascii") + self._head
        for attempt in range(self._attempts):
            if attempt:
                await asyncio.sleep(random.uniform(0, 0.1 * 2**attempt))
            try:
                async with self._turns:
                    status, body = await self._get(request)
            except (OSError, TimeoutError):
                continue
            if status not in RETRIED_STATUS:
                return _result(status, body)
        raise Unavailable("another service is not available")

    async def close(self) -> None:
        """Ends the connections."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def _get(self, request: bytes) -> tuple[int, bytes]:
        connection = self._idle_connection() or await self._connect()
        answer = await connection.get(request, self._timeout_s)
        if connection.is_open:
            connection.used_at_s = self._monotonic()
            self._idle.append(connection)
        return answer

    def _idle_connection(self) -> _Connection | None:
        """The connection used last; those that rested for long are closed, since the other side may be about to."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and self._monotonic() - connection.used_at_s < IDLE_S:
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        async with asyncio.timeout(self._timeout_s):
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(_Connection, self._host, self._port, ssl=self._context)
        return connection


def _result(status: int, body: bytes) -> Any:
    try:
        answer = orjson.loads(body) if body else None
    except orjson.JSONDecodeError as error:
        raise Unavailable("another service gave no JSON") from error
    if status >= OK_BELOW:
        raise RemoteError(status, str(answer.get("code", "")) if isinstance(answer, dict) else "")
    return answer
