"""A cheap HTTP/1.1 client process: `python -m bench.score.client plan.json` prints what it saw as JSON.

The plan names the port, the CA, the requests (as text) and either a rate (open loop: a late answer counts from the
instant it was due) or none (closed loop: each connection asks again when its answer is there).
"""

import asyncio
import json
import ssl
import sys
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

HOST = "127.0.0.1"
GIVE_UP_S = 15.0


@dataclass
class Seen:
    """Latencies in milliseconds and answers by status, in the order of their end."""

    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class Line(asyncio.Protocol):
    """One TLS connection with one question at a time."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._got = b""
        self._need = 0
        self._due_s = 0.0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Joins those that are free."""
        self._transport = transport
        self._load.free(self)

    def ask(self, request: bytes, due_s: float) -> None:
        """Sends a request that was due at that instant."""
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collects an answer."""
        self._got += data
        if not self._need:
            end = self._got.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._got[:end].lower()
            at = head.find(b"content-length: ")
            stop = head.find(b"\r", at)
            self._need = end + 4 + int(head[at + 16 : stop if stop >= 0 else end])
        if len(self._got) >= self._need:
            status = int(self._got[9:12])
            self._got, self._need = b"", 0
            self._load.answered(self, status, self._due_s)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's own signature
        """Counts as an error, unless it was free: servers close what is not used for a while."""
        self._load.lost(self)


class Load:
    """One load, until every request is answered."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._requests = [text.encode("latin-1") for text in plan["requests"]]
        self._rate_per_s: float | None = plan["rate_per_s"]
        self._plan = plan
        self._next = 0
        self._free: list[Line] = []
        self._late: deque[tuple[bytes, float]] = deque()
        self._done = asyncio.Event()
        self._is_over = False
        self._is_closed_loop = False
        self.seen = Seen()

    async def run(self) -> dict[str, Any]:
        """Connects, asks, waits."""
        loop = asyncio.get_running_loop()
        context = ssl.create_default_context(cafile=self._plan["ca"])
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if self._plan.get("cert"):
            context.load_cert_chain(self._plan["cert"], self._plan["key"])
        lines = [
            loop.create_connection(lambda: Line(self), HOST, self._plan["port"], ssl=context)
            for _ in range(self._plan["connections"])
        ]
        await asyncio.gather(*lines)
        cpu_s, started = time.process_time(), time.perf_counter()
        if self._rate_per_s is not None:
            pace = threading.Thread(target=self._on_schedule, args=(self._rate_per_s, started, loop), daemon=True)
            pace.start()
        else:
            self._is_closed_loop = True
            ready, self._free = self._free, []
            for line in ready:
                self.free(line)
        async with asyncio.timeout(GIVE_UP_S + len(self._requests) / 20):
            await self._done.wait()
        self._is_over = True
        return {
            "seconds": time.perf_counter() - started,
            "client_cpu_s": time.process_time() - cpu_s,
            "latencies_ms": [round(latency_ms, 3) for latency_ms in self.seen.latencies_ms],
            "statuses": dict(self.seen.statuses),
        }

    def _on_schedule(self, rate_per_s: float, started: float, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own: the loop's timers are a millisecond coarse, which would count as the server's."""
        for number in range(len(self._requests)):
            due = started + number / rate_per_s
            time.sleep(max(0.0, due - time.perf_counter()))
            loop.call_soon_threadsafe(self._is_due, due)

    def _is_due(self, due_s: float) -> None:
        request, self._next = self._requests[self._next], self._next + 1
        if self._free:
            self._free.pop().ask(request, due_s)
        else:
            self._late.append((request, due_s))

    def free(self, line: Line) -> None:
        """A connection that may be used."""
        if self._late:
            line.ask(*self._late.popleft())
        elif self._is_closed_loop and self._next < len(self._requests):
            request, self._next = self._requests[self._next], self._next + 1
            line.ask(request, time.perf_counter())
        else:
            self._free.append(line)

    def answered(self, line: Line, status: int, due_s: float) -> None:
        """Counts an answer."""
        self.seen.latencies_ms.append((time.perf_counter() - due_s) * 1000)
        self.seen.statuses[status] += 1
        if len(self.seen.latencies_ms) == len(self._requests):
            self._done.set()
        self.free(line)

    def lost(self, line: Line) -> None:
        """A connection that the server closed."""
        if line in self._free:
            self._free.remove(line)
        elif not self._is_over:
            self.seen.statuses[0] += 1
            self._done.set()


def main() -> None:
    """Reads the plan, runs it, prints what was seen."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))

    async def run() -> dict[str, Any]:
        return await Load(plan).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(json.dumps(runner.run(run())))


if __name__ == "__main__":
    main()
