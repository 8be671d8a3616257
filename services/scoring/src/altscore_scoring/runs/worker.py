"""The run loop's step: models, revocations, batch jobs, requests, shadows, one at a time; each survives kill -9."""

from altscore_libs import tracing
from altscore_libs.trace_context import trace_id_of

from altscore_scoring.challengers.service import ShadowService
from altscore_scoring.freezes.service import FreezeService
from altscore_scoring.promotions.service import PromotionService
from altscore_scoring.requests.service import RequestService
from altscore_scoring.revocations.service import RevocationService
from altscore_scoring.runs.service import RunService


class RunWorker:
    """Does what the event handlers recorded, the most urgent first."""

    def __init__(
        self,
        *,
        promotions: PromotionService,
        revocations: RevocationService,
        runs: RunService,
        requests: RequestService,
        freezes: FreezeService,
        shadows: ShadowService,
    ) -> None:
        self._promotions = promotions
        self._revocations = revocations
        self._runs = runs
        self._requests = requests
        self._freezes = freezes
        self._shadows = shadows

    async def step(self) -> bool:
        """One piece of work; False when there is none, or other workers do all there is; none while scoring is frozen.

        Raises:
            Unavailable: something cannot be reached; nobody is scored meanwhile.
        """
        if await self._promotions.activate_pending() or await self._revocations.settle():
            return True
        if await self._freezes.hold():
            return False
        job = await self._runs.queue_newest()
        if job is not None:
            with tracing.step("scoring run", trace_id_of(job.run_id)):
                if await self._runs.advance(job):
                    return True
        return await self._requests.answer() or await self._shadows.advance()
