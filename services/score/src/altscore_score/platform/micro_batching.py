"""Work that is cheaper together (ADR 0013): a lone item goes at once; when several come, those of the next moment join.

MicroBatcher gathers the items; GroupCommit commits the rows of many calls by it, and each call waits for its own.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, NamedTuple, TypeVar

import asyncpg
from altscore_libs.deadlines import call_ends_at_s
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import OutboxRow

from altscore_score.idempotency.domain import NewReply
from altscore_score.platform.dedicated_connections import DedicatedConnections

GATHER_S = 0.004
MAX_ROWS = 200
_COMMIT = "SELECT commit_calls($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
_Item = TypeVar("_Item")
_log = logging.getLogger("altscore.score.group_commit")


class MicroBatcher(Generic[_Item]):
    """Hands over what waits, in order, some batches side by side.

    Under load most of the price of a statement or a request is the trip, not the item; so once a batch held more than
    one item, the next one waits GATHER_S for others. A caller that is alone pays nothing for that.

    Args:
        serve: does the work of a batch and tells each item its end; raises nothing.
        most: items in a batch.
        at_once: batches side by side.
    """

    def __init__(self, serve: Callable[[list[_Item]], Awaitable[None]], *, most: int, at_once: int) -> None:
        self._serve = serve
        self._most = most
        self._at_once = at_once
        self._waiting: deque[_Item] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._workers = 0
        self._is_gathering = False
        self._is_busy = False

    def put(self, item: _Item) -> None:
        """Queues an item; a worker takes it in the next turn of the loop, or with the batch that gathers."""
        self._waiting.append(item)
        self._start_worker()

    async def submit(self, item: _Item) -> None:
        """Serves a lone item in the caller's task; when a batch runs or waits, queues the item and returns at once.

        A task for a lone item would cost it a turn of the loop.
        """
        if self._workers or self._waiting or self._is_busy:
            self.put(item)
            return
        self._workers += 1
        try:
            await self._serve([item])
        finally:
            self._workers -= 1
            self._start_worker()  # for those who came meanwhile

    def _start_worker(self) -> None:
        """Starts a worker where items wait for one."""
        if self._waiting and not self._is_gathering and self._workers < self._at_once:
            self._is_gathering = True
            self._workers += 1
            task = asyncio.create_task(self._work(), context=Context())  # its log lines are of no single call
            self._tasks.add(task)  # the loop itself holds tasks weakly
            task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            while True:
                if self._is_busy or len(self._waiting) > 1:
                    await asyncio.sleep(GATHER_S)
                batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                self._is_busy = len(batch) > 1
                self._is_gathering = False
                await self._serve(batch)
                if self._is_gathering or not self._waiting:
                    return
                self._is_gathering = True
        finally:
            self._workers -= 1  # in the turn of the return: an item that comes next must start a worker


class Row(NamedTuple):
    """What one call must leave behind before it is answered: its audit event and, for a disclosure, its reply."""

    event: OutboxRow
    new_reply: NewReply | None


class _PendingRow(NamedTuple):
    row: Row
    is_written: asyncio.Future[bool]
    give_up_at_s: float


class GroupCommit:
    """Commits rows, as many as wait, in one statement and one transaction.

    Args:
        connections: to the serving database; as many commits run side by side, since the disk takes several at once.
        topic: of the audit events.
        commit_s: longest wait of a row, seconds.
        writers: most commits side by side.
    """

    def __init__(self, connections: DedicatedConnections, topic: str, *, commit_s: float, writers: int = 2) -> None:
        self._connections = connections
        self._topic = topic
        self._commit_s = commit_s
        self._batcher = MicroBatcher(self._serve, most=MAX_ROWS, at_once=writers)

    async def write(self, row: Row) -> bool:
        """Returns once the row is committed; False where its X-Request-ID was answered by another call first.

        Nothing of such a row is written.

        Raises:
            Unavailable: not committed within `commit_s` seconds or the rest of the call, or it is unknown whether
                it was.
        """
        loop = asyncio.get_running_loop()
        is_written: asyncio.Future[bool] = loop.create_future()
        await self._batcher.submit(_PendingRow(row, is_written, min(loop.time() + self._commit_s, call_ends_at_s())))
        return await is_written

    async def _serve(self, batch: list[_PendingRow]) -> None:
        now_s = asyncio.get_running_loop().time()
        _fail([pending for pending in batch if pending.give_up_at_s < now_s])
        batch = [pending for pending in batch if not pending.is_written.done()]  # a caller may have left
        if batch:
            await self._commit(batch)

    async def _commit(self, batch: list[_PendingRow]) -> None:
        telling = _tell_when_overdue(batch)
        try:
            result = await self._connections.fetchrow(_COMMIT, *self._columns([pending.row for pending in batch]))
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, UnicodeError):
            if len(batch) == 1:
                _fail(batch)
                return
            for pending in batch:  # one of them cannot be written; the others must not fail with it
                await self._commit([pending])
        except Exception as error:  # noqa: BLE001  # whatever it was, those who wait must hear of it
            _log.warning("calls could not be committed", extra={"rows": len(batch), "reason": type(error).__name__})
            _fail(batch)
        else:
            for pending, is_written in zip(batch, result[0], strict=True):
                if not pending.is_written.done():
                    pending.is_written.set_result(is_written)
        finally:
            telling.cancel()

    def _columns(self, rows: list[Row]) -> tuple[object, ...]:
        replies = [row.new_reply for row in rows]
        return (
            [row.event.event_id for row in rows],
            self._topic,
            [row.event.key for row in rows],
            [row.event.payload for row in rows],
            [row.event.mac for row in rows],
            [reply and reply.context for reply in replies],
            [reply and reply.request_id for reply in replies],
            [reply and reply.body_digest for reply in replies],
            [reply and reply.language for reply in replies],
            [reply and reply.body for reply in replies],
            [reply and reply.replied_at for reply in replies],
        )


def _tell_when_overdue(batch: list[_PendingRow]) -> asyncio.TimerHandle:
    """Fails each row when its call ends, however long the statement of its batch takes: one timer for all of them."""
    first_end_s = min(pending.give_up_at_s for pending in batch)
    return asyncio.get_running_loop().call_at(first_end_s, _fail_overdue, batch)


def _fail_overdue(batch: list[_PendingRow]) -> None:
    now_s = asyncio.get_running_loop().time()
    _fail([pending for pending in batch if pending.give_up_at_s <= now_s])
    if waiting := [pending for pending in batch if not pending.is_written.done()]:
        _tell_when_overdue(waiting)


def _fail(batch: list[_PendingRow]) -> None:
    for pending in batch:
        if not pending.is_written.done():
            pending.is_written.set_exception(Unavailable("the audit trail cannot be written"))
