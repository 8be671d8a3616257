"""Bytes on a TLS connection that two HTTP parsers would read differently, or that never end."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from altscore_libs import http1
from altscore_libs.service import Listener
from altscore_libs.testing import self_signed
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_libs.tls import ServerTls
from altscore_score.app import create_served_lenders_app
from altscore_score.errors import PROBLEM_TYPES

from .lenders_server import running
from .world import LENDER, PURPOSE, RETAILER, World

PATIENCE_S = 0.3
BODY = json.dumps({"retailer_id": RETAILER, "purpose": PURPOSE}).encode()
INNER = b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ServerTls:
    """A certificate of the tests' own."""
    return ServerTls(*self_signed(tmp_path_factory.mktemp("tls")))


class LendersServer:
    """The lenders' API on a real port, as a client on a TLS connection sees it."""

    def __init__(self, port: int, world: World, certificate: Path) -> None:
        self.port = port
        self.world = world
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._context.check_hostname = False

    def head(self, *more: bytes, start: bytes = b"POST /v1/score HTTP/1.1", host: bytes | None = b"localhost") -> bytes:
        """The head of a lender's call with a good token."""
        lines = [start, *([b"Host: " + host] if host is not None else [])]
        lines += [f"{name}: {value}".encode() for name, value in self.world.headers().items()]
        return b"\r\n".join([*lines, b"Content-Type: application/json", *more, b"", b""])

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Opens a TLS connection for the block."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self._context)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def exchange(self, raw: bytes) -> bytes:
        """Everything that comes back until the server closes the connection."""
        async with self.connection() as (reader, writer):
            writer.write(raw)
            return await asyncio.wait_for(reader.read(), timeout=HANG_S)


@asynccontextmanager
async def serving(world: World, tls: ServerTls, *, patience_s: float) -> AsyncIterator[LendersServer]:
    """Serves the lenders' API, which waits so long for a head and as long for a body."""
    app, port = create_served_lenders_app(world.services, body_timeout_s=patience_s), free_port()
    listener = Listener(
        app, port, tls, require_client_certificate=False, head_timeout_s=patience_s, problem_types=PROBLEM_TYPES
    )
    async with running(listener):
        yield LendersServer(port, world, tls.cert_file)


@pytest.fixture
async def server(world: World, tls: ServerTls) -> AsyncIterator[LendersServer]:
    """A server of little patience."""
    async with serving(world, tls, patience_s=PATIENCE_S) as impatient:
        yield impatient


def status_of(reply: bytes) -> tuple[int, str]:
    """Status and code of the only reply."""
    assert reply.count(b"HTTP/1.1 ") == 1, reply[:300]
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"x-request-id: req_" in head
    assert b"connection: close" in head.lower()
    problem = json.loads(body)
    assert problem["status"] == int(head.split()[1])
    assert problem["type"] == PROBLEM_TYPES + problem["code"]
    return problem["status"], problem["code"]


def length(size: int = len(BODY)) -> bytes:
    """The header that says how long a body is."""
    return b"Content-Length: %d" % size


