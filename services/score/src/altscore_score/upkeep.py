"""The worker's loops beside Kafka: cached scores dropped after each commit, and old rows cleared."""

import asyncio
import logging

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import retry_until, transaction
from altscore_libs.rls import ContextSigner

from altscore_score import access_store, store
from altscore_score.access import first_of
from altscore_score.gate import Gate

BATCH = 500
LOOK_S = 0.5
CLEAR_S = 300.0
_log = logging.getLogger("altscore.score.upkeep")


class CacheDropper:
    """Drops cached scores that a committed change made stale; a mark stays until Redis has done it.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        gate: holds the cache.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, gate: Gate) -> None:
        self._pool = pool
        self._signer = signer
        self._gate = gate

    async def run(self, stop: asyncio.Event) -> None:
        """Drops until `stop`: at once on a notification, and by looking twice a second."""
        while not stop.is_set():
            try:
                async with self._pool.acquire() as listener:
                    await self._listen(listener, stop)
            except Exception as error:  # noqa: BLE001  # the marks stay; no fault here may end the process
                _log.warning("stale scores wait", extra={"reason": type(error).__name__})
                await retry_until(stop, LOOK_S)

    async def _listen(self, listener: asyncpg.Connection, stop: asyncio.Event) -> None:
        woken = asyncio.Event()

        def wake(*_: object) -> None:
            woken.set()

        await listener.add_listener("stale_cache", wake)
        try:
            while not stop.is_set():
                woken.clear()
                while await self.drop_once() == BATCH:
                    continue
                await first_of(woken, stop, within_s=LOOK_S)
        finally:
            if not listener.is_closed():
                await listener.remove_listener("stale_cache", wake)

    async def drop_once(self) -> int:
        """Acts upon the marks that wait; returns how many.

        Raises:
            RedisError, OSError: Redis did not do it; the marks stay.
        """
        async with transaction(self._pool) as connection:
            await self._signer.enter(connection, store.PROJECTOR)
            marks = await store.stale_retailers(connection, BATCH)
            for retailer_id in sorted({retailer_id for _, retailer_id in marks}):
                await self._gate.invalidate(retailer_id, await store.lenders_of(connection, retailer_id))
            await store.forget_stale(connection, [mark for mark, _ in marks])
        return len(marks)


class Cleaner:
    """Removes rows that no rule reads any more.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        clock: for their age.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, clock: Clock) -> None:
        self._pool = pool
        self._signer = signer
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Clears every five minutes until `stop`."""
        while not stop.is_set():
            try:
                async with transaction(self._pool) as connection:
                    await self._signer.enter(connection, store.PROJECTOR)
                    await store.clear_old(connection, now=self._clock.now())
                    await access_store.clear_old(connection, now=self._clock.now())
            except Exception as error:  # noqa: BLE001  # the rows wait; no fault here may end the process
                _log.warning("old rows wait", extra={"reason": type(error).__name__})
            if await retry_until(stop, CLEAR_S):
                return
