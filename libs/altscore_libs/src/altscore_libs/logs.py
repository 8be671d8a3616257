"""JSON logs, one object a line, without personal data: messages are constants, values stand in named fields.

Loggers of structlog (`get_logger`) and of the standard library (`extra={...}`) end in the same renderer. What `bound`
and `bind` add (request_id, trace_id, the ids of whom a request concerns) is on every line of the task. What Python
itself reports (an uncaught exception, a warning, a fault in the event loop) is such a line too.
"""

import asyncio
import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

# The last guard, not the first: 15-character tax numbers and long digit runs never leave in a log line.
_PERSONAL = re.compile(r"\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]{3}\b|(?<![0-9a-fA-F_-])\+?\d{10,15}(?![0-9a-fA-F_-])")
_OWN_FIELDS = ("at", "level", "service", "logger", "message", "_record", "_from_structlog")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message", "taskName"}
# One variable instead of structlog.contextvars' one for each key: binding is on the path of every request.
_bound: ContextVar[Mapping[str, str | None]] = ContextVar("altscore_log_fields", default=MappingProxyType({}))


class _Process:
    """What configure() set up."""

    name: str | None = None
    line_head = ""
    handler: "logging.StreamHandler[TextIO] | None" = None


_process = _Process()
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
_MOST_ERRORS = 8  # of an exception group
_log = logging.getLogger("altscore.process")


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
            line["error"] = error[0].__name__
            line["frames"] = _frames(error[2])
            if isinstance(error[1], BaseExceptionGroup):  # the group's own frames do not say what failed
                line["errors"] = [
                    {"error": type(leaf).__name__, "frames": _frames(leaf.__traceback__)}
                    for leaf in _leaves(error[1])[:_MOST_ERRORS]
                ]
        return line

    @staticmethod
    def _render(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
        return redact(json.dumps(event, default=str, ensure_ascii=False))


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(trace)[-8:]]


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return leaves


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


def bound_fields() -> Mapping[str, str | None]:
    """Everything that is bound now."""
    return _bound.get()


def rebind(fields: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Replaces everything that is bound and returns what was; for a task that goes on with another's work."""
    before = _bound.get()
    _bound.set(fields)
    return before


def name_process(name: str) -> None:
    """The name that this process has in its lines, whatever configure() is told later."""
    _process.name = name


def configure(service: str, level: int = logging.INFO, *, stream: TextIO | None = None) -> None:
    """Sends every logger's lines as JSON to a stream.

    Args:
        service: name of the process, in every line, unless name_process() gave it another.
        level: lines below it are dropped.
        stream: standard output by default.
    """
    _process.line_head = f'"service":{json.dumps(_process.name or service)}'
    _process.handler = handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter(_process.name or service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "httpx"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    # httpx: one line per request (the registry client uses the second); uvicorn: four per listener, while serve()
    # says once what listens where.
    for name in ("httpx", "httpx2", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _report_uncaught
    threading.excepthook = _report_uncaught_in_thread


def write_line(level: str, fields: str, *, at_s: float) -> None:
    """Writes a line that is put together already, where configure() was called; a lost stream fails no request.

    Args:
        level: its name.
        fields: members of a JSON object, without anything personal; they are not searched for numbers to mask.
        at_s: Unix time.
    """
    handler = _process.handler
    if handler is None:
        return
    at = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
    handler.acquire()
    try:
        handler.stream.write(f'{{"at":"{at}","level":"{level}",{_process.line_head},{fields}}}\n')
        handler.flush()
    except (OSError, ValueError):  # as logging does
        pass
    finally:
        handler.release()


def report_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The event loop's exception handler; asyncio's own would print the exception's text, which may hold input."""
    reason = " ".join(context["message"].split()[:3])  # behind "Exception in callback" stand its arguments
    _log.error("error outside any task", exc_info=context.get("exception"), extra={"reason": reason})


def _report_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _log.critical("uncaught exception", exc_info=(kind, error, trace))


def _report_uncaught_in_thread(uncaught: threading.ExceptHookArgs) -> None:
    if uncaught.exc_value is not None:
        error = (uncaught.exc_type, uncaught.exc_value, uncaught.exc_traceback)
        _log.critical("uncaught exception in a thread", exc_info=error)
