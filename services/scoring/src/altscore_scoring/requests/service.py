"""Scores requested retailers of the newest finished run who have no outcome there yet."""

from collections.abc import Sequence

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_scoring.erasures.store import erased_among
from altscore_scoring.gold.reader import GoldCache
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.requests import store
from altscore_scoring.runs import store as runs
from altscore_scoring.scores import store as scores
from altscore_scoring.scores.domain import Monitors, Outcome, counts_of
from altscore_scoring.scores.service import JobContext, ScoringService


class RequestService:
    """Answers lenders' requests."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        gold: GoldCache,
        models: ModelCache,
        scoring: ScoringService,
        clock: Clock,
        chunk_rows: int,
    ) -> None:
        self._pool = pool
        self._gold = gold
        self._models = models
        self._scoring = scoring
        self._clock = clock
        self._chunk_rows = chunk_rows

    async def answer(self) -> bool:
        """Settles some open requests; False when there is none, or no finished run to answer from."""
        async with transaction(self._pool) as connection:
            model = await self._models.active(connection)
            run = await runs.newest_gold_run(connection)
            if model is None or run is None:
                return False
            retailer_ids = await store.open_requests(connection, self._chunk_rows)
            job = await runs.finished_job(connection, run.run_id, model.model_sha256) if retailer_ids else None
            if job is None or job.monitors is None:
                return False
            outcomes = {
                retailer_id: await scores.outcome_of(
                    connection, run_id=run.run_id, model_sha256=model.model_sha256, retailer_id=retailer_id
                )
                for retailer_id in retailer_ids
            }
        frame = await self._gold.frame(run)
        rows = {retailer_id: index for index, retailer_id in enumerate(frame.retailer_ids)}
        closed = {
            retailer_id: outcome or "not_in_gold"
            for retailer_id, outcome in outcomes.items()
            if outcome or retailer_id not in rows
        }
        if closed:
            async with transaction(self._pool) as connection:
                await store.settle_requests(connection, closed, self._clock.now())
        unscored = [rows[retailer_id] for retailer_id in retailer_ids if retailer_id not in closed]
        if unscored:
            context = JobContext(
                run=run,
                bundle=await self._models.bundle(model),
                record=self._models.record_context(model),
                monitors=Monitors(**job.monitors),
                taxonomy=self._models.taxonomy,
            )
            retailers = frame.take(unscored)
            await self._scoring.score(retailers, context, RequestProgress(retailers.retailer_ids, self._clock))
        return True


class RequestProgress:
    """Lenders' requests for some retailers: written only while all of them are open."""

    def __init__(self, retailer_ids: Sequence[str], clock: Clock) -> None:
        self._retailer_ids = retailer_ids
        self._clock = clock

    async def claim(self, connection: asyncpg.Connection) -> bool:
        """Locks the requests: of one that another worker answered meanwhile no second evidence may be kept.

        Erasures are waited for first, since they delete requests.
        """
        if await erased_among(connection, self._retailer_ids):
            return False
        return await store.lock_requests(connection, self._retailer_ids) == set(self._retailer_ids)

    async def save(self, connection: asyncpg.Connection, outcomes: Sequence[Outcome]) -> None:
        """Closes the requests with their outcomes."""
        reasons = {outcome.retailer_id: next(iter(counts_of([outcome]))) for outcome in outcomes}
        await store.settle_requests(connection, reasons, self._clock.now())
