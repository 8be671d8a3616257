"""Which trace a request or a turn of a worker belongs to, passed on as W3C `traceparent`; its spans, where wanted.

Without an endpoint nothing is recorded and OpenTelemetry is not imported; the trace id is passed on all the same. Which
traces are recorded follows from the last 56 bits of their id, so that every process with the same ratio chooses the
same ones; a traceparent of one of our own services that says "sampled" is followed beside that.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, Self

from altscore_libs import logs
from altscore_libs.trace_context import Parent, below, is_below, is_trace_id, new_trace_id, unrecorded

if TYPE_CHECKING:
    from altscore_libs.settings import TelemetrySettings

Attributes = Mapping[str, str | int]
Kind = Literal["internal", "server", "client", "producer", "consumer"]
LINKS_HEADER = "X-Trace-Links"


class Span(Protocol):
    """A span that is being recorded."""

    def describe(self, name: str, attributes: Attributes) -> None:
        """Gives it another name, and attributes."""
        ...

    def end(self, error: str | None = None) -> None:
        """Ends it, with the class or code of the error that ended it; ends nothing twice."""
        ...

    @property
    def traceparent(self) -> str:
        """For what it calls."""
        ...


class Recorder(Protocol):
    """Makes spans and exports them."""

    def start(
        self,
        name: str,
        *,
        kind: Kind,
        trace_id: str,
        parent_id: str | None = None,
        span_id: str | None = None,
        links: Sequence[Parent] = (),
        attributes: Attributes = MappingProxyType({}),
    ) -> Span:
        """Starts a span."""
        ...

    def close(self) -> None:
        """Exports what waits; blocks for a few seconds at most."""
        ...


class _Current(NamedTuple):
    traceparent: str
    span: Span | None


_current: ContextVar[_Current | None] = ContextVar("altscore_trace", default=None)
_links: ContextVar[str | None] = ContextVar("altscore_trace_links", default=None)


class _State:
    """How this process traces; set once, by configure()."""

    recorder: Recorder | None = None
    recorded_below: str = ""


_state = _State()


class Scope:
    """Part of a trace while its block runs; this one records nothing and changes nothing."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def describe(self, name: str, attributes: Attributes) -> None:
        """Names and describes the span, where there is one."""

    def failed(self, reason: str) -> None:
        """Ends the span as failed where no exception leaves the block; the reason is a class or a code."""


class _CurrentScope(Scope):
    """Makes something the parent of what its block calls, and ends its span."""

    __slots__ = ("_current", "_token")

    def __init__(self, current: _Current) -> None:
        self._current = current

    def __enter__(self) -> Self:
        self._token: Token[_Current | None] = _current.set(self._current)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.reset(self._token)
        if self._current.span is not None:
            self._current.span.end(kind.__name__ if kind is not None else None)

    def describe(self, name: str, attributes: Attributes) -> None:
        """Names and describes the span."""
        if self._current.span is not None:
            self._current.span.describe(name, attributes)

    def failed(self, reason: str) -> None:
        """Ends the span as failed."""
        if self._current.span is not None:
            self._current.span.end(reason)


class _LoggedScope(Scope):
    """A scope whose trace id is on the log lines of its block."""

    __slots__ = ("_bound", "_inner")

    def __init__(self, inner: Scope, trace_id: str) -> None:
        self._inner = inner
        self._bound = logs.bound(trace_id=trace_id)

    def __enter__(self) -> Self:
        self._bound.__enter__()
        self._inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inner.__exit__(kind, error, trace)
        self._bound.__exit__()

    def failed(self, reason: str) -> None:
        """Ends the span as failed."""
        self._inner.failed(reason)


NOTHING = Scope()


def configure(settings: "TelemetrySettings", service: str) -> None:
    """Begins to record where the settings name an endpoint; the only place that imports OpenTelemetry.

    Args:
        settings: endpoint and ratio.
        service: name of the process in its spans.
    """
    if settings.otlp_endpoint is None:
        return
    from altscore_libs.otlp import OtlpRecorder  # noqa: PLC0415  # 15 MiB that a process without tracing is spared

    _state.recorder = OtlpRecorder(settings, service)
    _state.recorded_below = below(settings.trace_sample_ratio)


def close() -> None:
    """Ends recording; blocks for a few seconds at most while what waits is exported."""
    recorder, _state.recorder = _state.recorder, None
    if recorder is not None:
        recorder.close()


def traceparent() -> str | None:
    """What a call or message that is sent now carries; None outside any trace."""
    current = _current.get()
    if current is not None:
        return current.traceparent
    trace_id = logs.bound_value("trace_id")
    return None if trace_id is None else unrecorded(trace_id)


def outgoing_headers() -> dict[str, str]:
    """Headers of a call to another service: X-Request-ID, traceparent and links, as far as there are any."""
    headers = {}
    if (identifier := logs.bound_value("request_id")) is not None:
        headers["X-Request-ID"] = identifier
    if (parent := traceparent()) is not None:
        headers["traceparent"] = parent
    if (links := _links.get()) is not None:
        headers[LINKS_HEADER] = links
    return headers


