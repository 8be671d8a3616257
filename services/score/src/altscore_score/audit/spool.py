"""A file on the local disk for audit entries that the outbox cannot take."""

import asyncio
import fcntl
import json
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from altscore_score.audit.domain import AuditEntry

_log = logging.getLogger("altscore.score.spool")


class Spool:
    """Lines on the local disk, fsynced one by one, for the time in which the outbox cannot be written.

    Lines are taken into a second file before they are replayed: a database that hangs then keeps the replay waiting,
    and no caller who spools meanwhile. Safe to use from several processes of one machine.

    Args:
        folder: of this process's machine; the files survive the process.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = folder / "audit.jsonl"
        self._taken = folder / "audit.replaying.jsonl"

    def append(self, entry: AuditEntry) -> None:
        """Writes one line and waits for the disk.

        Raises:
            OSError: not durable.
        """
        line = json.dumps(asdict(entry)).encode()
        with self._locked_for_append() as file:
            is_new = not file.tell()
            file.write(b"\n" + line + b"\n")  # begins with an end, since a crash may have left half a line
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(self._folder)

    async def replay(self, write: Callable[[list[AuditEntry]], Awaitable[None]]) -> None:
        """Writes all spooled lines, then removes them. At-least-once: a crash in between writes them again."""
        with _locked(self._folder) as is_ours:
            if not is_ours:  # another process replays
                return
            while await asyncio.to_thread(self._take):
                entries = await asyncio.to_thread(self._read_taken)
                if entries:
                    await write(entries)
                    _log.info("spooled audit entries written", extra={"entries": len(entries)})
                await asyncio.to_thread(self._taken.unlink)

    @contextmanager
    def _locked_for_append(self) -> Iterator[BinaryIO]:
        """The file at its end; another one where it was taken while this writer waited for it."""
        while True:
            with self._file.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if _is_named(file, self._file):
                    yield file
                    return

    def _take(self) -> bool:
        """Whether there are lines to replay: those that an earlier replay left, else the spooled ones."""
        if self._taken.exists():
            return True
        with suppress(FileNotFoundError), self._file.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # never held for longer than one line takes
            self._file.rename(self._taken)
            return True
        return False

    def _read_taken(self) -> list[AuditEntry]:
        entries, unreadable = [], 0
        for line in self._taken.read_bytes().split(b"\n"):
            if line:
                try:
                    entries.append(AuditEntry(**json.loads(line)))
                except (ValueError, TypeError):
                    unreadable += 1
        if unreadable:  # the process ended in the middle of a line, before its caller was answered
            _log.error("spooled lines that were never complete are left out", extra={"lines": unreadable})
        return entries


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether this process got the lock of a folder; nobody waits for it."""
    with _opened(folder) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _is_named(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """A new file is durable once its folder is."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
