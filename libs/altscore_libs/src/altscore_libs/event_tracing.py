"""An event's way through outbox, relay, Kafka and consumer in its trace.

The span of its writing has the low half of the event's id as its own id. So relay and consumer know their parent span
without a column for it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from altscore_libs import tracing
from altscore_libs.trace_context import Parent
from altscore_libs.tracing import Attributes, Scope, Span

TRACEPARENT = "traceparent"
"""Name of the Kafka header."""
_TOPIC, _EVENT_ID, _EVENT = "messaging.destination.name", "messaging.message.id", "altscore.event"


def written(event_id: UUID, name: str, topic: str) -> None:
    """Records that an event was put into the outbox, as part of what is recorded now."""
    if not tracing.is_recording():
        return
    attributes = {_TOPIC: topic, _EVENT_ID: str(event_id)}
    span = tracing.start_child(f"write {name}", span_id=_span_id_of(event_id), attributes=attributes)
    if span is not None:
        span.end()


class Sending(NamedTuple):
    """The sending of an event: the traceparent of its message, and its span."""

    traceparent: str
    span: Span | None


def sending(trace_id: str, event_id: UUID, *, name: str, topic: str) -> Sending:
    """Begins the sending of an event; the relay ends the span when the broker has the message."""
    recorder = tracing.recorder_for(trace_id)
    if recorder is None:
        return Sending(f"00-{trace_id}-{_span_id_of(event_id)}-00", None)
    span = recorder.start(
        f"send {topic}",
        kind="producer",
        trace_id=trace_id,
        parent_id=_span_id_of(event_id),
        attributes={**_of_kafka("send", topic), _EVENT_ID: str(event_id), _EVENT: name},
    )
    return Sending(span.traceparent, span)


def received(trace_id: str, parent: Parent | None, *, name: str, topic: str) -> Scope:
    """The handling of an event.

    Args:
        trace_id: of the event.
        parent: what the message's traceparent said; one of another trace is no parent.
        name: of the event.
        topic: that it came on.
    """
    if parent is not None and parent.trace_id != trace_id:
        parent = None
    recorder = tracing.recorder_for(trace_id, parent)
    if recorder is not None:
        attributes = {**_of_kafka("process", topic), _EVENT: name}
        parent_id = parent.span_id if parent is not None else None
        return tracing.scope_of(
            recorder.start(
                f"process {topic}", kind="consumer", trace_id=trace_id, parent_id=parent_id, attributes=attributes
            )
        )
    return tracing.passing_on(parent, is_sampled=False) if parent is not None else tracing.NOTHING


@contextmanager
def received_together(messages: Sequence[tuple[str, Parent | None]]) -> Iterator[None]:
    """The handling of a batch: a span for each message whose trace is recorded, given its topic and traceparent."""
    spans = []
    for topic, parent in messages:
        recorder = tracing.recorder_for(parent.trace_id, parent) if parent is not None else None
        if parent is not None and recorder is not None:
            spans.append(
                recorder.start(
                    f"process {topic}",
                    kind="consumer",
                    trace_id=parent.trace_id,
                    parent_id=parent.span_id,
                    attributes=_of_kafka("process", topic),
                )
            )
    error: str | None = None
    try:
        yield
    except BaseException as failure:
        error = type(failure).__name__
        raise
    finally:
        for span in spans:
            span.end(error)


def _of_kafka(operation: str, topic: str) -> Attributes:
    return {"messaging.system": "kafka", "messaging.operation.name": operation, _TOPIC: topic}


def _span_id_of(event_id: UUID) -> str:
    return event_id.hex[16:]
