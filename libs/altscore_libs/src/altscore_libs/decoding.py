"""Messages become events: who sent them, what they are, and whether they say what can be. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

from confluent_kafka import Message

from altscore_libs import event_tracing, kafka
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.event_bounds import field_out_of_bounds
from altscore_libs.event_signatures import HEADER, EventVerifier, SentMessage
from altscore_libs.events import SchemaCatalog, UnknownEvent
from altscore_libs.registry import RecordSchema
from altscore_libs.settings import LARGEST_EVENT_BYTES
from altscore_libs.signer import NotAuthentic
from altscore_libs.trace_context import parse

MAX_KEY_CHARS = 256
"""Longer keys are cut: an index of the database holds no more, and no event of ours has one."""
NOT_AUTHENTIC, OUT_OF_BOUNDS = "not_authentic", "out_of_bounds"
_ENVELOPE = ("event_id", "occurred_at", "producer", "producer_seq", "trace_id")


class PoisonEvent(Exception):
    """The event can never be applied; its key is parked. The message says why, without personal data."""


class RefusedEvent(PoisonEvent):
    """The message is no fact: it changes nothing for anybody, and nothing of its key waits for it.

    Args:
        kind: NOT_AUTHENTIC or OUT_OF_BOUNDS.
        field: what is out of bounds.
    """

    def __init__(self, kind: str, field: str | None = None) -> None:
        super().__init__(kind if field is None else f"{kind}: {field}")
        self.kind = kind


@dataclass(frozen=True)
class Received:
    """An event as it arrived: its envelope and its own fields."""

    event_id: UUID
    name: str
    topic: str
    key: str
    occurred_at: datetime
    producer: str
    producer_seq: int
    data: dict[str, Any]
    trace_id: str | None = None


@dataclass(frozen=True)
class RawMessage:
    """A Kafka message before decoding; its key can always be stored."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    traceparent: str | None = None
    signature: bytes | None = None

    @property
    def trace_id(self) -> str | None:
        """Of the trace that it was sent in, as far as its header says one."""
        parent = parse(self.traceparent)
        return parent.trace_id if parent is not None else None


class Decodes(Protocol):
    """Turns a message into an event."""

    async def decode(self, raw: RawMessage) -> Received:
        """The event; PoisonEvent when it is none."""
        ...


class KnowsSchemas(Protocol):
    """Knows the schemas that messages were written with."""

    async def schema(self, schema_id: int) -> RecordSchema | None:
        """Full record name and parsed schema behind an id; None when it is none of a record that can be read."""
        ...


class Decoder:
    """Turns messages into events by the writer's schema, read with ours.

    Args:
        catalogue: of schemas/.
        registry: of the writers' schemas.
        verifier: says who sent a message. None: nobody is asked, for the recorder of the audit alone, which keeps
            every message and judges its signature itself.
        max_bytes: of a value, after decompression.
        clock: the present, for bounds of instants; None: no bounds, for the recorder of the audit alone.
    """

    def __init__(
        self,
        catalogue: SchemaCatalog,
        registry: KnowsSchemas,
        verifier: EventVerifier | None = None,
        *,
        max_bytes: int = LARGEST_EVENT_BYTES,
        clock: Clock | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._registry = registry
        self._verifier = verifier
        self._max_bytes = max_bytes
        self._clock = clock

    async def decode(self, raw: RawMessage) -> Received:
        """The event behind a message; of a topic whose events change access, only what its producer has signed.

        Raises:
            RefusedEvent: not signed by a producer of the topic, or a version or an instant that cannot be.
            PoisonEvent: unknown schema, or bytes that are no such event.
            Unavailable: the registry does not answer.
        """
        signer = self._signer_of(raw)  # first: a message that nobody of ours sent must not hold back its key
        if len(raw.value) > self._max_bytes:
            raise PoisonEvent("larger than an event may be")
        event = await self._read(raw)
        if signer is not None and event.producer != signer:
            raise RefusedEvent(NOT_AUTHENTIC)
        if self._clock is not None:
            values = {**event.data, "occurred_at": event.occurred_at}
            if (field := field_out_of_bounds(values, self._clock.now())) is not None:
                raise RefusedEvent(OUT_OF_BOUNDS, field)
        return event

    def _signer_of(self, raw: RawMessage) -> str | None:
        producers = self._catalogue.signers_of(raw.topic)
        if self._verifier is None or producers is None:
            return None
        try:
            signer = self._verifier.producer_of(SentMessage(raw.topic, raw.key, raw.value), raw.signature)
        except NotAuthentic as error:
            raise RefusedEvent(NOT_AUTHENTIC) from error
        if signer not in producers:
            raise RefusedEvent(NOT_AUTHENTIC)
        return signer

    async def _read(self, raw: RawMessage) -> Received:
        try:
            schema_id, body = kafka.unframe(raw.value)
            known = await self._registry.schema(schema_id)
            if known is None:
                raise PoisonEvent("unknown schema id")
            full_name, writer = known
            event = self._catalogue.type_of_record(full_name)
            data = self._catalogue.decode(event.name, body, writer)
        except (ValueError, UnknownEvent) as error:
            raise PoisonEvent(f"cannot be decoded: {type(error).__name__}") from error
        if event.topic != raw.topic:
            raise PoisonEvent("the event does not belong on this topic")
        envelope = {name: data.pop(name) for name in _ENVELOPE}
        return Received(name=event.name, topic=raw.topic, key=raw.key, data=data, **envelope)


def raw_message(message: Message) -> RawMessage:
    """What Kafka handed out, with a key that a database can hold: a changed one fits no signature."""
    key = message.key()
    text = (key.encode() if isinstance(key, str) else key or b"").decode("utf-8", "replace")
    headers = _headers(message)
    traceparent = headers.get(event_tracing.TRACEPARENT)
    return RawMessage(
        topic=str(message.topic()),
        partition=int(message.partition() or 0),
        offset=int(message.offset() or 0),
        key=text.replace("\x00", "\ufffd")[:MAX_KEY_CHARS],
        value=bytes(message.value() or b""),
        traceparent=traceparent.decode("latin-1") if traceparent is not None else None,
        signature=headers.get(HEADER),
    )


def _headers(message: Message) -> dict[str, bytes]:
    """The first value of each header."""
    values: dict[str, bytes] = {}
    headers = cast("list[tuple[str, bytes | None]] | None", message.headers())  # their types say more than can be
    for name, value in headers or ():
        if value is not None:
            values.setdefault(name, value)
    return values


def trusting(
    catalogue: SchemaCatalog,
    registry: KnowsSchemas,
    verifier: EventVerifier,
    *,
    max_bytes: int = LARGEST_EVENT_BYTES,
) -> Decoder:
    """The decoder of whoever acts on events: signatures, size, versions and instants are checked."""
    return Decoder(catalogue, registry, verifier, max_bytes=max_bytes, clock=SystemClock())


def certified(catalogue: SchemaCatalog, registry: KnowsSchemas, *, max_bytes: int = LARGEST_EVENT_BYTES) -> Decoder:
    """The decoder of a topic that is read again from its beginning and whose events carry their own proof.

    Their handlers verify the document inside, whoever sent the message: it may be older than the signatures of
    messages, or signed with a key that was taken out since.
    """
    return Decoder(catalogue, registry, max_bytes=max_bytes, clock=SystemClock())
