"""The load counts what a lender would: an answer, a server's error, no answer."""

import asyncio
import json
import ssl
from collections import Counter
from typing import Any

import pytest
from altscore_cluster.load import Tally, call, request_of

LENDER = {"client_id": "test_lender_a", "token": "abc"}


def test_a_refusal_is_an_answer_and_a_servers_error_is_an_outage() -> None:
    tally = Tally(sent=5, statuses=Counter({200: 2, 429: 1, 503: 1}), failures=Counter({"TimeoutError": 1}))
    assert tally.failed == 2
    assert json.loads(tally.as_json()) == {
        "sent": 5,
        "failed": 2,
        "statuses": {"200": 2, "429": 1, "503": 1},
        "failures": {"TimeoutError": 1},
    }


def test_a_call_is_a_whole_request_on_a_connection_of_its_own() -> None:
    head, body = request_of("score.example", LENDER).split(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Authorization: Bearer abc" in head


async def _served(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> Tally:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    connect = asyncio.open_connection

    async def plain(host: str, port: int, **_: Any) -> Any:
        return await connect(host, port)

    monkeypatch.setattr(asyncio, "open_connection", plain)
    tally = Tally()
    async with server:
        target = {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}
        await call(target, ssl.create_default_context(), request_of("h", LENDER), tally)
    return tally


async def test_an_answer_is_counted_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = await _served(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", monkeypatch)
    assert (tally.sent, tally.statuses, tally.failed) == (1, {200: 1}, 0)


async def test_a_connection_that_ends_without_an_answer_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = await _served(b"", monkeypatch)
    assert tally.failed == 1
    assert tally.failures == {"IncompleteReadError": 1}


async def test_nobody_there_is_a_failure() -> None:
    tally = Tally()
    target = {"host": "127.0.0.1", "port": 1}
    await call(target, ssl.create_default_context(), request_of("h", LENDER), tally)
    assert tally.failures == {"ConnectionRefusedError": 1}