class Caller(NamedTuple):
    """Whose work something is, for when it is done in another task together with the work of others."""

    fields: Mapping[str, str | None]
    current: _Current | None

    @property
    def traceparent(self) -> str | None:
        """What the caller would send."""
        if self.current is not None:
            return self.current.traceparent
        trace_id = self.fields.get("trace_id")
        return None if trace_id is None else unrecorded(trace_id)


def caller() -> Caller:
    """The present request or turn, to be resumed() elsewhere."""
    return Caller(logs.bound_fields(), _current.get())


class resumed:  # noqa: N801  # used like a function
    """A block that works for callers who are asked about together.

    A lone caller's block is as if it were the caller's own. With several, the block belongs to the trace of the first
    one that is recorded, else to that of the first, has no request id, and its calls name all traces as links.
    """

    __slots__ = ("_before", "_callers")

    def __init__(self, callers: Sequence[Caller]) -> None:
        self._callers = callers

    def __enter__(self) -> None:
        callers, links = self._callers, None
        lead = callers[0]
        fields = lead.fields
        if len(callers) > 1:
            lead = next((each for each in callers if each.current is not None and each.current.span is not None), lead)
            fields = {"trace_id": lead.fields.get("trace_id")}
            links = ",".join([parent for each in callers if (parent := each.traceparent) is not None])
        self._before = logs.rebind(fields), _current.set(lead.current), _links.set(links)

    def __exit__(self, *error: object) -> None:
        fields, current, links = self._before
        _links.reset(links)
        _current.reset(current)
        logs.rebind(fields)


def request(
    trace_id: str, parent: Parent | None = None, *, is_from_us: bool = False, links: Sequence[Parent] = ()
) -> Scope:
    """The handling of a request.

    Args:
        trace_id: of the request.
        parent: what its traceparent said.
        is_from_us: whether one of our services sent it: then its flag and its links count.
        links: of calls that were asked together in this one.
    """
    recorder = _state.recorder
    if recorder is not None and (
        is_below(trace_id, _state.recorded_below)
        or (is_from_us and (_is_sampled(parent) or any(link.is_sampled for link in links)))
    ):
        parent_id = parent.span_id if parent is not None else None
        return scope_of(recorder.start("request", kind="server", trace_id=trace_id, parent_id=parent_id, links=links))
    if parent is None:
        return NOTHING
    return passing_on(parent, is_sampled=is_from_us and parent.is_sampled)


def span(name: str, *, kind: Kind = "internal", attributes: Attributes = MappingProxyType({})) -> Scope:
    """A part of what is recorded now, or nothing."""
    child = start_child(name, kind=kind, attributes=attributes)
    return scope_of(child) if child is not None else NOTHING


def is_recording() -> bool:
    """Whether a span is recorded now, for what is costly to describe."""
    current = _current.get()
    return current is not None and current.span is not None


def start_child(
    name: str, *, kind: Kind = "internal", span_id: str | None = None, attributes: Attributes = MappingProxyType({})
) -> Span | None:
    """Starts a span below the present one, where one is recorded; the caller ends it."""
    current, recorder = _current.get(), _state.recorder
    if current is None or current.span is None or recorder is None:  # as is_recording(), on the path of every request
        return None
    _, trace_id, parent_id, _ = current.traceparent.split("-")
    return recorder.start(
        name, kind=kind, trace_id=trace_id, parent_id=parent_id, span_id=span_id, attributes=attributes
    )


def recorder_for(trace_id: str, parent: Parent | None = None) -> Recorder | None:
    """The recorder where this trace is one of those that are recorded, or its parent was."""
    if _state.recorder is None or not (is_below(trace_id, _state.recorded_below) or _is_sampled(parent)):
        return None
    return _state.recorder if is_trace_id(trace_id) else None


def scope_of(started: Span) -> Scope:
    """A block that is this span."""
    return _CurrentScope(_Current(started.traceparent, started))


def passing_on(parent: Parent, *, is_sampled: bool) -> Scope:
    """A block without a span, whose calls name the same parent."""
    return _CurrentScope(_Current(f"00-{parent.trace_id}-{parent.span_id}-{'01' if is_sampled else '00'}", None))


def step(name: str, trace_id: str | None = None) -> Scope:
    """A turn of a worker: its log lines, calls and events have one trace id, a new one where none is given."""
    trace_id = trace_id or new_trace_id()
    recorder = recorder_for(trace_id)
    if recorder is None:
        return _LoggedScope(_CurrentScope(_Current(unrecorded(trace_id), None)), trace_id)
    return _LoggedScope(scope_of(recorder.start(name, kind="internal", trace_id=trace_id)), trace_id)


def _is_sampled(parent: Parent | None) -> bool:
    return parent is not None and parent.is_sampled
