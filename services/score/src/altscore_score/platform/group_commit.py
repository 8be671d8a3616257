"""Many calls, one commit: rows that come while the disk is busy share the next write; each call waits for its own."""

import asyncio
import logging
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from altscore_libs.errors import Unavailable

from altscore_score.platform.dedicated_connections import DedicatedConnections
from altscore_score.platform.micro_batching import MicroBatcher

_log = logging.getLogger("altscore.score.group_commit")
MAX_ROWS = 200
COMMIT_S = 2.0
_COMMIT = "SELECT commit_calls($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"


class Raced(Exception):
    """Another call with the same X-Request-ID was answered first."""


class IdempotentReply(NamedTuple):
    """The reply that an X-Request-ID is answered with from now on."""

    context: str
    key: UUID
    digest: bytes
    language: str
    reply: bytes
    replied_at: datetime


class Row(NamedTuple):
    """What one call must leave behind before it is answered: its audit event and, for a disclosure, its reply."""

    event_id: UUID
    event_key: str
    payload: bytes
    kept: IdempotentReply | None


class _Waiting(NamedTuple):
    row: Row
    written: asyncio.Future[bool]
    give_up_at_s: float


class GroupCommit:
    """Commits rows, as many as wait, in one statement and one transaction.

    Args:
        lanes: to the serving database; as many commits run side by side, since the disk takes several at once.
        topic: of the audit events.
        writers: most commits side by side.
    """

    def __init__(self, lanes: DedicatedConnections, topic: str, *, writers: int = 2) -> None:
        self._lanes = lanes
        self._topic = topic
        self._batches = MicroBatcher(self._serve, most=MAX_ROWS, at_once=writers)

    async def write(self, row: Row) -> None:
        """Returns once the row is committed.

        Raises:
            Raced: the row's X-Request-ID was answered by another call; nothing of this row was written.
            Unavailable: not committed within COMMIT_S seconds, or it is unknown whether it was.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[bool] = loop.create_future()
        await self._batches.give(_Waiting(row, written, loop.time() + COMMIT_S))
        if not await written:
            raise Raced()

    async def _serve(self, batch: list[_Waiting]) -> None:
        now_s = asyncio.get_running_loop().time()
        _fail([one for one in batch if one.give_up_at_s < now_s])
        pending = [one for one in batch if not one.written.done()]  # a caller may have left
        if pending:
            await self._commit(pending)

    async def _commit(self, batch: list[_Waiting]) -> None:
        try:
            found = await self._lanes.fetchrow(_COMMIT, *self._columns([one.row for one in batch]))
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, UnicodeError):
            if len(batch) == 1:
                _fail(batch)
                return
            for one in batch:  # one of them cannot be written; the others must not fail with it
                await self._commit([one])
        except Exception as error:  # noqa: BLE001  # whatever it was, those who wait must hear of it
            _log.warning("calls could not be committed", extra={"rows": len(batch), "reason": type(error).__name__})
            _fail(batch)
        else:
            for one, is_written in zip(batch, found[0], strict=True):
                if not one.written.done():
                    one.written.set_result(is_written)

    def _columns(self, rows: list[Row]) -> tuple[object, ...]:
        kept = [row.kept for row in rows]
        return (
            [row.event_id for row in rows],
            self._topic,
            [row.event_key for row in rows],
            [row.payload for row in rows],
            [one and one.context for one in kept],
            [one and one.key for one in kept],
            [one and one.digest for one in kept],
            [one and one.language for one in kept],
            [one and one.reply for one in kept],
            [one and one.replied_at for one in kept],
        )


def _fail(batch: list[_Waiting]) -> None:
    for one in batch:
        if not one.written.done():
            one.written.set_exception(Unavailable("the audit trail cannot be written"))
