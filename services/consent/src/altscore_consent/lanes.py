"""Checks that arrive together are read together: a few connections of their own, one statement for all that wait."""

import asyncio
import logging
from collections import deque
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable

from altscore_consent import reads
from altscore_consent.reads import StateRow

MOST = 64
LANES = 2
ACQUIRE_S = 2.0
_log = logging.getLogger("altscore.consent")
_BROKEN = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class _Asked(NamedTuple):
    retailer_id: str
    lender_id: str
    answer: "asyncio.Future[list[StateRow]]"


class Lanes:
    """Reads states of (retailer, lender) pairs.

    A lone check goes out at once; under load a statement carries what came while the one before it was away. The
    connections are kept, since giving one back to the pool costs a round trip.

    Args:
        pool: of the consent database; each lane keeps one connection of it.
        clock: the present, for the counting of uses.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._waiting: deque[_Asked] = deque()
        self._idle: list[asyncpg.Connection | None] = [None] * LANES
        self._busy: set[asyncio.Task[None]] = set()

    async def read(self, retailer_id: str, lender_id: str) -> list[StateRow]:
        """What stands between a retailer and a lender.

        Raises:
            Unavailable: the database does not answer; the caller blocks.
        """
        asked = _Asked(retailer_id, lender_id, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._idle:
            task = asyncio.create_task(self._work(self._idle.pop()))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        return await asked.answer

    async def _work(self, connection: asyncpg.Connection | None) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                connection = await self._serve(batch, connection)
        finally:
            self._idle.append(connection)

    async def _serve(self, batch: list[_Asked], connection: asyncpg.Connection | None) -> asyncpg.Connection | None:
        try:
            if connection is None:
                connection = await self._pool.acquire(timeout=ACQUIRE_S)
            pairs = [(one.retailer_id, one.lender_id) for one in batch]
            found = await reads.of_lenders(connection, pairs, self._clock.now())
        except _BROKEN as error:
            _log.warning("checks cannot be read", extra={"reason": type(error).__name__, "checks": len(batch)})
            self._tell(batch, error)
            if connection is not None:
                await self._let_go(connection)
            return None
        except BaseException as error:
            self._tell(batch, error)
            raise
        for one, rows in zip(batch, found, strict=True):
            if not one.answer.done():
                one.answer.set_result(rows)
        return connection

    @staticmethod
    def _tell(batch: list[_Asked], error: BaseException) -> None:
        for one in batch:
            if not one.answer.done():
                refusal = Unavailable("the database is not available")
                refusal.__cause__ = error
                one.answer.set_exception(refusal)

    async def _let_go(self, connection: asyncpg.Connection) -> None:
        try:
            await self._pool.release(connection, timeout=ACQUIRE_S)
        except _BROKEN:
            connection.terminate()
