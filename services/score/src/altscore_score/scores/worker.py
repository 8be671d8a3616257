"""Drops cached scores after the commit of a change that made them stale, and records that no answer needs any more."""

import asyncio
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import UNREACHABLE, transaction
from altscore_libs.errors import Unavailable
from altscore_libs.periodic import first_of, keep_running
from altscore_libs.rls import ContextSigner
from prometheus_client import Counter
from redis.exceptions import RedisError

from altscore_score.scores import store
from altscore_score.scores.reader import ScoreCache

BATCH = 500
LOOK_S = 2.0  # a notification comes at once; looking is for those that were lost
COMPACTED = 1_000
COMPACTION_S = 600.0
WHOLE = timedelta(days=90)  # longer than a month, so that the month of a score is over
_compacted = Counter("altscore_score_records_emptied_total", "Records of scores that no answer can show any more.")


class CacheInvalidator:
    """Drops cached scores that a committed change made stale; a mark stays until Redis has done it.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        cache: of scores.
        look_s: seconds between two looks for marks, and the longest wait after a failure.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, cache: ScoreCache, *, look_s: float = LOOK_S) -> None:
        self._pool = pool
        self._signer = signer
        self._cache = cache
        self._look_s = look_s

    async def run(self, stop: asyncio.Event) -> None:
        """Drops until `stop`: at once on a notification, and by looking every LOOK_S."""
        await keep_running("cache", self._listen, stop, longest_wait_s=self._look_s)

    async def _listen(self, stop: asyncio.Event) -> None:
        try:
            async with self._pool.acquire() as listener:
                await self._drop(listener, stop)
        except (*UNREACHABLE, RedisError) as error:
            raise Unavailable("stale scores wait") from error

    async def _drop(self, listener: asyncpg.Connection, stop: asyncio.Event) -> None:
        woken = asyncio.Event()

        def wake(*_: object) -> None:
            woken.set()

        await listener.add_listener("stale_cache", wake)
        try:
            while not stop.is_set():
                woken.clear()
                while await self.invalidate_marked() == BATCH:
                    continue
                await first_of(woken, stop, timeout_s=self._look_s)
        finally:
            if not listener.is_closed():
                await listener.remove_listener("stale_cache", wake)

    async def invalidate_marked(self) -> int:
        """Acts upon the marks that wait; returns how many.

        Raises:
            RedisError, OSError: Redis did not do it; the marks stay.
        """
        async with transaction(self._pool) as connection:
            await self._signer.enter(connection, store.PROJECTOR)
            marks = await store.stale_retailers(connection, BATCH)
            for retailer_id in sorted({retailer_id for _, retailer_id in marks}):
                await self._signer.enter(
                    connection, store.PROJECTOR
                )  # a context is good for seconds, Redis may be slow
                await self._cache.invalidate(retailer_id, await store.lenders_of(connection, retailer_id))
            await store.forget_stale(connection, [mark for mark, _ in marks])
        return len(marks)


class ScoreCompaction:
    """Empties the records of scores that are neither the newest nor the last of their month; scoring keeps them.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        clock: for their age.
        batch: scores a transaction looks at.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, clock: Clock, *, batch: int = COMPACTED) -> None:
        self._pool = pool
        self._signer = signer
        self._clock = clock
        self._batch = batch

    async def step(self) -> bool:
        """One batch, the oldest first; whether there may be more.

        Raises:
            Unavailable: the database.
        """
        async with transaction(self._pool) as connection:
            await self._signer.enter(connection, store.PROJECTOR)
            examined, emptied = await store.compact(connection, before=self._clock.now() - WHOLE, limit=self._batch)
        _compacted.inc(emptied)
        return examined == self._batch
