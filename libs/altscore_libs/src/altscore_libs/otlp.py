"""Spans by OpenTelemetry's SDK, exported over OTLP/HTTP in the background; imported by tracing.configure() alone.

No exception's text is recorded, since it may hold input: a failed span has the class of its error.
"""

import logging
from collections.abc import Sequence
from contextvars import ContextVar
from types import MappingProxyType

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace import Span as SdkSpan
from opentelemetry.trace.propagation import set_span_in_context

from altscore_libs.settings import TelemetrySettings
from altscore_libs.trace_context import Parent
from altscore_libs.tracing import Attributes, Kind

EXPORT_S = 3.0
PATH = "/v1/traces"
_KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_given_ids: ContextVar[tuple[int, int | None]] = ContextVar("altscore_span_ids", default=(0, None))


class _GivenIds(RandomIdGenerator):
    """The trace id that the log lines have, and a span id where one is given."""

    def generate_trace_id(self) -> int:
        return _given_ids.get()[0]

    def generate_span_id(self) -> int:
        return _given_ids.get()[1] or super().generate_span_id()


class _OtlpSpan:
    """A span of the SDK."""

    def __init__(self, span: SdkSpan) -> None:
        self._span = span
        context = span.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def describe(self, name: str, attributes: Attributes) -> None:
        """Names and describes it."""
        self._span.update_name(name)
        self._span.set_attributes(dict(attributes))

    def end(self, error: str | None = None) -> None:
        """Ends it, once."""
        if not self._span.is_recording():
            return
        if error is not None:
            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class OtlpRecorder:
    """Records what tracing chose, and exports it in batches from a thread of its own; a full queue drops spans.

    Args:
        settings: the collector's address.
        service: name of the process.
    """

    def __init__(self, settings: TelemetrySettings, service: str) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # it warns of every try
        exporter = OTLPSpanExporter(
            endpoint=f"{str(settings.otlp_endpoint).rstrip('/')}{PATH}",
            certificate_file=str(settings.otlp_ca_file) if settings.otlp_ca_file is not None else None,
            timeout=EXPORT_S,
        )
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,  # tracing chose before a span is made
            resource=Resource({"service.name": service, "service.namespace": "altscore"}),
            shutdown_on_exit=False,
            id_generator=_GivenIds(),
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=2_048, max_export_batch_size=512, schedule_delay_millis=2_000)
        )
        self._tracer = self._provider.get_tracer("altscore")

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
    ) -> _OtlpSpan:
        """Starts a span."""
        context = Context()
        if parent_id is not None:
            parent = SpanContext(int(trace_id, 16), int(parent_id, 16), is_remote=True, trace_flags=_SAMPLED)
            context = set_span_in_context(NonRecordingSpan(parent), context)
        token = _given_ids.set((int(trace_id, 16), int(span_id, 16) if span_id is not None else None))
        try:
            span = self._tracer.start_span(
                name, context, _KINDS[kind], attributes=dict(attributes), links=[_link(parent) for parent in links]
            )
        finally:
            _given_ids.reset(token)
        return _OtlpSpan(span)

    def close(self) -> None:
        """Exports what waits, for EXPORT_S seconds or a little more, and ends the thread."""
        self._provider.shutdown()


def _link(parent: Parent) -> Link:
    return Link(SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), is_remote=True, trace_flags=_SAMPLED))
