"""The run loop: models, revocations, batch jobs and requests, one step at a time; every step survives kill -9."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.periodic import sleep_or_stop
from prometheus_client import Counter, Gauge

from altscore_scoring import store
from altscore_scoring.chunk import ChunkScorer, Setting
from altscore_scoring.clients import BULK_MAX, Consents
from altscore_scoring.domain import Monitors, Outcome, counts_of, monitors_of
from altscore_scoring.errors import DigestMismatch, GoldUnusable, ModelRefused
from altscore_scoring.frame import GoldFrame
from altscore_scoring.gold import load_gold
from altscore_scoring.guardrails import constants as c
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.objects import Objects
from altscore_scoring.promotion import Promotion
from altscore_scoring.recording import ACTOR, announce_model_refusal, write_blocks
from altscore_scoring.shelf import Shelf

_log = logging.getLogger("altscore.scoring.runs")
_outcomes = Counter("altscore_scoring_outcomes_total", "Scores and blocks, by kind.", ["kind"])
_psi = Gauge("altscore_scoring_psi", "PSI of the newest run; -1 when it could not be measured.")


@dataclass(frozen=True)
class Pace:
    """How much at once and how often."""

    chunk_rows: int = 1_000
    poll_interval_s: float = 0.5
    retry_interval_s: float = 2.0


@dataclass
class _Loaded:
    """The newest Gold frame, kept between chunks."""

    run_id: str = ""
    frame: GoldFrame | None = field(default=None)


class RunLoop:
    """Works off what the handlers recorded.

    Args:
        pool: of the scoring database.
        outbox: for run-wide events.
        objects: the lake.
        consents: the consent service.
        shelf: the model in use.
        scorer: of chunks.
        clock: for finished_at.
        pace: settings.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        objects: Objects,
        *,
        consents: Consents,
        shelf: Shelf,
        scorer: ChunkScorer,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._objects = objects
        self._consents = consents
        self._shelf = shelf
        self._scorer = scorer
        self._clock = clock
        self._pace = pace
        self._loaded = _Loaded()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop`; whatever is unreachable is waited for, and nobody is scored meanwhile."""
        while not stop.is_set():
            try:
                is_busy = await self.step()
                wait_s = 0.0 if is_busy else self._pace.poll_interval_s
            except Unavailable as error:
                _log.warning("scoring waits", extra={"reason": error.detail})
                wait_s = self._pace.retry_interval_s
            if wait_s and await sleep_or_stop(stop, wait_s):
                return

    async def step(self) -> bool:
        """One piece of work, the most urgent first; False when there is none."""
        if await self._shelf.settle_pending() or await self._settle_revocations():
            return True
        async with transaction(self._pool) as connection:
            model = await store.model_in_state(connection, "active")
            newest = await store.newest_gold_run(connection)
            if model is not None and newest is not None:
                await store.add_job(connection, newest.run_id, model.model_sha256, self._clock.now())
            job = await store.queued_job(connection)
        if job is not None:
            return await self._advance(job)
        if model is None or newest is None:
            return False
        return await self._answer_requests(newest, model)

    async def _settle_revocations(self) -> bool:
        """Blocks retailers whose last consent is gone; one who still names another lender keeps his score."""
        async with transaction(self._pool) as connection:
            found = await store.open_revocations(connection, self._pace.chunk_rows)
        if not found:
            return False
        retailer_ids = sorted({retailer_id for _, retailer_id in found})
        consents = await self._consents.check(retailer_ids)
        at = self._clock.now()
        async with transaction(self._pool) as connection:
            mine = set(await store.settle_revocations(connection, [number for number, _ in found], at))
            gone = sorted({one for number, one in found if number in mine and not consents[one].is_granted})
            blocks = [
                store.BlockRow(new_id("blk"), one, "retailer", "CONSENT", "CONSENT_NOT_GRANTED", None, None, at, None)
                for one in gone
            ]
            await write_blocks(connection, self._outbox, blocks)
        return True

    async def _advance(self, job: store.Job) -> bool:
        """The next chunk of a job, or its end."""
        async with transaction(self._pool) as connection:
            run = await store.gold_run(connection, job.run_id)
            model = await store.model(connection, job.model_sha256)
        try:
            bundle = await self._shelf.bundle(model)
            frame = await self._frame(run)
            monitors = await self._monitors(job, frame, bundle)
        except ModelRefused as error:
            await self._block_job(job, error.detail, is_model=True)
            return True
        except (DigestMismatch, GoldUnusable) as error:
            await self._block_job(job, error.detail, is_model=False)
            return True
        if job.next_row >= len(frame):
            await self._finish(job, monitors)
            return True
        rows = range(job.next_row, min(job.next_row + self._pace.chunk_rows, len(frame)))
        setting = Setting(run, bundle, self._shelf.seal_context(model), monitors, self._shelf.taxonomy)
        await self._scorer.score(frame.take(rows), setting, _JobSlot(job, rows.stop))
        return True

    async def _frame(self, run: store.GoldRun) -> GoldFrame:
        if self._loaded.run_id != run.run_id or self._loaded.frame is None:
            frame = await asyncio.to_thread(
                load_gold, self._objects, run.manifest_uri, run.manifest_sha256, run_id=run.run_id
            )
            self._loaded = _Loaded(run.run_id, frame)
            return frame
        return self._loaded.frame

    async def _monitors(self, job: store.Job, frame: GoldFrame, bundle: Bundle) -> Monitors:
        """GR-1 and GR-6 over the consented rows of the run, measured once and kept with the job."""
        if job.monitors is not None:
            return Monitors(**job.monitors)
        allowed: list[int] = []
        for start in range(0, len(frame), BULK_MAX):
            some = frame.retailer_ids[start : start + BULK_MAX]
            consents = await self._consents.check(some)
            allowed += [start + i for i, one in enumerate(some) if consents[one].is_granted]
        monitors = await asyncio.to_thread(monitors_of, frame.take(allowed), bundle)
        async with transaction(self._pool) as connection:
            await store.save_monitors(connection, job, vars(monitors))
        _psi.set(-1.0 if monitors.psi is None else monitors.psi)
        if monitors.psi is not None and monitors.psi > c.PSI_MAX:
            _log.error("population shift", extra={"run_id": job.run_id, "psi": round(monitors.psi, 4)})
        return monitors

    async def _finish(self, job: store.Job, monitors: Monitors) -> None:
        async with transaction(self._pool) as connection:
            locked = await store.lock_job(connection, job.run_id, job.model_sha256)
            if locked is None:
                return
            await store.finish_job(connection, job, "done", self._clock.now())
            details = {name: str(count) for name, count in sorted(locked.counts.items())}
            details |= {name: "not_measurable" if v is None else f"{v:.4f}" for name, v in vars(monitors).items()}
            details["model_sha256"] = job.model_sha256
            await self._outbox.audit(
                connection, "scoring_run", actor=ACTOR, outcome="ok", subject=job.run_id, details=details
            )
        for kind, count in locked.counts.items():
            _outcomes.labels(kind).inc(count)
        _log.info("run scored", extra={"run_id": job.run_id, **locked.counts})

    async def _block_job(self, job: store.Job, why: str, *, is_model: bool) -> None:
        at = self._clock.now()
        async with transaction(self._pool) as connection:
            if await store.lock_job(connection, job.run_id, job.model_sha256) is None:
                return
            await store.finish_job(connection, job, "blocked", at)
            reason = "MODEL_LOAD" if is_model else "GR-6"
            if is_model:
                await announce_model_refusal(
                    connection, self._outbox, at=at, model=job.model_sha256, why=why, run_id=job.run_id
                )
            else:
                block = store.BlockRow(
                    new_id("blk"), None, "run", reason, "MODEL_UNAVAILABLE", job.run_id, job.model_sha256, at, None
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

    async def _answer_requests(self, run: store.GoldRun, model: Promotion) -> bool:
        """Scores requested retailers of the newest finished run who have no outcome yet."""
        async with transaction(self._pool) as connection:
            wanted = await store.open_requests(connection, self._pace.chunk_rows)
            job = await store.finished_job(connection, run.run_id, model.model_sha256) if wanted else None
            if job is None or job.monitors is None:
                return False
            known = {one: await store.outcome_of(connection, run.run_id, model.model_sha256, one) for one in wanted}
        frame = await self._frame(run)
        rows = {one: i for i, one in enumerate(frame.retailer_ids)}
        closed = {one: outcome or "not_in_gold" for one, outcome in known.items() if outcome or one not in rows}
        if closed:
            async with transaction(self._pool) as connection:
                await store.settle_requests(connection, closed, self._clock.now())
        fresh = [rows[one] for one in wanted if one not in closed]
        if fresh:
            bundle = await self._shelf.bundle(model)
            setting = Setting(
                run, bundle, self._shelf.seal_context(model), Monitors(**job.monitors), self._shelf.taxonomy
            )
            await self._scorer.score(frame.take(fresh), setting, _RequestSlot(self._clock))
        return True


class _JobSlot:
    """The next rows of a batch job: written only when no other worker moved the job meanwhile."""

    def __init__(self, job: store.Job, next_row: int) -> None:
        self._job = job
        self._next_row = next_row
        self._counts: dict[str, int] = {}

    async def claim(self, connection: asyncpg.Connection) -> bool:
        """Locks the job where this chunk starts."""
        locked = await store.lock_job(connection, self._job.run_id, self._job.model_sha256)
        self._counts = {} if locked is None else locked.counts
        return locked is not None and locked.next_row == self._job.next_row

    async def settle(self, connection: asyncpg.Connection, outcomes: Sequence[Outcome]) -> None:
        """Moves the job past the chunk and adds to its counts."""
        counts = dict(self._counts)
        for name, count in counts_of(outcomes).items():
            counts[name] = counts.get(name, 0) + count
        await store.advance_job(connection, self._job, self._next_row, counts)


class _RequestSlot:
    """Lenders' requests: a doubled answer is impossible by the key of `scores`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def claim(self, connection: asyncpg.Connection) -> bool:
        """Nothing to lock."""
        return connection is not None

    async def settle(self, connection: asyncpg.Connection, outcomes: Sequence[Outcome]) -> None:
        """Closes the requests with what became of them."""
        found = {one.retailer_id: next(iter(counts_of([one]))) for one in outcomes}
        await store.settle_requests(connection, found, self._clock.now())
