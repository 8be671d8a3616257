"""A challenger scores what its champion has scored, afterwards and for nobody: no row of it is served or announced."""

import asyncio
import logging
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import DEPENDENCIES
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys
from prometheus_client import Counter

from altscore_scoring.challengers import store
from altscore_scoring.challengers.domain import NO_FLAGS, Comparison, Pair, ShadowJob, compare, shadow_row
from altscore_scoring.clients import BULK_MAX, ConsentChecker
from altscore_scoring.decisions import store as decisions
from altscore_scoring.decisions.domain import CHALLENGER_KINDS, Decision, verified
from altscore_scoring.erasures.store import erased_among
from altscore_scoring.errors import NoComparison
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.gold.reader import GoldCache
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.promotions.model_cache import ModelCache
from altscore_scoring.revocations import store as revocations
from altscore_scoring.runs import store as runs
from altscore_scoring.scores.domain import Outcome, monitors_of, score_frame
from altscore_scoring.scores.events import ACTOR

ATTEMPTS_MAX = 5
PAGE_ROWS = 20_000
_log = logging.getLogger("altscore.scoring.challengers")
_passes = Counter("altscore_scoring_shadow_passes_total", "Passes of a challenger over a run, by outcome.", ["outcome"])


class ShadowService:
    """Scores finished runs with the challenger, chunk by chunk, when nothing else is to be done.

    Args:
        pool: of the scoring database.
        outbox: for the audit.
        keys: public keys that may name a challenger.
        gold: reads runs.
        consents: the consent service; nobody is scored without one, not even for nobody.
        models: of its own, so that a challenger never takes the champion's place in memory.
        clock: for scored_at and finished_at.
        chunk_rows: retailers per step.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        keys: PublicKeys,
        gold: GoldCache,
        consents: ConsentChecker,
        models: ModelCache,
        clock: Clock,
        chunk_rows: int,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys
        self._gold = gold
        self._consents = consents
        self._models = models
        self._clock = clock
        self._chunk_rows = chunk_rows

    async def advance(self) -> bool:
        """The next chunk of the challenger's pass; False when there is none.

        Raises:
            Unavailable: consent, object store or database cannot be reached.
        """
        async with transaction(self._pool) as connection:
            challenger = await self._standing(connection)
            champion = await self._models.active(connection)
            if challenger is None or champion is None:
                return False
            model_sha256 = challenger.fields["model_sha256"]
            if model_sha256 != champion.model_sha256:
                await store.queue_runs(
                    connection,
                    model_sha256=model_sha256,
                    champion_sha256=champion.model_sha256,
                    since=challenger.decided_at,
                    at=self._clock.now(),
                )
            job = await store.queued_job(connection, model_sha256)
            attempts = 0 if job is None else await store.begin(connection, job)
        if job is None:
            return False
        if attempts > ATTEMPTS_MAX:
            await self._finish(job, failure="the process ended while it was computed")
            return True
        try:
            await self._step(job, challenger)
        except DEPENDENCIES:  # a dependency failed, not the challenger
            await self._forgive(job)
            raise
        except Exception as error:  # noqa: BLE001  # whatever is wrong with a challenger, the champion goes on
            await self._finish(job, failure=getattr(error, "detail", None) or type(error).__name__)
        else:
            await self._forgive(job)
        return True

    async def _forgive(self, job: ShadowJob) -> None:
        async with transaction(self._pool) as connection:
            await store.forgive(connection, job)

    async def _standing(self, connection: asyncpg.Connection) -> Decision | None:
        """The challenger that two persons named last, unless they withdrew it."""
        rows = await decisions.decisions_of(connection, CHALLENGER_KINDS)
        newest = next(iter(verified(rows, self._keys)), None)
        return newest if newest is not None and newest.kind == "challenger" else None

    async def _step(self, job: ShadowJob, challenger: Decision) -> None:
        async with transaction(self._pool) as connection:
            run = await runs.gold_run(connection, job.run_id)
        bundle = await self._models.artifacts(job.model_sha256, challenger.fields["artifact_uri"])
        frame = await self._gold.frame(run)
        if job.monitors is None:
            await self._measure(job, frame, bundle)
        elif job.next_row >= len(frame):
            await self._finish(job)
        else:
            rows = range(job.next_row, min(job.next_row + self._chunk_rows, len(frame)))
            await self._score(job, frame.take(rows), bundle=bundle, next_row=rows.stop)

    async def _measure(self, job: ShadowJob, frame: GoldFrame, bundle: Bundle) -> None:
        """GR-1 and GR-6 of the challenger over the consented rows of the run."""
        rows: list[int] = []
        for start in range(0, len(frame), BULK_MAX):
            retailer_ids = frame.retailer_ids[start : start + BULK_MAX]
            consents = await self._consents.check(retailer_ids)
            rows += [start + i for i, retailer_id in enumerate(retailer_ids) if consents[retailer_id].is_granted]
        monitors = await asyncio.to_thread(monitors_of, frame.take(rows), bundle)
        async with transaction(self._pool) as connection:
            await store.save_monitors(connection, job, vars(monitors))

    async def _score(self, job: ShadowJob, frame: GoldFrame, *, bundle: Bundle, next_row: int) -> None:
        async with transaction(self._pool) as connection:
            last_revocation = await revocations.last_revocation(connection)
            erased = await erased_among(connection, frame.retailer_ids)
        consents = await self._consents.check([item for item in frame.retailer_ids if item not in erased])
        rows = [i for i, item in enumerate(frame.retailer_ids) if item in consents and consents[item].is_granted]
        frame = frame.take(rows)
        outcomes: list[Outcome] = []
        if rows:
            outcomes = await asyncio.to_thread(score_frame, frame, bundle, self._models.taxonomy, monitors=NO_FLAGS)
        async with transaction(self._pool) as connection:
            if not await store.claim(connection, job):
                return
            if await revocations.is_revoked_since(connection, frame.retailer_ids, last_revocation):
                return
            if await erased_among(connection, frame.retailer_ids):
                return
            await store.add_rows(connection, job, [shadow_row(item) for item in outcomes], self._clock.now())
            await store.advance(connection, job, next_row=next_row)

    async def _finish(self, job: ShadowJob, *, failure: str | None = None) -> None:
        state = "done" if failure is None else "failed"
        async with transaction(self._pool) as connection:
            if not await store.finish(connection, job, state=state, at=self._clock.now(), failure=failure):
                return
            details = {"run_id": job.run_id, "champion_sha256": job.champion_sha256}
            await self._outbox.audit(
                connection,
                "shadow_run",
                actor=ACTOR,
                outcome="ok" if failure is None else "failed",
                subject=job.model_sha256,
                details=details if failure is None else {**details, "why": failure},
            )
        _passes.labels(state).inc()
        _log.log(
            logging.INFO if failure is None else logging.ERROR,
            "challenger computed" if failure is None else "challenger failed",
            extra={"run_id": job.run_id, "model_sha256": job.model_sha256, "reason": failure},
        )


async def compare_newest(pool: asyncpg.Pool, run_id: str | None) -> tuple[dict[str, Any], Comparison]:
    """Champion and challenger side by side, of the newest finished pass or of a run's.

    Returns:
        The figures as comparison.json holds them, and what the page's picture is drawn from.

    Raises:
        NoComparison: there is none.
    """
    async with transaction(pool) as connection:
        job = await store.newest_done(connection, run_id)
        if job is None:
            raise NoComparison("no challenger has been computed")
        champion = await runs.finished_job(connection, job.run_id, job.champion_sha256)
    comparison = compare(await _pairs(pool, job))
    figures = {
        "run_id": job.run_id,
        "champion_sha256": job.champion_sha256,
        "challenger_sha256": job.model_sha256,
        **comparison.figures,
        "monitors": {"champion": (champion and champion.monitors) or {}, "challenger": job.monitors or {}},
    }
    return figures, comparison


async def _pairs(pool: asyncpg.Pool, job: ShadowJob) -> list[Pair]:
    pairs: list[Pair] = []
    after = ""
    while True:
        async with transaction(pool) as connection:
            page = await store.pairs(connection, job, after=after, limit=PAGE_ROWS)
        pairs += [pair for _, pair in page if pair is not None]
        if len(page) < PAGE_ROWS:
            return pairs
        after = page[-1][0]
