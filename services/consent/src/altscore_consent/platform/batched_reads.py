"""Checks that arrive together are read together: two kept connections, one statement for all that wait."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable

from altscore_consent.checks.store import states_of_pairs
from altscore_consent.grants.domain import StoredState

MAX_BATCH = 64
CONNECTIONS = 2
ACQUIRE_S = 2.0
_log = logging.getLogger("altscore.consent")
_BROKEN = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class _PendingRead(NamedTuple):
    retailer_id: str
    lender_id: str
    states: "asyncio.Future[list[StoredState]]"


class BatchedReads:
    """Reads states of (retailer, lender) pairs.

    A lone check is sent at once; under load a statement carries what arrived while the one before it ran. The
    connections are kept, since giving one back to the pool costs a round trip.

    Args:
        pool: of the consent database; each reader keeps one connection of it.
        clock: the present, for the counting of uses.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._waiting: deque[_PendingRead] = deque()
        self._idle: list[asyncpg.Connection | None] = [None] * CONNECTIONS
        self._busy: set[asyncio.Task[None]] = set()

    async def read(self, retailer_id: str, lender_id: str) -> list[StoredState]:
        """The states of a retailer for a lender.

        Raises:
            Unavailable: the database does not answer; the caller blocks.
        """
        pending = _PendingRead(retailer_id, lender_id, asyncio.get_running_loop().create_future())
        self._waiting.append(pending)
        if self._idle:
            task = asyncio.create_task(self._work(self._idle.pop()))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        return await pending.states

    async def _work(self, connection: asyncpg.Connection | None) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
                connection = await self._serve(batch, connection)
        finally:
            self._idle.append(connection)

    async def _serve(
        self, batch: Sequence[_PendingRead], connection: asyncpg.Connection | None
    ) -> asyncpg.Connection | None:
        try:
            if connection is None:
                connection = await self._pool.acquire(timeout=ACQUIRE_S)
            pairs = [(pending.retailer_id, pending.lender_id) for pending in batch]
            results = await states_of_pairs(connection, pairs, self._clock.now())
        except _BROKEN as error:
            _log.warning("checks cannot be read", extra={"reason": type(error).__name__, "checks": len(batch)})
            self._refuse(batch, error)
            if connection is not None:
                await self._release(connection)
            return None
        except BaseException as error:
            self._refuse(batch, error)
            raise
        for pending, states in zip(batch, results, strict=True):
            if not pending.states.done():
                pending.states.set_result(states)
        return connection

    @staticmethod
    def _refuse(batch: Sequence[_PendingRead], error: BaseException) -> None:
        for pending in batch:
            if not pending.states.done():
                refusal = Unavailable("the database is not available")
                refusal.__cause__ = error
                pending.states.set_exception(refusal)

    async def _release(self, connection: asyncpg.Connection) -> None:
        try:
            await self._pool.release(connection, timeout=ACQUIRE_S)
        except _BROKEN:
            connection.terminate()
