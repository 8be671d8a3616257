"""Checks that arrive together are read together: one statement for all that wait (ADR 0019)."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import session
from altscore_libs.errors import Unavailable

from altscore_consent.checks.store import states_of_pairs
from altscore_consent.grants.domain import StoredState

MAX_BATCH = 64
READERS = 2
ACQUIRE_S = 1.0
_log = logging.getLogger("altscore.consent")


class _PendingRead(NamedTuple):
    retailer_id: str
    lender_id: str
    states: "asyncio.Future[list[StoredState]]"


class BatchedReads:
    """Reads states of (retailer, lender) pairs.

    A lone check is sent at once; under load a statement carries what arrived while the one before it ran.

    Args:
        pool: of the consent database, READERS connections at least; its sessions need no reset.
        clock: the present, for the counting of uses.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._waiting: deque[_PendingRead] = deque()
        self._free_readers = READERS
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, retailer_id: str, lender_id: str) -> list[StoredState]:
        """The states of a retailer for a lender.

        Raises:
            Unavailable: the database does not answer; the caller blocks.
        """
        pending = _PendingRead(retailer_id, lender_id, asyncio.get_running_loop().create_future())
        self._waiting.append(pending)
        if self._free_readers:
            self._free_readers -= 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await pending.states

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._serve([self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))])
        finally:
            self._free_readers += 1

    async def _serve(self, batch: Sequence[_PendingRead]) -> None:
        pairs = [(pending.retailer_id, pending.lender_id) for pending in batch]
        try:
            async with session(self._pool, timeout_s=ACQUIRE_S) as connection:
                results = await states_of_pairs(connection, pairs, self._clock.now())
        except Exception as error:  # noqa: BLE001  # whatever it is, it is refused to those who wait, and the next are read
            _log.warning("checks cannot be read", exc_info=error, extra={"checks": len(batch)})
            _refuse(batch, error)
        except BaseException as error:
            _refuse(batch, error)
            raise
        else:
            for pending, states in zip(batch, results, strict=True):
                if not pending.states.done():
                    pending.states.set_result(states)


def _refuse(batch: Sequence[_PendingRead], error: BaseException) -> None:
    for pending in batch:
        if not pending.states.done():
            refusal = Unavailable("the database is not available")
            refusal.__cause__ = error
            pending.states.set_exception(refusal)