SMUGGLED: dict[str, Callable[[LendersServer], bytes]] = {
    "length and chunked": lambda d: d.head(length(4), b"Transfer-Encoding: chunked") + b"0\r\n\r\n" + INNER,
    "chunked and length": lambda d: d.head(b"Transfer-Encoding: chunked", length()) + CHUNKED + INNER,
    "two lengths": lambda d: d.head(length(), length(4)) + BODY + INNER,
    "two equal lengths": lambda d: d.head(length(), length()) + BODY + INNER,
    "a list of lengths": lambda d: d.head(length() + b", 4") + BODY,
    "length with a sign": lambda d: d.head(b"Content-Length: +%d" % len(BODY)) + BODY,
    "length below nothing": lambda d: d.head(b"Content-Length: -1") + BODY,
    "length in hex": lambda d: d.head(b"Content-Length: 0x40") + BODY,
    "length beyond 64 bits": lambda d: d.head(length(10**23)) + BODY,
    "length empty": lambda d: d.head(b"Content-Length: ") + BODY,
    "another coding": lambda d: d.head(b"Transfer-Encoding: xchunked") + CHUNKED,
    "identity": lambda d: d.head(b"Transfer-Encoding: identity") + BODY + INNER,
    "gzip before chunked": lambda d: d.head(b"Transfer-Encoding: gzip, chunked") + CHUNKED,
    "chunked twice": lambda d: d.head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + CHUNKED,
    "space before the colon": lambda d: d.head(b"Transfer-Encoding : chunked") + CHUNKED,
    "chunked of HTTP/1.0": lambda d: d.head(b"Transfer-Encoding: chunked", start=b"POST /v1/score HTTP/1.0") + CHUNKED,
    "chunk size in 0x": lambda d: d.head(b"Transfer-Encoding: chunked") + b"0x" + CHUNKED,
    "chunk size below nothing": lambda d: d.head(b"Transfer-Encoding: chunked") + b"-1\r\n" + CHUNKED,
    "chunk size beyond 64 bits": lambda d: d.head(b"Transfer-Encoding: chunked") + b"F" * 17 + b"\r\n" + CHUNKED,
    "chunk longer than it says": lambda d: d.head(b"Transfer-Encoding: chunked") + b"1\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk lines of a bare LF": lambda d: d.head(b"Transfer-Encoding: chunked") + CHUNKED.replace(b"\r\n", b"\n"),
    "LF in a chunk extension": lambda d: d.head(b"Transfer-Encoding: chunked") + b"4;a\nb\r\nabcd\r\n0\r\n\r\n",
    "folded line": lambda d: d.head(b"X-Note: a\r\n b", length()) + BODY,
    "folded coding": lambda d: d.head(b"Transfer-Encoding:\r\n chunked") + CHUNKED,
    "NUL in a value": lambda d: d.head(b"X-Note: a\x00b", length()) + BODY,
    "NUL in a name": lambda d: d.head(b"X-\x00Note: a", length()) + BODY,
    "bare LF in the head": lambda d: d.head(b"X-Note: a\nX-Client-ID: b", length()) + BODY,
    "bare LF everywhere": lambda d: d.head(length()).replace(b"\r\n", b"\n") + BODY,
    "bare CR": lambda d: d.head(b"X-Note: a\rX-Client-ID: b", length()) + BODY,
    "space in a name": lambda d: d.head(b"X Note: a", length()) + BODY,
    "no colon": lambda d: d.head(b"X-Note", length()) + BODY,
    "no host": lambda d: d.head(length(), host=None) + BODY,
    "two hosts": lambda d: d.head(b"Host: other", length()) + BODY,
    "no version": lambda d: b"GET /.well-known/jwks.json\r\n\r\n",
    "version 9": lambda d: d.head(length(), start=b"POST /v1/score HTTP/9.9") + BODY,
    "HTTP/2 without asking": lambda d: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no method": lambda d: d.head(length(), start=b"P@ST /v1/score HTTP/1.1") + BODY,
    "NUL in the path": lambda d: d.head(length(), start=b"POST /v1/\x00score HTTP/1.1") + BODY,
    "websocket": lambda d: d.head(length(), b"Connection: upgrade", b"Upgrade: websocket") + BODY + INNER,
    "h2c": lambda d: d.head(length(), b"Connection: close, Upgrade", b"Upgrade: h2c") + INNER,
    "a tunnel": lambda d: d.head(length(), start=b"CONNECT localhost:443 HTTP/1.1") + INNER,
    "TLS in TLS": lambda d: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
}  # fmt: skip


@pytest.mark.parametrize("case", SMUGGLED)
async def test_what_two_parsers_could_read_differently_is_a_400_and_the_end(server: LendersServer, case: str) -> None:
    before = await server.world.row_counts()
    assert status_of(await server.exchange(SMUGGLED[case](server))) == (400, "INVALID_REQUEST")
    assert await server.world.row_counts() == before
    assert server.world.neighbours.asked == 0


HEADS: dict[str, Callable[[LendersServer], bytes]] = {
    "one long header": lambda d: d.head(b"X-Note: " + b"a" * 40_000, length()) + BODY,
    "a header without end": lambda d: d.head()[:-4] + b"\r\nX-Note: " + b"a" * 200_000,
    "many headers": lambda d: d.head(*[b"X-Note-%d: a" % number for number in range(200)], length()) + BODY,
    "a long path": lambda d: d.head(length(), start=b"POST /v1/score?" + b"a" * 40_000 + b" HTTP/1.1") + BODY,
    "a path without end": lambda d: b"GET /" + b"a" * 200_000,
}


