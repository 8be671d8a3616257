"""An open-loop HTTP/1.1 load: requests leave on schedule whether or not earlier ones came back, to loopback only."""

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HOST = "127.0.0.1"


@dataclass
class Outcome:
    """What one load saw: latencies in milliseconds counted from the scheduled instant, and answers by status."""

    latencies_ms: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """Latency below which `share` of the answers stayed, milliseconds."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies_ms) / self.seconds if self.seconds else 0.0


def request_bytes(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """One HTTP/1.1 request with keep-alive."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {HOST}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection:
    """One TLS connection that asks and reads one answer at a time."""

    def __init__(self, port: int, context: ssl.SSLContext | None) -> None:
        self._port = port
        self._context = context
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """The status of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port, ssl=self._context)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        await reader.readexactly(length)
        return int(head[9:12])

    def close(self) -> None:
        """Ends the connection."""
        if self._streams is not None:
            self._streams[1].close()


async def open_loop(
    port: int,
    context: ssl.SSLContext | None,
    requests: Sequence[bytes],
    *,
    rate_per_s: float,
    connections: int = 32,
) -> Outcome:
    """Sends each request once, `rate_per_s` apart on average, over a bounded number of connections.

    A late start counts as latency, so a slow server cannot slow its own measurement down.
    """
    outcome = Outcome()
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        idle.put_nowait(Connection(port, context))
    started = time.perf_counter()

    async def send(index: int, request: bytes) -> None:
        due = started + index / rate_per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        connection = await idle.get()
        try:
            status = await connection.ask(request)
        finally:
            idle.put_nowait(connection)
        outcome.latencies_ms.append((time.perf_counter() - due) * 1000)
        outcome.statuses[status] = outcome.statuses.get(status, 0) + 1

    await asyncio.gather(*(send(index, request) for index, request in enumerate(requests)))
    outcome.seconds = time.perf_counter() - started
    while not idle.empty():
        idle.get_nowait().close()
    return outcome


async def closed_loop(
    port: int, context: ssl.SSLContext | None, request: Callable[[int], bytes], *, total: int, connections: int
) -> Outcome:
    """As fast as answers come: each of `connections` asks again when its answer is there, `total` in all."""
    outcome = Outcome()
    numbers = iter(range(total))
    started = time.perf_counter()

    async def worker() -> None:
        connection = Connection(port, context)
        for number in numbers:
            sent = time.perf_counter()
            status = await connection.ask(request(number))
            outcome.latencies_ms.append((time.perf_counter() - sent) * 1000)
            outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
        connection.close()

    await asyncio.gather(*(worker() for _ in range(connections)))
    outcome.seconds = time.perf_counter() - started
    return outcome
