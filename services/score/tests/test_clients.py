"""The HTTP client of the consent check: kept connections, a timeout on each try, bounded tries, a clear end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from altscore_libs import logs
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError
from altscore_libs.testing import silent_server
from altscore_libs.testing_stopwatch import Stopwatch
from altscore_score.clients import MAX_REPLY_BYTES, ConsentClient, GetClient
from altscore_score.scores.domain import ConsentKey

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"is": "so"}'
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
Answers = Callable[[int], bytes | None]
KEY = ConsentKey("ret_0123456789abcdef", "lender_a", "term_loan")
SHORT_S = 0.2  # for tries that are to end by it
LATE_S = 0.3  # what a busy machine may add


class Server:
    """Answers the n-th request as the test says, or not at all."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.connections = 0
        self.requests: list[bytes] = []
        self.heads: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head.split(b"\r\n")[0])
                self.heads.append(head.decode())
                answer = self._answers(len(self.requests))
                if answer is None:
                    continue
                writer.write(answer)
                if b"close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def connected(
    answers: Answers, *, timeout_s: float = 10, connections: int = 4, idle_s: float = 60
) -> AsyncIterator[tuple[GetClient, Server]]:
    """A client that tries twice, and its server."""
    server = Server(answers)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    client = GetClient(url, None, timeout_s=timeout_s, total_s=10, attempts=2, connections=connections, idle_s=idle_s)
    try:
        yield client, server
    finally:
        await client.close()
        listening.close()


async def ask(client: GetClient) -> object:
    """The reply to a check of a consent."""
    return await client.call("GET", "/v1/consent/check", params={"retailer_id": "ret_1", "purpose": "a b&c"})


async def test_one_connection_serves_calls_one_after_another() -> None:
    async with connected(lambda _: OK) as (client, server):
        assert [await ask(client) for _ in range(3)] == [{"is": "so"}] * 3
        assert server.connections == 1
        assert server.requests[0] == b"GET /v1/consent/check?retailer_id=ret_1&purpose=a+b%26c HTTP/1.1"


async def test_calls_at_once_use_as_many_connections_as_allowed() -> None:
    async with connected(lambda _: OK, connections=3) as (client, server):
        await asyncio.gather(*(ask(client) for _ in range(12)))
        assert server.connections <= 3


async def test_a_silent_try_ends_in_time_and_is_repeated_on_a_new_connection() -> None:
    async with connected(lambda number: None if number == 1 else OK, timeout_s=SHORT_S) as (client, server):
        assert await ask(client) == {"is": "so"}
        assert server.connections == 2


@pytest.mark.parametrize("bad", [None, BUSY, b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
async def test_no_usable_answer_within_the_tries_is_unavailable(bad: bytes | None) -> None:
    async with connected(lambda _: bad, timeout_s=SHORT_S) as (client, server):
        with pytest.raises(Unavailable):
            await ask(client)
        assert len(server.requests) == 2


async def test_a_call_is_repeated_after_a_busy_answer() -> None:
    async with connected(lambda number: BUSY if number == 1 else OK) as (client, _):
        assert await ask(client) == {"is": "so"}


async def test_a_refusal_is_told_with_its_code_and_not_repeated() -> None:
    body = b'{"code": "FORBIDDEN"}'
    refusal = b"HTTP/1.1 403 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    async with connected(lambda _: refusal) as (client, server):
        with pytest.raises(RemoteError) as refused:
            await ask(client)
        assert (refused.value.status, refused.value.code) == (403, "FORBIDDEN")
        assert len(server.requests) == 1


async def test_a_connection_with_a_reply_to_no_request_is_not_used_again() -> None:
    async with connected(lambda _: OK + OK) as (client, server):
        await ask(client)
        await asyncio.sleep(0)
        await ask(client)
        assert server.connections == 2


async def test_a_reply_without_end_is_cut() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * (MAX_REPLY_BYTES + 1)
    async with connected(lambda _: endless) as (client, _):
        with pytest.raises(Unavailable):
            await ask(client)


async def test_a_connection_that_rested_for_long_is_not_used_again() -> None:
    async with connected(lambda _: OK, idle_s=0.05) as (client, server):
        await ask(client)
        await asyncio.sleep(0.2)
        await ask(client)
        assert server.connections == 2


async def test_a_service_that_cannot_be_reached_is_unavailable() -> None:
    client = GetClient("http://127.0.0.1:1", None, timeout_s=0.2)
    with pytest.raises(Unavailable):
        await ask(client)
    with pytest.raises(ValueError, match="GET"):
        await client.call("POST", "/", params={})


async def test_a_consent_service_that_hangs_costs_every_check_at_most_the_total_and_later_ones_nothing() -> None:
    async with silent_server() as port:
        client = GetClient(f"http://127.0.0.1:{port}", None, neighbour="hanging", timeout_s=0.3, total_s=0.5)
        consent = ConsentClient(client)

        async def seconds_until_refused(number: int) -> float:
            await asyncio.sleep(number * 0.01)  # so that many wait behind the eight requests that may be under way
            watch = Stopwatch()
            key = ConsentKey(retailer_id=f"ret_{number:016x}", lender_id="lender_a", purpose="trade_credit")
            with pytest.raises(Unavailable):
                await consent.ask(key)
            return watch.seconds

        waits_s = await asyncio.gather(*(seconds_until_refused(number) for number in range(60)))
        assert max(waits_s) <= 0.5 + LATE_S
        assert max([await seconds_until_refused(0) for _ in range(5)]) < 0.1
        await client.close()


REQUEST_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
NO_CONSENT = '{"consented": false}'


def checks(answers: int) -> bytes:
    """A reply to so many checks."""
    body = NO_CONSENT if answers == 1 else f'{{"results": [{", ".join([NO_CONSENT] * answers)}]}}'
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def fields(head: str) -> dict[str, str]:
    """Header fields that tell whose call it is."""
    lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line]
    names = ("x-request-id", "traceparent", "x-trace-links")
    return {name.lower(): value for name, value in lines if name.lower() in names}


async def test_a_lone_check_carries_the_request_id_and_the_trace_of_its_call() -> None:
    async with connected(lambda _: checks(1)) as (client, server):
        with logs.bound(request_id=REQUEST_ID, trace_id="a" * 32):
            asked = ConsentClient(client).ask(KEY)
        await asked
    assert fields(server.heads[0]) == {"x-request-id": REQUEST_ID, "traceparent": f"00-{'a' * 32}-{'a' * 16}-00"}


async def test_checks_that_are_asked_together_link_to_the_traces_of_their_calls() -> None:
    async with connected(lambda _: checks(3)) as (client, server):
        consents, asked = ConsentClient(client), []
        for digit in "abc":
            with logs.bound(request_id=REQUEST_ID, trace_id=digit * 32):
                asked.append(consents.ask(KEY))
        await asyncio.gather(*asked)
    assert fields(server.heads[0]) == {
        "traceparent": f"00-{'a' * 32}-{'a' * 16}-00",
        "x-trace-links": ",".join(f"00-{digit * 32}-{digit * 16}-00" for digit in "abc"),
    }
