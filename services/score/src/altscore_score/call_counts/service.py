"""Counts lenders' calls in memory and adds them to Redis now and then; no answer waits for it (ADR 0073)."""

from collections import Counter, deque
from datetime import datetime
from importlib import resources
from itertools import chain
from typing import NamedTuple
from uuid import uuid4

from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable

from altscore_score.call_counts.domain import CallCounts, counts_of, day_of, field_of, oldest_shown
from altscore_score.calls.domain import NotedCall
from altscore_score.platform.redis_pipeline import RedisCircuit, Script

FLUSH_S = 5.0
ADD = Script.of(resources.files("altscore_score.call_counts").joinpath("counts.lua").read_text(encoding="utf-8"))
_READ = Script.of("return redis.call('HGETALL', KEYS[1])")


class _Batch(NamedTuple):
    """Calls of a lender that are added together, once."""

    nonce: str
    began_at: datetime
    numbers: Counter[str]


class CallCounter:
    """Counts of this process that wait for Redis, and the reading of all processes' counts.

    A process that ends abruptly forgets the last FLUSH_S seconds; while Redis is away the counts wait here.

    Args:
        circuit: to Redis.
        clock: says which day it is.

    Attributes:
        noted: calls since the last flush; who answers appends, and enters no file of this package.
    """

    def __init__(self, circuit: RedisCircuit, clock: Clock) -> None:
        self._circuit = circuit
        self._clock = clock
        self.noted: deque[NotedCall] = deque()
        self._open: dict[str, _Batch] = {}
        self._sent: dict[str, _Batch] = {}

    def _fold(self) -> None:
        while self.noted:
            call = self.noted.popleft()
            batch = self._open.get(call.lender_id)
            if batch is None:
                batch = self._open[call.lender_id] = _Batch(uuid4().hex, call.at, Counter())
            batch.numbers[field_of(day_of(call.at), call.code)] += 1

    async def flush(self) -> None:
        """Adds what waits; a periodic step. What Redis did not confirm is sent again as it was, and counts once."""
        self._fold()
        for lender_id in [*self._sent, *(name for name in self._open if name not in self._sent)]:
            if lender_id not in self._sent:
                self._sent[lender_id] = self._open.pop(lender_id)
            if not await self._add(lender_id, self._sent[lender_id]):
                return
            del self._sent[lender_id]

    async def _add(self, lender_id: str, batch: _Batch) -> bool:
        name = _name(lender_id)
        began_s, oldest = int(batch.began_at.timestamp()), oldest_shown(self._clock.now()).isoformat()
        arguments = [str(value) for value in chain([began_s, oldest], *batch.numbers.items())]
        return await self._circuit.execute(ADD, [name, f"{name}:{batch.nonce}"], arguments) is not None

    async def read(self, lender_id: str) -> CallCounts:
        """A lender's calls by day, of all processes, up to their last flush.

        Raises:
            Unavailable: Redis does not answer.
        """
        reply = await self._circuit.execute(_READ, [_name(lender_id)], [])
        if reply is None:
            raise Unavailable("the counts of calls cannot be read")
        texts = [bytes(value).decode("utf-8", "replace") for value in reply]
        return counts_of(dict(zip(texts[::2], texts[1::2], strict=True)), self._clock.now())


def _name(lender_id: str) -> str:
    return f"score:{{{lender_id}}}:calls_by_day"
