"""A few database connections that stay out of the pool: taking one costs nothing, and its statements stay prepared."""

import asyncio
import logging
from typing import Any

import asyncpg
from altscore_libs.circuit import CircuitBreaker
from altscore_libs.db import GRACE_S, UNREACHABLE, drop, is_lost
from altscore_libs.deadlines import seconds_left
from altscore_libs.errors import Unavailable

OPEN_S = 1.0
_log = logging.getLogger("altscore.score.database")


def database_breaker() -> CircuitBreaker:
    """A circuit that opens for a second when half of the last four statements did not end in time, two at least."""
    return CircuitBreaker("postgres", window=4, at_least=2, first_open_s=OPEN_S, longest_open_s=OPEN_S)


class DedicatedConnections:
    """Runs single statements, each its own transaction, on connections borrowed from a pool once.

    Settings of a statement must end with it (`set_config(…, true)`), since nothing resets a connection in between.

    Args:
        pool: whose connections are used; `size` of them stay taken.
        size: most statements at a time.
        timeout_s: of one statement; the server itself ends it then, so that what is refused was not written. A
            statement waits as long for its connection, at most. Within a call both end with the call.
        breaker: shared by all that use the database, so that a call whose read did not end in time waits for no write.
    """

    def __init__(
        self, pool: asyncpg.Pool, *, size: int, timeout_s: float, breaker: CircuitBreaker | None = None
    ) -> None:
        self._pool = pool
        self._breaker = breaker or database_breaker()
        self._timeout_s = timeout_s
        self._releasing: set[asyncio.Future[None]] = set()
        self._free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
        for _ in range(size):
            self._free.put_nowait(None)

    async def fetchrow(self, statement: str, *arguments: Any) -> Any:
        """The first row.

        Raises:
            Unavailable: the database cannot be reached, is read-only, full, or did not answer in time.
            asyncpg.PostgresError: the statement itself failed.
        """
        seconds_left(self._timeout_s)  # a call without time is no attempt, and says nothing of the database
        try:
            with self._breaker.attempt((TimeoutError,)):  # any other error was an answer, or came at once
                return await self._fetchrow(statement, arguments)
        except UNREACHABLE as error:
            raise Unavailable("the database is not available") from error

    async def _fetchrow(self, statement: str, arguments: tuple[Any, ...]) -> Any:
        connection = self._take_open() or await self._open()
        try:
            row = await connection.fetchrow(statement, *arguments, timeout=seconds_left(self._timeout_s + GRACE_S))
        except BaseException:
            self._free.put_nowait(None)
            self._release_soon(connection)
            raise
        self._free.put_nowait(connection)
        return row

    async def open_all(self) -> None:
        """Opens every connection, so that the first calls of a process that has just started need not.

        One that cannot be opened is left to the call that needs it.
        """
        opened = await asyncio.gather(*(self._open() for _ in range(self._free.qsize())), return_exceptions=True)
        for connection in opened:
            if not isinstance(connection, BaseException):
                self._free.put_nowait(connection)
        for error in opened:
            if isinstance(error, UNREACHABLE):
                _log.warning("a connection is not open yet", extra={"reason": type(error).__name__})
            elif isinstance(error, BaseException):
                raise error

    def _take_open(self) -> Any:
        """A free connection that is open; None where there is none, and nothing is taken then."""
        if not self._free.qsize():
            return None
        connection = self._free.get_nowait()
        if connection is not None and not is_lost(connection):
            return connection
        self._free.put_nowait(None)
        return None

    async def _open(self) -> Any:
        """Waits for a place, and opens a connection where the place holds none; all of it within `timeout_s`."""
        has_place, connection = False, None
        try:
            async with asyncio.timeout(seconds_left(self._timeout_s)):
                kept = await self._free.get()
                has_place = True
                if kept is not None and not is_lost(kept):
                    return kept
                connection = await self._pool.acquire(timeout=self._timeout_s)
                await connection.execute(f"SET statement_timeout = {int(self._timeout_s * 1000)}")
        except BaseException:
            if has_place:
                self._free.put_nowait(None)
            if connection is not None:
                self._release_soon(connection)
            raise
        return connection

    async def close(self) -> None:
        """Gives the free connections back to the pool."""
        for _ in range(self._free.qsize()):
            connection = self._free.get_nowait()
            if connection is not None:
                await self._pool.release(connection)
            self._free.put_nowait(None)

    def _release_soon(self, connection: Any) -> None:
        """A connection in an unknown state: the pool resets or drops it, which no caller waits for."""
        task = asyncio.ensure_future(self._release(connection))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    async def _release(self, connection: Any) -> None:
        try:
            await self._pool.release(connection, timeout=self._timeout_s)
        except UNREACHABLE:
            drop(connection)
