"""JSON logs, one object a line, without personal data: messages are constants, values stand in named fields.

Loggers of structlog (`get_logger`) and of the standard library (`extra={...}`) end in the same renderer. What `bound`
and `bind` add (request_id, trace_id, the ids of whom a request concerns) is on every line of the task.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType
from typing import Any, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

# The last guard, not the first: 15-character tax numbers and long digit runs never leave in a log line.
_PERSONAL = re.compile(r"\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]{3}\b|(?<![0-9a-fA-F_-])\+?\d{10,15}(?![0-9a-fA-F_-])")
_OWN_FIELDS = ("at", "level", "service", "logger", "message", "_record", "_from_structlog")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message", "taskName"}
# One variable instead of structlog.contextvars' one for each key: binding is on the path of every request.
_bound: ContextVar[Mapping[str, str | None]] = ContextVar("altscore_log_fields", default=MappingProxyType({}))
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders a record as JSON; an exception as its class and frames, since its text may hold input."""

    def __init__(self, service: str) -> None:
        self._service = service
        super().__init__(
            foreign_pre_chain=[_bound_fields, _extra_fields],
            processors=[self._line, self._render],
        )

    def _line(self, _logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        record: logging.LogRecord = event["_record"]
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": event.pop("event"),
        }
        error = _exc_info(event.pop("exc_info", None)) or _exc_info(record.exc_info)
        line.update({key: value for key, value in event.items() if key not in _OWN_FIELDS})
        if error is not None:
            frames = traceback.extract_tb(error[2])[-8:]
            line["error"] = error[0].__name__
            line["frames"] = [f"{frame.name}:{frame.lineno}" for frame in frames]
        return line

    @staticmethod
    def _render(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
        return redact(json.dumps(event, default=str, ensure_ascii=False))


def _extra_fields(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event.update({key: value for key, value in record.__dict__.items() if key not in _STANDARD})
    return event


def _exc_info(value: object) -> _ExcInfo | None:
    if isinstance(value, BaseException):
        return type(value), value, value.__traceback__
    if value is True:
        value = sys.exc_info()
    return cast("_ExcInfo", value) if isinstance(value, tuple) and value[0] is not None else None


def redact(text: str) -> str:
    """The text with everything that looks like a tax or phone number replaced."""
    return _PERSONAL.sub("***", text)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A structlog logger: values are keyword arguments of its methods."""
    return cast(
        "structlog.stdlib.BoundLogger",
        structlog.wrap_logger(
            logging.getLogger(name),
            processors=[
                structlog.stdlib.filter_by_level,
                _bound_fields,
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        ),
    )


def bind(**values: str | None) -> None:
    """Adds values to every later log line of this task; None removes one."""
    merged = {**_bound.get(), **values}
    if None in values.values():
        merged = {key: value for key, value in merged.items() if value is not None}
    _bound.set(merged)


class bound:  # noqa: N801  # used like a function; a generator would cost four times as much on every request
    """Binds values (bind) and restores the former context at the end, whatever was bound inside."""

    __slots__ = ("_before", "_values")

    def __init__(self, **values: str | None) -> None:
        self._values = values

    def __enter__(self) -> None:
        self._before = _bound.get()
        bind(**self._values)

    def __exit__(self, *error: object) -> None:
        _bound.set(self._before)


def bound_value(name: str) -> str | None:
    """The value that is bound under this name, None when there is none."""
    return _bound.get().get(name)


def _bound_fields(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {**_bound.get(), **event}


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