@pytest.mark.parametrize("case", HEADS)
async def test_a_head_that_is_too_long_is_a_431(server: LendersServer, case: str) -> None:
    assert status_of(await server.exchange(HEADS[case](server))) == (431, "HEADERS_TOO_LARGE")


async def test_a_good_call_is_served_on_the_same_connection_rules(server: LendersServer) -> None:
    reply = await server.exchange(server.head(length(), b"Connection: close") + BODY)
    assert reply.startswith(b"HTTP/1.1 200 ")
    reply = await server.exchange(server.head(b"Transfer-Encoding: chunked", b"Connection: close") + CHUNKED)
    assert reply.startswith(b"HTTP/1.1 200 ")


async def test_fields_behind_the_body_are_not_headers(server: LendersServer) -> None:
    token = server.world.headers()["Authorization"].encode()
    start = b"POST /v1/score HTTP/1.1\r\nHost: a\r\nX-Client-ID: " + LENDER.encode() + b"\r\n"
    start += b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    reply = await server.exchange(start + CHUNKED[:-2] + b"Authorization: " + token + b"\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert b"TOKEN_MISSING" in reply


async def drip(server: LendersServer, start: bytes, drops: bytes) -> bytes:
    """The reply to a request that is sent byte by byte."""
    reply = b""
    async with server.connection() as (reader, writer), asyncio.timeout(HANG_S):
        writer.write(start)
        for drop in drops:
            writer.write(bytes([drop]))
            try:
                reply += await asyncio.wait_for(reader.read(65_536), timeout=PATIENCE_S / 10)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if reader.at_eof():
                break
        else:
            pytest.fail("the server waited for all of it")
    return reply


async def test_a_head_that_trickles_is_a_408(server: LendersServer) -> None:
    assert status_of(await drip(server, b"", server.head(length()))) == (408, "REQUEST_TIMEOUT")


async def test_a_later_head_that_trickles_is_a_408_too(server: LendersServer) -> None:
    async with server.connection() as (reader, writer):
        async with asyncio.timeout(HANG_S):
            writer.write(server.head(length()) + BODY)
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
            writer.write(b"POST /v1/sc")
            rest = await reader.read()
    assert b"HTTP/1.1 408 " in rest
    assert b"REQUEST_TIMEOUT" in rest


async def test_a_body_that_trickles_is_a_408(server: LendersServer) -> None:
    assert status_of_any(await drip(server, server.head(length()), BODY[:-1])) == (408, "REQUEST_TIMEOUT")
    assert status_of_any(await drip(server, server.head(b"Transfer-Encoding: chunked"), CHUNKED[:-1])) == (
        408,
        "REQUEST_TIMEOUT",
    )


def status_of_any(reply: bytes) -> tuple[int, str]:
    """Status and code of a reply of the application, which knows the caller's own request id."""
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert reply.count(b"HTTP/1.1 ") == 1
    return int(head.split()[1]), json.loads(body)["code"]


async def test_a_connection_that_says_nothing_is_closed_without_a_word(server: LendersServer) -> None:
    assert await server.exchange(b"") == b""


async def test_a_body_after_its_refusal_does_not_hold_the_connection(
    server: LendersServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http1, "DRAIN_S", PATIENCE_S)
    reply = await drip(server, server.head(length(10**9)), b"a" * 500)
    assert reply.startswith(b"HTTP/1.1 413 ")


async def test_callers_that_never_finish_keep_nobody_waiting(world: World, tls: ServerTls) -> None:
    async with serving(world, tls, patience_s=60) as server, AsyncExitStack() as stack:
        endings = []
        for _ in range(50):
            reader, writer = await stack.enter_async_context(server.connection())
            writer.write(b"POST /v1/score HTTP/1.1\r\nHost: a\r\nX-Note: ")
            endings.append(asyncio.create_task(reader.read()))
        reply = await server.exchange(server.head(length(), b"Connection: close") + BODY)
        assert reply.startswith(b"HTTP/1.1 200 ")
        assert not any(ending.done() for ending in endings)
