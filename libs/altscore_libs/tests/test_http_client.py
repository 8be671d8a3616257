"""A neighbour that hangs or dies costs a caller a bounded time, and after a few failures none at all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from altscore_libs.circuit import CircuitOpen, State
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.retries import NeighbourCalls
from altscore_libs.testing import silent_server
from altscore_libs.testing_postgres import free_port
from altscore_libs.testing_stopwatch import Stopwatch

TRY_S, TOTAL_S = 0.2, 0.4
LATE_S = 0.3  # what a busy machine may add
OK, BUSY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def answering(answers: Iterator[bytes]) -> AsyncIterator[tuple[int, list[str]]]:
    """The port of a server that gives these answers, and the methods that it was asked with."""
    methods: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                methods.append(head.split(b" ")[0].decode())
                writer.write(next(answers))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], methods
    finally:
        server.close()


def client_of(port: int, neighbour: str, *, timeout_s: float = TRY_S, total_s: float = TOTAL_S) -> ServiceClient:
    """A client, by default with short limits."""
    url = f"http://127.0.0.1:{port}"
    return ServiceClient(url, tls=None, neighbour=neighbour, timeout_s=timeout_s, total_s=total_s)


async def unavailable_after(client: ServiceClient, method: str = "GET") -> float:
    """How long a call takes to fail, seconds."""
    watch = Stopwatch()
    with pytest.raises(Unavailable):
        await client.call(method, "/")
    return watch.seconds


async def test_a_hanging_neighbour_costs_the_total_and_later_nothing() -> None:
    async with silent_server() as port, client_of(port, "hanging") as client:
        waits_s = await asyncio.gather(*(unavailable_after(client) for _ in range(12)))
        assert max(waits_s) <= TOTAL_S + LATE_S
        later_s = [await unavailable_after(client) for _ in range(20)]
        assert max(later_s) < TRY_S / 4


async def test_an_unreachable_neighbour_is_tried_four_times_and_then_left_alone() -> None:
    async with client_of(free_port(), "unreachable", timeout_s=5, total_s=10) as client:
        await unavailable_after(client)
        await unavailable_after(client)
        with pytest.raises(Unavailable):
            await client.call("GET", "/")
        with pytest.raises(CircuitOpen):
            await client.call("GET", "/")


async def test_a_call_is_repeated_while_the_neighbour_is_busy() -> None:
    async with (
        answering(iter([BUSY, BUSY, BUSY, OK])) as (port, methods),
        client_of(port, "busy", timeout_s=5, total_s=10) as client,
    ):
        assert await client.call("GET", "/") == {}
        assert len(methods) == 4


async def test_a_call_that_must_not_be_repeated_is_sent_once() -> None:
    async with answering(iter([BUSY, OK])) as (port, methods), client_of(port, "once") as client:
        await unavailable_after(client, "POST")
        assert methods == ["POST"]


async def test_what_the_caller_waited_before_counts_towards_the_total() -> None:
    async with silent_server() as port, client_of(port, "waited") as client:
        watch = Stopwatch()
        with pytest.raises(Unavailable):
            await client.call("GET", "/", waited_s=TOTAL_S - 0.1)
        assert watch.seconds < TRY_S


async def test_a_refusal_is_an_answer_and_opens_no_circuit() -> None:
    refusal = b"HTTP/1.1 500 Bug\r\nContent-Length: 2\r\n\r\n{}"
    async with answering(iter([refusal] * 30)) as (port, _), client_of(port, "refusing", timeout_s=5) as client:
        for _ in range(30):
            with pytest.raises(RemoteError):
                await client.call("GET", "/")


async def test_a_circuit_closes_when_the_neighbour_answers_again() -> None:
    now_s = 100.0
    calls = NeighbourCalls("again", try_s=1.0, attempts=1, failures=(OSError,), monotonic=lambda: now_s)

    async def refuse(_timeout_s: float) -> tuple[int, str]:
        raise ConnectionRefusedError

    async def answer(_timeout_s: float) -> tuple[int, str]:
        return 200, "so"

    for _ in range(10):
        with pytest.raises(Unavailable):
            await calls.call(refuse)
    with pytest.raises(CircuitOpen):
        await calls.call(answer)
    now_s += 1.0
    assert await calls.call(answer) == (200, "so")
    assert calls.breaker.state is State.CLOSED


async def test_a_cancelled_probe_leaves_the_way_to_the_next_one() -> None:
    now_s = 100.0
    calls = NeighbourCalls("cancelled", try_s=9.0, attempts=1, failures=(OSError,), monotonic=lambda: now_s)

    async def refuse(_timeout_s: float) -> tuple[int, str]:
        raise ConnectionRefusedError

    async def hang(_timeout_s: float) -> tuple[int, str]:
        await asyncio.Event().wait()
        return 200, ""

    async def answer(_timeout_s: float) -> tuple[int, str]:
        return 200, "so"

    for _ in range(10):
        with pytest.raises(Unavailable):
            await calls.call(refuse)
    now_s += 1.0
    probe = asyncio.create_task(calls.call(hang))
    await asyncio.sleep(0)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert await calls.call(answer) == (200, "so")
