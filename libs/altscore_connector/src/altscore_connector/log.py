"""The log of a site: JSON lines of bounded size, readable by its owner alone, without personal data.

Only events, counts, rule names and ids are written; texts of findings name documents and files, and stay on the
terminal and in the summary.
"""

import json
import logging
import os
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 1_000_000
BACKUPS = 4
LogValue = str | int | float | bool | list[str] | dict[str, int] | None


class _PrivateRotatingFile(RotatingFileHandler):
    """Makes every file of the log with mode 0600."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        """A full disk or a locked file must not end a sync, nor show a traceback."""


class SiteLog:
    """Writes events.

    Args:
        path: of the newest file; older ones get a number. None writes nothing.
        max_bytes: size of a file.
        backups: how many older files are kept.
    """

    def __init__(self, path: Path | None, *, max_bytes: int = MAX_BYTES, backups: int = BACKUPS) -> None:
        self._handler: logging.Handler | None = None
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Opened at the first event: Windows cannot rename a file that a command which only reads holds open.
            self._handler = _PrivateRotatingFile(path, maxBytes=max_bytes, backupCount=backups, delay=True)
        except OSError:
            return

    def write(self, event: str, **values: LogValue) -> None:
        """Writes one event with its time."""
        if self._handler is None:
            return
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **values})
        self._handler.emit(logging.makeLogRecord({"msg": line, "levelno": logging.INFO}))

    def close(self) -> None:
        """Closes the file."""
        if self._handler is not None:
            self._handler.close()
