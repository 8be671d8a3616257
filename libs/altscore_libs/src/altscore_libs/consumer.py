"""Events arrive: each is claimed and applied in one transaction, then the offset is committed; poison parks its key."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
from confluent_kafka import KafkaException, Message
from prometheus_client import Counter, Histogram

from altscore_libs import event_tracing, kafka, logs, tracing
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog, UnknownEvent
from altscore_libs.outbox import add_raw
from altscore_libs.periodic import sleep_or_stop
from altscore_libs.registry import Registry
from altscore_libs.settings import KafkaSettings
from altscore_libs.trace_context import parse

MAX_FAILURES = 5
IDLE_S = 1.0
"""How long one look at idle topics lasts; a message ends it at once, the end of the process waits for it."""
_log = logging.getLogger("altscore.consumer")
_applied = Counter("altscore_events_applied_total", "Events applied once.", ["topic", "event"])
_parked = Counter("altscore_events_parked_total", "Events set aside with their key.", ["topic"])
_age = Histogram(
    "altscore_event_age_seconds",
    "From the change that an event tells to its application here, seconds.",
    ["topic", "event"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600),
)

_CLAIM = """
INSERT INTO inbox (event_id, name, topic, producer, producer_seq) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (event_id) DO NOTHING RETURNING event_id
"""
_PARK = """
INSERT INTO parked (topic, key, partition, "offset", event_id, reason, raw) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (topic, partition, "offset") DO NOTHING RETURNING id
"""
_KEY_IS_PARKED = "SELECT EXISTS (SELECT FROM parked WHERE topic = $1 AND key = $2 AND resolved_at IS NULL)"


class PoisonEvent(Exception):
    """The event can never be applied; its key is parked. The message says why, without personal data."""


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
    """A Kafka message before decoding."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    traceparent: str | None = None

    @property
    def trace_id(self) -> str | None:
        """Of the trace that it was sent in, as far as its header says one."""
        parent = parse(self.traceparent)
        return parent.trace_id if parent is not None else None


Handler = Callable[[asyncpg.Connection, Received], Awaitable[None]]
BatchHandler = Callable[[Sequence[RawMessage]], Awaitable[None]]


class Decoder:
    """Turns messages into events by the writer's schema, read with ours."""

    def __init__(self, catalogue: SchemaCatalog, registry: Registry) -> None:
        self._catalogue = catalogue
        self._registry = registry

    async def decode(self, raw: RawMessage) -> Received:
        """The event behind a message.

        Raises:
            PoisonEvent: unknown schema, or bytes that are no such event.
            Unavailable: the registry does not answer.
        """
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
        envelope = {
            name: data.pop(name) for name in ("event_id", "occurred_at", "producer", "producer_seq", "trace_id")
        }
        return Received(name=event.name, topic=raw.topic, key=raw.key, data=data, **envelope)


class BatchConsumer:
    """Reads topics and hands batches over; commits the offsets when the handler has returned.

    Args:
        settings: brokers.
        group: consumer group, the service's name.
        topics: to read.
        handler: applies a batch durably; any exception is retried with backoff, nothing is skipped.
        batch_size: most messages a batch.
        wait_s: after the first message of a batch, longest wait for others to fill it.
        traces_batches: whether the handling of a batch is a span for each message; False where the handler traces.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        group: str,
        topics: Sequence[str],
        handler: BatchHandler,
        batch_size: int = 200,
        wait_s: float = 0.02,
        traces_batches: bool = True,
    ) -> None:
        self._settings = settings
        self._group = group
        self._topics = list(topics)
        self._handler = handler
        self._batch_size = batch_size
        self._wait_s = wait_s
        self._traces_batches = traces_batches

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until `stop`."""
        client = await asyncio.to_thread(kafka.consumer, self._settings, self._group)
        client.subscribe(self._topics)
        try:
            while not stop.is_set():
                polled = await asyncio.to_thread(self._poll, client)
                messages = [_raw(message) for message in polled if message.error() is None]
                for problem in filter(None, (message.error() for message in polled)):
                    _log.warning("broker reports", extra={"error": problem.name()})
                if messages and await self._apply(messages, stop):
                    await self._commit(client)
        finally:
            await asyncio.to_thread(client.close)

    def _poll(self, client: Any) -> list[Message]:
        first = client.poll(IDLE_S)
        return [] if first is None else [first, *client.consume(self._batch_size - 1, self._wait_s)]

    async def _apply(self, messages: Sequence[RawMessage], stop: asyncio.Event) -> bool:
        delay_s = 0.1
        while True:
            try:
                await self._handle(messages)
            except Exception as error:  # noqa: BLE001  # whatever it is: nothing may be skipped
                _log.warning("batch waits", extra={"reason": type(error).__name__, "messages": len(messages)})
                if await sleep_or_stop(stop, delay_s):
                    return False
                delay_s = min(delay_s * 2, 5.0)
            else:
                return True

    async def _handle(self, messages: Sequence[RawMessage]) -> None:
        if not self._traces_batches:
            await self._handler(messages)
            return
        with event_tracing.received_together([(message.topic, parse(message.traceparent)) for message in messages]):
            await self._handler(messages)

    async def _commit(self, client: Any) -> None:
        try:
            await asyncio.to_thread(client.commit, asynchronous=False)
        except KafkaException as error:  # seen again after the next assignment; the inbox makes that harmless
            _log.warning("offset not committed", extra={"error": error.args[0].name()})


