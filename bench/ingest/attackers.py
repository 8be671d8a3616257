"""Clients that mean no good, in a process of their own: `python -m bench.ingest.attackers plan.json`.

They hold a certificate and a key, so that nothing refuses them before their bodies. Prints `ready` as soon as every
slow client is connected, then goes on until its input is closed, and prints the statuses of the answers as JSON.
Loopback only.
"""

import asyncio
import json
import ssl
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
PERIOD_S = 1.0
"""Between two long bodies, two bombs, and two bytes of a slow client."""
PATIENCE_S = 10.0
"""After which a slow client is refused and connects again; they begin spread over this time, so they go on so."""
_PIECE_BYTES = 65_536
_LOST = (OSError, ssl.SSLError, asyncio.IncompleteReadError)


class Attackers:
    """All clients of one load.

    Args:
        plan: port, `ca`, `cert`, `key`; `long` and `bomb`: files with a request, or null; `slow`: how many clients;
            `slow_head`: the head of their requests.
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._context = ssl.create_default_context(cafile=plan["ca"])
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._context.load_cert_chain(plan["cert"], plan["key"])
        self._requests = {kind: Path(plan[kind]).read_bytes() for kind in ("long", "bomb") if plan[kind]}
        self._connected = 0
        self._is_ready = asyncio.Event()
        self.statuses: Counter[str] = Counter()

    async def run(self) -> None:
        """Until the input is closed."""
        tasks = [asyncio.create_task(self._slow(number)) for number in range(self._plan["slow"])]
        tasks += [asyncio.create_task(self._again_and_again(kind)) for kind in self._requests]
        if self._plan["slow"]:
            await asyncio.wait_for(self._is_ready.wait(), timeout=120)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _again_and_again(self, kind: str) -> None:
        while True:
            self.statuses[f"{kind} {await self._ask(self._requests[kind])}"] += 1
            await asyncio.sleep(PERIOD_S)

    async def _ask(self, request: bytes) -> str:
        reader, writer = await asyncio.open_connection(HOST, self._plan["port"], ssl=self._context)
        answer = asyncio.create_task(_status(reader))
        try:
            for start in range(0, len(request), _PIECE_BYTES):
                if answer.done():
                    break
                writer.write(request[start : start + _PIECE_BYTES])
                await writer.drain()
            return await answer
        except _LOST:
            return await answer
        finally:
            writer.close()

    async def _slow(self, number: int) -> None:
        head = str(self._plan["slow_head"]).encode()
        sent_at_once = head[:40] if number % 2 else head
        await asyncio.sleep(PATIENCE_S * number / self._plan["slow"])
        while True:
            try:
                reader, writer = await asyncio.open_connection(HOST, self._plan["port"], ssl=self._context)
            except _LOST:
                self.statuses["slow not connected"] += 1
                await asyncio.sleep(PERIOD_S)
                continue
            self._connected += 1
            if self._connected >= self._plan["slow"]:
                self._is_ready.set()
            try:
                await self._drip(reader, writer, sent_at_once)
            finally:
                writer.close()

    async def _drip(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent_at_once: bytes) -> None:
        answer = asyncio.create_task(_status(reader))
        writer.write(sent_at_once)
        while not answer.done():
            await asyncio.wait([answer], timeout=PERIOD_S)
            if writer.is_closing():
                break
            writer.write(b"x")
        self.statuses[f"slow {await answer}"] += 1


async def _status(reader: asyncio.StreamReader) -> str:
    try:
        head = await reader.readuntil(b"\r\n")
    except _LOST:
        return "closed"
    return head[9:12].decode()


async def _main(plan: dict[str, Any]) -> None:
    attackers = Attackers(plan)
    await attackers.run()
    sys.stdout.write(json.dumps(dict(attackers.statuses)) + "\n")


if __name__ == "__main__":
    asyncio.run(_main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
