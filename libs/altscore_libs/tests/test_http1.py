"""What the strict protocol takes, trims, refuses and still answers, on a real connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from altscore_libs.http1 import MAX_HEAD_BYTES
from altscore_libs.service import Listener, server_of
from altscore_libs.testing_postgres import free_port

HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\n"
TIMEOUT_S = 5


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the value of X-Note and the body."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    note = dict(scope["headers"]).get(b"x-note", b"")
    reply = note + b"|" + body
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(reply))]})
    await send({"type": "http.response.body", "body": reply})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A served port."""
    listener = Listener(echo, free_port(), None, require_client_certificate=False)
    server = server_of(listener)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn tells in no other way
        await asyncio.sleep(0.01)
    yield listener.port
    server.should_exit = True
    await running


async def exchange(port: int, raw: bytes, *, until: bytes | None = None) -> bytes:
    """Everything that comes back until the server closes, or until a text came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        reading = reader.readuntil(until) if until else reader.read()
        return await asyncio.wait_for(reading, timeout=TIMEOUT_S)
    finally:
        writer.transport.abort()


async def test_blanks_around_a_field_value_are_not_part_of_it(port: int) -> None:
    raw = HEAD + b"X-Note: \t a b \t \r\nContent-Length: 2 \r\n\r\nhi"
    assert (await exchange(port, raw, until=b"|hi")).endswith(b"\r\n\r\na b|hi")


async def test_a_good_request_followed_by_junk_gets_its_answer_before_the_refusal(port: int) -> None:
    reply = await exchange(port, HEAD + b"Content-Length: 2\r\n\r\nhiBAD\r\n\r\n")
    assert reply.index(b"|hi") < reply.index(b'"code":"INVALID_REQUEST"')
    assert reply.count(b"HTTP/1.1 ") == 2


async def test_two_good_requests_followed_by_junk_get_both_answers(port: int) -> None:
    good = HEAD + b"Content-Length: 2\r\n\r\nhi"
    reply = await exchange(port, good + good + b"\x00\r\n\r\n")
    assert [reply.count(text) for text in (b"|hi", b"HTTP/1.1 200", b"HTTP/1.1 400")] == [2, 2, 1]


@pytest.mark.parametrize("host", ["a b", "u:p@localhost", "a/b", "", "localhost:x", "[::1", "a,b"])
async def test_a_host_that_is_not_spelled_as_one_is_refused(port: int, host: str) -> None:
    raw = f"POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode()
    assert b"HTTP/1.1 400" in await exchange(port, raw)


@pytest.mark.parametrize("host", ["localhost", "api.altscore.in:443", "127.0.0.1:21101", "[::1]:21101"])
async def test_a_host_that_is_one_is_served(port: int, host: str) -> None:
    raw = f"POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nhi".encode()
    assert b"HTTP/1.1 200" in await exchange(port, raw, until=b"|hi")


@pytest.mark.parametrize(
    "target",
    [
        "/v1%2fscore",
        "/v1%2Fscore",
        "/v1%5cscore",
        "/a%00b",
        "/a#b",
        "http://evil.example/echo",
        "ftp://a/b",
        "*",
        "/a\\b",
    ],
)
async def test_a_target_that_a_proxy_may_read_as_another_path_is_refused(port: int, target: str) -> None:
    raw = f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode()
    assert b"HTTP/1.1 400" in await exchange(port, raw)


async def test_an_encoded_slash_in_the_query_is_only_a_value(port: int) -> None:
    raw = b"POST /echo?a=%2F HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi"
    assert b"HTTP/1.1 200" in await exchange(port, raw, until=b"|hi")


@pytest.mark.parametrize("kind", ["extension", "trailer"])
async def test_what_is_wrapped_around_a_body_is_not_longer_than_a_head_may_be(port: int, kind: str) -> None:
    padding = b"a" * (32 * MAX_HEAD_BYTES)  # more than one read takes
    chunks = b"2;" + padding + b"\r\nhi\r\n0\r\n\r\n" if kind == "extension" else b"2\r\nhi\r\n0\r\nX-A: " + padding
    try:
        reply = await exchange(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    except ConnectionResetError:  # closed with bytes of ours unread
        return
    assert b"HTTP/1.1 400" in reply