def _raw(message: Message) -> RawMessage:
    key = message.key()
    return RawMessage(
        topic=str(message.topic()),
        partition=int(message.partition() or 0),
        offset=int(message.offset() or 0),
        key=(key.encode() if isinstance(key, str) else key or b"").decode("utf-8", "replace"),
        value=bytes(message.value() or b""),
        traceparent=_traceparent(message),
    )


def _traceparent(message: Message) -> str | None:
    headers = cast("list[tuple[str, bytes | None]] | None", message.headers())  # their types say more than can be
    for name, value in headers or ():
        if name == event_tracing.TRACEPARENT and value is not None:
            return value.decode("latin-1")
    return None


class Consumer:
    """Applies events one by one, each in its own transaction with its claim in the inbox.

    Args:
        pool: of the service's database (ddl.inbox_tables and ddl.outbox_tables stand there).
        catalogue: of schemas/.
        settings: brokers and registry.
        group: consumer group, the service's name.
        topics: to read.
        handlers: by event name; other events of the topics are passed over.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        catalogue: SchemaCatalog,
        settings: KafkaSettings,
        *,
        group: str,
        topics: Sequence[str],
        handlers: Mapping[str, Handler],
    ) -> None:
        self._pool = pool
        self._handlers = dict(handlers)
        self._decoder = Decoder(catalogue, Registry(settings.registry_url))
        self._failures: dict[tuple[str, int, int], int] = {}
        self._batches = BatchConsumer(
            settings, group=group, topics=topics, handler=self._apply_batch, traces_batches=False
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until `stop`."""
        await self._batches.run(stop)

    async def apply(self, event: Received) -> bool:
        """Applies one event once; False when it was applied before or nobody handles it.

        Raises:
            PoisonEvent: the handler says that it can never be applied.
        """
        async with transaction(self._pool) as connection:
            return await self._claim_and_apply(connection, event)

    async def _claim_and_apply(self, connection: asyncpg.Connection, event: Received) -> bool:
        handler = self._handlers.get(event.name)
        if handler is None:
            return False
        claimed = await connection.fetchval(
            _CLAIM, event.event_id, event.name, event.topic, event.producer, event.producer_seq
        )
        if claimed is None:
            return False
        await handler(connection, event)
        _applied.labels(event.topic, event.name).inc()
        _age.labels(event.topic, event.name).observe(max(0.0, time.time() - event.occurred_at.timestamp()))
        return True

    async def _apply_batch(self, messages: Sequence[RawMessage]) -> None:
        for raw in messages:
            await self._apply_raw(raw)

    async def _apply_raw(self, raw: RawMessage) -> None:
        with logs.bound(trace_id=raw.trace_id):  # and whatever is bound within, for the lines of a failure too
            await self._apply_or_park(raw)

    async def _apply_or_park(self, raw: RawMessage) -> None:
        position = (raw.topic, raw.partition, raw.offset)
        try:
            event = await self._decoder.decode(raw)
            logs.bind(event_id=str(event.event_id), trace_id=event.trace_id)
            with _handling(raw, event):
                await self._apply_event(raw, event)
        except PoisonEvent as error:
            await self._park(raw, str(error))
        except (Unavailable, OSError, TimeoutError):
            raise  # a dependency failed, not the event
        except Exception as error:
            self._failures[position] = self._failures.get(position, 0) + 1
            if self._failures[position] < MAX_FAILURES:
                raise
            _log.exception("event cannot be applied", extra={"topic": raw.topic, "offset": raw.offset})
            await self._park(raw, f"failed {MAX_FAILURES} times: {type(error).__name__}")
        self._failures.pop(position, None)

    async def _apply_event(self, raw: RawMessage, event: Received) -> None:
        async with transaction(self._pool) as connection:
            if event.name in self._handlers and await connection.fetchval(_KEY_IS_PARKED, raw.topic, raw.key):
                raise PoisonEvent("an earlier event of this key is parked")
            await self._claim_and_apply(connection, event)

    async def _park(self, raw: RawMessage, reason: str) -> None:
        async with transaction(self._pool) as connection:
            row = await connection.fetchval(
                _PARK, raw.topic, raw.key, raw.partition, raw.offset, None, reason[:500], raw.value
            )
            if row is not None:
                await add_raw(connection, f"{raw.topic}.dlq", raw.key, raw.value)
        _parked.labels(raw.topic).inc()
        _log.error("event parked", extra={"topic": raw.topic, "offset": raw.offset, "reason": reason})


def _handling(raw: RawMessage, event: Received) -> tracing.Scope:
    if event.trace_id is None:
        return tracing.NOTHING
    return event_tracing.received(event.trace_id, parse(raw.traceparent), name=event.name, topic=raw.topic)
