"""Work that is cheaper together: a lone item goes at once; when several come, those of the next moment join them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

GATHER_S = 0.004
_Item = TypeVar("_Item")


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

    async def submit(self, item: _Item) -> None:
        """Serves a lone item in the caller's task; when a batch runs or waits, queues the item and returns at once.

        A task for a lone item would cost it a turn of the loop.
        """
        if self._workers or self._waiting or self._is_busy:
            self._waiting.append(item)
            self._start_worker()
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
