"""JSON logs, one object a line, without personal data: messages are constants, values stand in named fields."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

# The last guard, not the first: 15-character tax numbers and long digit runs never leave in a log line.
_PERSONAL = re.compile(r"\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]{3}\b|(?<![0-9a-fA-F_-])\+?\d{10,15}(?![0-9a-fA-F_-])")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "color_message",
    "taskName",
}


class JsonFormatter(logging.Formatter):
    """Renders a record as JSON; an exception as its class and frames, since its text may hold input."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: value for key, value in record.__dict__.items() if key not in _STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])[-8:]
            line["error"] = record.exc_info[0].__name__
            line["frames"] = [f"{frame.name}:{frame.lineno}" for frame in frames]
        return redact(json.dumps(line, default=str, ensure_ascii=False))


def redact(text: str) -> str:
    """The text with everything that looks like a tax or phone number replaced."""
    return _PERSONAL.sub("***", text)


def configure(service: str, level: int = logging.INFO) -> None:
    """Sends every logger's lines as JSON to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "httpx"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    for name in ("httpx", "httpx2"):  # one line per request, and the registry client uses the second
        logging.getLogger(name).setLevel(logging.WARNING)
