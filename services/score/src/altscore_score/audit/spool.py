"""A file on the local disk for audit entries that the outbox cannot take."""

import asyncio
import fcntl
import json
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from altscore_score.audit.domain import AuditEntry

_log = logging.getLogger("altscore.score.spool")


class Spool:
    """Lines on the local disk, fsynced one by one, for the time in which the outbox cannot be written.

    Args:
        folder: of this process's machine; the file survives the process.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "audit.jsonl"

    def append(self, entry: AuditEntry) -> None:
        """Writes one line and waits for the disk.

        Raises:
            OSError: not durable.
        """
        with self._file.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps(asdict(entry)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    async def replay(self, write: Callable[[list[AuditEntry]], Awaitable[None]]) -> None:
        """Writes all spooled lines, then truncates the file. At-least-once: a crash in between writes them again."""
        if not await asyncio.to_thread(self._file.exists):
            return
        with self._file.open("r+b") as file:  # a local file, rare, and the lock must span the write
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            lines = [line for line in file.read().split(b"\n") if line]
            if lines:
                await write([AuditEntry(**json.loads(line)) for line in lines])
                file.truncate(0)
                _log.info("spooled audit entries written", extra={"entries": len(lines)})
