"""Handler of `pipeline.gold.ready`; it only records, so that no batch holds the consumer's transaction."""

import re
from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, PoisonEvent, Received

from altscore_scoring.runs import store
from altscore_scoring.runs.domain import GoldRun

_SHA256 = re.compile(r"[0-9a-f]{64}")


class RunEvents:
    """Records announced runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {"pipeline.gold.ready": self.gold_ready}

    async def gold_ready(self, connection: asyncpg.Connection, event: Received) -> None:
        """Keeps the announced run; the worker queues the newest one for the active model."""
        if not _SHA256.fullmatch(event.data["manifest_sha256"]):
            raise PoisonEvent("the manifest's digest is no SHA-256")
        run = GoldRun(**{name: event.data[name] for name in GoldRun._fields})
        await store.add_gold_run(connection, run, self._clock.now())
