"""The run loop: models, revocations, batch jobs and requests, one step at a time; every step survives kill -9."""

import asyncio
import logging
from dataclasses import dataclass

from altscore_libs.db import retry_until
from altscore_libs.errors import Unavailable

from altscore_scoring.promotions.service import PromotionService
from altscore_scoring.requests.service import RequestService
from altscore_scoring.revocations.service import RevocationService
from altscore_scoring.runs.service import RunService

_log = logging.getLogger("altscore.scoring.runs")


@dataclass(frozen=True)
class WorkerConfig:
    """How often the loop looks for work, and how long it waits after a failure."""

    poll_interval_s: float = 0.5
    retry_interval_s: float = 2.0


class RunWorker:
    """Does what the event handlers recorded, the most urgent first."""

    def __init__(
        self,
        *,
        promotions: PromotionService,
        revocations: RevocationService,
        runs: RunService,
        requests: RequestService,
        config: WorkerConfig,
    ) -> None:
        self._promotions = promotions
        self._revocations = revocations
        self._runs = runs
        self._requests = requests
        self._config = config

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop`; whatever is unreachable is waited for, and nobody is scored meanwhile."""
        while not stop.is_set():
            try:
                is_busy = await self.step()
                wait_s = 0.0 if is_busy else self._config.poll_interval_s
            except Unavailable as error:
                _log.warning("scoring waits", extra={"reason": error.detail})
                wait_s = self._config.retry_interval_s
            if wait_s and await retry_until(stop, wait_s):
                return

    async def step(self) -> bool:
        """One piece of work; False when there is none."""
        if await self._promotions.activate_pending() or await self._revocations.settle():
            return True
        job = await self._runs.queue_newest()
        if job is not None:
            await self._runs.advance(job)
            return True
        return await self._requests.answer()
