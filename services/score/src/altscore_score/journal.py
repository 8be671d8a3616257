"""Every call is durable in the audit outbox before its reply leaves; else in a local spool; else there is no reply."""

import asyncio
import fcntl
import json
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from altscore_libs.db import retry_until, transaction
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox

from altscore_score.group_commit import COMMIT_S, GroupCommit, Kept, Raced, Row
from altscore_score.lanes import Lanes

__all__ = ["Also", "Entry", "Journal", "Kept", "Raced", "Spool"]
REPLAY_S = 5.0
WRITERS = 2
Also = Callable[[asyncpg.Connection], Awaitable[None]]
_EVENT = "audit_event"
_log = logging.getLogger("altscore.score.journal")


@dataclass(frozen=True)
class Entry:
    """One audit event: ids and outcomes, no personal data."""

    action: str
    actor: str
    outcome: str
    subject: str | None = None
    reason: str | None = None
    details: dict[str, str] = field(default_factory=dict)


class Spool:
    """Lines on the local disk, fsynced one by one, for the time in which the outbox cannot be written.

    Args:
        folder: of this process's machine; the file survives the process.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "audit.jsonl"

    def append(self, entry: Entry) -> None:
        """Writes one line and waits for the disk.

        Raises:
            OSError: not durable.
        """
        with self._file.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps(asdict(entry)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    async def replay(self, write: Callable[[list[Entry]], Awaitable[None]]) -> None:
        """Hands all lines over and empties the file once they are written; twice is possible, never is not."""
        if not await asyncio.to_thread(self._file.exists):
            return
        with self._file.open("r+b") as file:  # a local file, rare, and the lock must span the write
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            lines = [line for line in file.read().split(b"\n") if line]
            if lines:
                await write([Entry(**json.loads(line)) for line in lines])
                file.truncate(0)
                _log.info("spooled audit entries written", extra={"entries": len(lines)})


class Journal:
    """Writes audit entries with the change they speak of.

    Args:
        pool: of the serving database.
        outbox: of this service.
        spool: None where an unwritable outbox must stop the door.
    """

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, spool: Spool | None = None) -> None:
        self._pool = pool
        self.outbox = outbox
        self._spool = spool
        self._lanes = Lanes(pool, size=WRITERS, timeout_s=COMMIT_S)
        self._group = GroupCommit(self._lanes, outbox.topic_of(_EVENT), writers=WRITERS)

    async def write(self, entry: Entry, also: Also | None = None, *, kept: Kept | None = None) -> None:
        """Commits an entry together with `also` or `kept`, and returns once it is durable.

        Args:
            entry: what is said of the call.
            also: a change in a transaction of its own with the entry, for rare calls.
            kept: the reply to keep; such entries share their commits with other calls'.

        Raises:
            Raced: another call with that X-Request-ID was answered first; nothing was written.
            Unavailable: it is durable nowhere.
        """
        try:
            if also is not None:
                await self._commit([entry], also)
            else:
                event_id, payload = self.outbox.encode(_EVENT, _data(entry))
                await self._group.write(Row(event_id, entry.actor, payload, kept))
        except Unavailable:
            if self._spool is None or also is not None or kept is not None:
                raise
            try:
                await asyncio.to_thread(self._spool.append, entry)
            except OSError as error:
                raise Unavailable("the audit trail cannot be written") from error

    async def close(self) -> None:
        """Gives its database connections back."""
        await self._lanes.close()

    async def run(self, stop: asyncio.Event) -> None:
        """Writes what was spooled until `stop`."""
        while not stop.is_set():
            if self._spool is not None:
                try:
                    await self._spool.replay(self._commit)
                except Exception as error:  # noqa: BLE001  # the lines stay; no fault here may end the process
                    _log.warning("the spool waits", extra={"reason": type(error).__name__})
            if await retry_until(stop, REPLAY_S):
                return

    async def _commit(self, entries: list[Entry], also: Also | None = None) -> None:
        try:
            async with transaction(self._pool) as connection:
                if also is not None:
                    await also(connection)
                for entry in entries:
                    await self.outbox.add(connection, _EVENT, key=entry.actor, data=_data(entry))
        except (asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            raise Unavailable("the audit trail cannot be written") from error


def _data(entry: Entry) -> dict[str, Any]:
    return {
        "action": entry.action,
        "actor": entry.actor,
        "subject": entry.subject,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "details": entry.details,
    }
