"""Drops cached scores after the commit of a change that made them stale."""

import asyncio
import logging

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.periodic import sleep_or_stop
from altscore_libs.rls import ContextSigner

from altscore_score.platform.wakeups import wait_for_first
from altscore_score.scores import store
from altscore_score.scores.reader import ScoreCache

BATCH = 500
LOOK_S = 0.5
_log = logging.getLogger("altscore.score.cache_invalidator")


class CacheInvalidator:
    """Drops cached scores that a committed change made stale; a mark stays until Redis has done it.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        cache: of scores.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, cache: ScoreCache) -> None:
        self._pool = pool
        self._signer = signer
        self._cache = cache

    async def run(self, stop: asyncio.Event) -> None:
        """Drops until `stop`: at once on a notification, and by looking twice a second."""
        while not stop.is_set():
            try:
                async with self._pool.acquire() as listener:
                    await self._listen(listener, stop)
            except Exception as error:  # noqa: BLE001  # the marks stay; no fault here may end the process
                _log.warning("stale scores wait", extra={"reason": type(error).__name__})
                await sleep_or_stop(stop, LOOK_S)

    async def _listen(self, listener: asyncpg.Connection, stop: asyncio.Event) -> None:
        woken = asyncio.Event()

        def wake(*_: object) -> None:
            woken.set()

        await listener.add_listener("stale_cache", wake)
        try:
            while not stop.is_set():
                woken.clear()
                while await self.invalidate_marked() == BATCH:
                    continue
                await wait_for_first(woken, stop, within_s=LOOK_S)
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
                await self._cache.invalidate(retailer_id, await store.lenders_of(connection, retailer_id))
            await store.forget_stale(connection, [mark for mark, _ in marks])
        return len(marks)
