"""The batch jobs: the next chunk of a Gold run, its run-wide measurements, its end; every step survives kill -9.

Any number of workers does this at the same time.
"""

import asyncio
import logging
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from prometheus_client import Counter

from altscore_scoring.clients import BULK_MAX, ConsentChecker
from altscore_scoring.errors import DigestMismatch, GoldUnusable, ModelRefused
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.gold.reader import GoldCache
from altscore_scoring.guardrails import constants as c
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.promotions.events import announce_refusal
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.runs import chunks, store
from altscore_scoring.runs.domain import GoldRun, Job
from altscore_scoring.scores.domain import Monitors, monitors_of
from altscore_scoring.scores.events import ACTOR
from altscore_scoring.scores.persistence import write_blocks
from altscore_scoring.scores.service import JobContext, ScoringService
from altscore_scoring.scores.store import BlockRow

_log = logging.getLogger("altscore.scoring.runs")
_outcomes = Counter("altscore_scoring_outcomes_total", "Scores and blocks, by kind.", ["kind"])


class RunService:
    """Scores Gold runs chunk by chunk.

    Args:
        pool: of the scoring database.
        outbox: for run-wide events.
        gold: reads runs.
        consents: the consent service.
        models: the model in use.
        scoring: scores a chunk.
        clock: for queued_at and finished_at.
        chunk_rows: retailers per step.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        gold: GoldCache,
        consents: ConsentChecker,
        models: ModelCache,
        scoring: ScoringService,
        clock: Clock,
        chunk_rows: int,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._gold = gold
        self._consents = consents
        self._models = models
        self._scoring = scoring
        self._clock = clock
        self._chunk_rows = chunk_rows

    async def queue_newest(self) -> Job | None:
        """Queues the newest run for the active model, once; returns the oldest job that is not done."""
        async with transaction(self._pool) as connection:
            model = await self._models.active(connection)
            run = await store.newest_gold_run(connection)
            if model is None:
                return None
            if run is not None:
                at = self._clock.now()
                await store.add_job(connection, run_id=run.run_id, model_sha256=model.model_sha256, at=at)
            return await store.open_job(connection, model.model_sha256)

    async def advance(self, job: Job) -> bool:
        """Scores a chunk of a job, or ends the job; False when other workers do all that is left of it."""
        async with transaction(self._pool) as connection:
            run = await store.gold_run(connection, job.run_id)
        try:
            async with transaction(self._pool) as connection:
                model = await self._models.promotion(connection, job.model_sha256)
            bundle = await self._models.bundle(model)
            frame = await self._gold.frame(run)
            monitors = await self._monitors(job, frame, bundle)
        except ModelRefused as error:
            await self._block(job, error.detail, is_model=True)
            return True
        except (DigestMismatch, GoldUnusable) as error:
            await self._block(job, error.detail, is_model=False)
            return True
        if monitors is None:
            return False
        if job.state == "queued":
            await chunks.start(self._pool, job, rows=len(frame), chunk_rows=self._chunk_rows)
        context = JobContext(
            run=run,
            bundle=bundle,
            record=self._models.record_context(model),
            monitors=monitors,
            taxonomy=self._models.taxonomy,
        )
        async with chunks.next_chunk(self._pool, job) as chunk:
            if chunk is not None:
                rows = range(chunk.first_row, chunk.end_row)
                await self._scoring.score(frame.take(rows), context, chunks.ChunkProgress(job, chunk))
                return True
        return await self._finish(job, monitors, rows=len(frame))

    async def _monitors(self, job: Job, frame: GoldFrame, bundle: Bundle) -> Monitors | None:
        """GR-1 and GR-6 over the consented rows of the run, measured once and kept; None while another measures."""
        if job.monitors is not None:
            return Monitors(**job.monitors)
        async with chunks.measuring(self._pool, job) as is_claimed:
            if not is_claimed:
                return None
            async with transaction(self._pool) as connection:
                measured = await store.monitors(connection, job)
            if measured is None:
                measured = await self._measure(job, frame, bundle)
        return Monitors(**measured)

    async def _measure(self, job: Job, frame: GoldFrame, bundle: Bundle) -> dict[str, Any]:
        rows: list[int] = []
        for start in range(0, len(frame), BULK_MAX):
            retailer_ids = frame.retailer_ids[start : start + BULK_MAX]
            consents = await self._consents.check(retailer_ids)
            rows += [start + i for i, retailer_id in enumerate(retailer_ids) if consents[retailer_id].is_granted]
        monitors = await asyncio.to_thread(monitors_of, frame.take(rows), bundle)
        async with transaction(self._pool) as connection:
            measured = await store.save_monitors(connection, job, vars(monitors))
        if measured["psi"] is not None and measured["psi"] > c.PSI_MAX:
            _log.error("population shift", extra={"run_id": job.run_id, "psi": round(measured["psi"], 4)})
        return measured

    async def _finish(self, job: Job, monitors: Monitors, *, rows: int) -> bool:
        """Ends a job whose rows are all scored, once; False while others compute some of them."""
        async with transaction(self._pool) as connection:
            counts = await chunks.finish(connection, job, rows=rows)
            if counts is None:
                return False
            await store.finish_job(connection, job, state="done", at=self._clock.now())
            details = {name: str(count) for name, count in sorted(counts.items())}
            details |= {name: "not_measurable" if v is None else f"{v:.4f}" for name, v in vars(monitors).items()}
            details["model_sha256"] = job.model_sha256
            await self._outbox.audit(
                connection, "scoring_run", actor=ACTOR, outcome="ok", subject=job.run_id, details=details
            )
        for kind, count in counts.items():
            _outcomes.labels(kind).inc(count)
        _log.info("run scored", extra={"run_id": job.run_id, **counts})
        return True

    async def _block(self, job: Job, why: str, *, is_model: bool) -> None:
        at, reason = self._clock.now(), "MODEL_LOAD" if is_model else "GR-6"
        async with transaction(self._pool) as connection:
            if await store.lock_job(connection, job) is None:
                return
            await store.finish_job(connection, job, state="blocked", at=at)
            if is_model:
                await announce_refusal(
                    connection, self._outbox, at=at, model_sha256=job.model_sha256, why=why, run_id=job.run_id
                )
            else:
                block = BlockRow(
                    block_id=new_id("blk"),
                    retailer_id=None,
                    scope="run",
                    reason=reason,
                    code="MODEL_UNAVAILABLE",
                    run_id=job.run_id,
                    model_sha256=job.model_sha256,
                    blocked_at=at,
                    evidence_digest=None,
                )
                await write_blocks(connection, self._outbox, [block])
            await self._outbox.audit(
                connection,
                "scoring_run",
                actor=ACTOR,
                outcome="blocked",
                subject=job.run_id,
                reason=reason,
                details={"why": why, "model_sha256": job.model_sha256},
            )
        _log.error("run blocked", extra={"run_id": job.run_id, "reason": why})


async def queue_run(connection: asyncpg.Connection, run: GoldRun, at: datetime) -> None:
    """Keeps a run as if it were announced now, and queues its blocked jobs again."""
    await store.add_gold_run(connection, run, at)
    await store.requeue_job(connection, run.run_id)
