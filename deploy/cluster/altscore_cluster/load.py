"""Steady calls of lenders: `python -m altscore_cluster.load FOLDER RATE`, until SIGTERM; then a JSON line.

Every call is a connection of its own, as a new client makes it, so a pod that leaves too early is seen.
"""

import asyncio
import json
import signal
import ssl
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TIMEOUT_S = 10.0
PERSONA = "ret_7e57000000000002"
PURPOSE = "working_capital_loan"


@dataclass
class Tally:
    """What came back.

    Args:
        sent: calls begun.
        statuses: answers by HTTP status.
        failures: calls without an answer, by kind of error.
    """

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Calls that a lender would call an outage: no answer, or a server's error."""
        return sum(self.failures.values()) + sum(n for status, n in self.statuses.items() if status >= 500)

    def as_json(self) -> str:
        """One line for the parent."""
        counted = {"statuses": dict(self.statuses), "failures": dict(self.failures)}
        return json.dumps({"sent": self.sent, "failed": self.failed} | counted)


def request_of(host: str, lender: dict[str, str]) -> bytes:
    """POST /v1/score of a lender's sandbox, as bytes."""
    body = json.dumps({"retailer_id": PERSONA, "purpose": PURPOSE})
    lines = [
        "POST /v1/score HTTP/1.1",
        f"Host: {host}",
        "Connection: close",
        "Content-Type: application/json",
        f"Authorization: Bearer {lender['token']}",
        f"X-Client-ID: {lender['client_id']}",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


async def call(target: dict[str, Any], context: ssl.SSLContext, request: bytes, tally: Tally) -> None:
    """One call; whatever happens is counted."""
    tally.sent += 1
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(target["host"], target["port"], ssl=context)
            try:
                writer.write(request)
                head = await reader.readuntil(b"\r\n")
                await reader.read()
            finally:
                writer.close()
        tally.statuses[int(head.split()[1])] += 1
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError, IndexError) as error:
        tally.failures[type(error).__name__] += 1


async def drive(folder: Path, rate: float) -> Tally:
    """Calls at a steady rate until SIGTERM, then waits for the answers that are due."""
    plan = json.loads((folder / "load.json").read_text(encoding="utf-8"))
    lenders: Sequence[dict[str, str]] = plan["lenders"]
    context = ssl.create_default_context(cafile=plan["ca"])
    requests = [request_of(plan["host"], lender) for lender in lenders]
    stop, tally, tasks = asyncio.Event(), Tally(), set()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    loop = asyncio.get_running_loop()
    due = loop.time()
    while not stop.is_set():
        task = asyncio.create_task(call(plan, context, requests[tally.sent % len(requests)], tally))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - loop.time()))
    await asyncio.gather(*tasks)
    return tally


def main() -> None:
    """Drives and prints."""
    tally = asyncio.run(drive(Path(sys.argv[1]), float(sys.argv[2])))
    print(tally.as_json(), flush=True)


if __name__ == "__main__":
    main()
