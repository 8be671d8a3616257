"""Events arrive: each is claimed and applied in one transaction, then the offset is committed; poison parks its key."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import asyncpg
from confluent_kafka import KafkaException, Message
from prometheus_client import Counter, Histogram

from altscore_libs import event_tracing, kafka, logs, tracing
from altscore_libs.db import transaction
from altscore_libs.decoding import (
    Decoder,
    Decodes,
    PoisonEvent,
    RawMessage,
    Received,
    RefusedEvent,
    raw_message,
    trusting,
)
from altscore_libs.event_signatures import EventVerifier
from altscore_libs.events import SchemaCatalog
from altscore_libs.periodic import sleep_or_stop
from altscore_libs.poison import BEHIND, BatchHandler, Isolation, Park, Parking, is_key_held
from altscore_libs.registry import Registry
from altscore_libs.settings import KafkaSettings
from altscore_libs.signer import PublicKeys
from altscore_libs.trace_context import parse

__all__ = [
    "BatchConsumer",
    "BatchHandler",
    "Consumer",
    "Decoder",
    "Decodes",
    "Handler",
    "PoisonEvent",
    "RawMessage",
    "Received",
    "RefusedEvent",
]
IDLE_S = 1.0
"""How long one look at idle topics lasts; a message ends it at once, the end of the process waits for it."""
_log = logging.getLogger("altscore.consumer")
_applied = Counter("altscore_events_applied_total", "Events applied once.", ["topic", "event"])
_received = Counter("altscore_events_received_total", "Messages handed out by the broker.", ["topic"])
_passed = Counter("altscore_events_passed_total", "Events applied before, or that nobody here handles.", ["topic"])
_age = Histogram(
    "altscore_event_age_seconds",
    "From the change that an event tells to its application here, seconds.",
    ["topic", "event"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600),
)

_CLAIM = """
INSERT INTO inbox (event_id, name, topic, producer, producer_seq)
SELECT $1::uuid, $2, $3::text, $4, $5::bigint WHERE NOT EXISTS (
    SELECT FROM parked WHERE topic = $3 AND partition = $6 AND "offset" = $7 AND dismissal IS NOT NULL
)
ON CONFLICT (event_id) DO NOTHING RETURNING event_id
"""

Handler = Callable[[asyncpg.Connection, Received], Awaitable[None]]


class BatchConsumer:
    """Reads topics and hands batches over; commits the offsets when the handler has returned.

    Args:
        settings: brokers.
        group: consumer group, the service's name.
        topics: to read.
        handler: applies a batch durably; a batch that it applied before changes nothing.
        park: sets aside what can never be applied, found one by one; without it nothing is skipped, and any exception
            of the handler is retried with backoff.
        batch_size: most messages a batch.
        wait_s: after the first message of a batch, longest wait for others to fill it.
        traces_batches: whether the handling of a batch is a span for each message; False where the handler traces.
        is_accounted: whether the handler counts each message as applied, passed over or parked, so that received ones
            are counted here for the comparison.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        group: str,
        topics: Sequence[str],
        handler: BatchHandler,
        park: Park | None = None,
        batch_size: int = 200,
        wait_s: float = 0.02,
        traces_batches: bool = True,
        is_accounted: bool = False,
    ) -> None:
        self._settings = settings
        self._group = group
        self._topics = list(topics)
        self._handler = handler if park is None else Isolation(handler, park).handle
        self._batch_size = batch_size
        self._wait_s = wait_s
        self._traces_batches = traces_batches
        self._is_accounted = is_accounted

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until `stop`."""
        make = partial(kafka.consumer, group=self._group)
        renewed = kafka.RenewedClient(self._settings, make)
        client = await asyncio.to_thread(make, self._settings)
        client.subscribe(self._topics)
        try:
            while not stop.is_set():
                if (following := renewed.take()) is not None:
                    await asyncio.to_thread(client.close)
                    client = following
                    client.subscribe(self._topics)
                polled = await asyncio.to_thread(self._poll, client)
                messages = [raw_message(message) for message in polled if message.error() is None]
                for problem in filter(None, (message.error() for message in polled)):
                    _log.warning("broker reports", extra={"error": problem.name()})
                if self._is_accounted:
                    for raw in messages:
                        _received.labels(raw.topic).inc()
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


class Consumer:
    """Applies events one by one, each in its own transaction with its claim in the inbox.

    Args:
        pool: of the service's database (ddl.inbox_tables and ddl.outbox_tables stand there).
        catalogue: of schemas/.
        settings: brokers and registry.
        group: consumer group, the service's name.
        topics: to read.
        handlers: by event name; other events of the topics are passed over.
        keys: public keys of producers; none: nothing of a topic that must be signed is believed.
        decoder: by default one that asks the registry and verifies signatures.
        only_taking_away: events that only end what somebody may do or see. They are applied even where an earlier
            event of their key is parked, so their handlers must hold against what is applied later than it belongs.
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
        keys: PublicKeys | None = None,
        decoder: Decodes | None = None,
        only_taking_away: Collection[str] = (),
    ) -> None:
        self._pool = pool
        self.catalogue = catalogue
        self._handlers = dict(handlers)
        max_bytes = settings.largest_event_bytes
        self.decoder = decoder or trusting(
            catalogue, Registry(settings.registry_url), EventVerifier(keys or PublicKeys({})), max_bytes=max_bytes
        )
        self._only_taking_away = frozenset(only_taking_away)
        self._parking = Parking(pool, max_bytes=max_bytes)
        self._isolation = Isolation(self._apply_raws, self._parking.park)
        self._batches = BatchConsumer(
            settings,
            group=group,
            topics=topics,
            handler=self._apply_batch,
            traces_batches=False,
            is_accounted=True,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until `stop`."""
        await self._batches.run(stop)

    async def apply(self, event: Received, *, raw: RawMessage | None = None) -> bool:
        """Applies one event once; False when it was applied before, nobody handles it, or it was dismissed.

        Args:
            event: to apply.
            raw: the message that it was read from, where it was.

        Raises:
            PoisonEvent: the handler says that it can never be applied.
        """
        async with transaction(self._pool) as connection:
            return await self._claim_and_apply(connection, event, raw)

    async def claim(self, connection: asyncpg.Connection, event: Received, raw: RawMessage | None = None) -> bool:
        """Claims an event in the caller's transaction, so that it is applied once, or never where nobody goes on.

        Returns:
            False: it was applied before, or its message was dismissed.
        """
        values = (event.event_id, event.name, event.topic, event.producer, event.producer_seq)
        place = (None, None) if raw is None else (raw.partition, raw.offset)
        return await connection.fetchval(_CLAIM, *values, *place) is not None

    async def apply_parked(self, connection: asyncpg.Connection, row: Mapping[str, Any]) -> bool:
        """Applies an event that was set aside, in the caller's transaction; False when it was applied before.

        Args:
            connection: in a transaction; this method never commits.
            row: of the table `parked`.

        Raises:
            PoisonEvent: it still cannot be applied, and so for whatever else its handler raises.
            Unavailable: the registry does not answer.
        """
        event = await self.read_parked(row)
        with logs.bound(event_id=str(event.event_id), trace_id=event.trace_id):
            return await self._claim_and_apply(connection, event)

    async def read_parked(self, row: Mapping[str, Any]) -> Received:
        """The event behind a row of the table `parked`; PoisonEvent where it is none."""
        raw = RawMessage(
            topic=row["topic"],
            partition=row["partition"],
            offset=row["offset"],
            key=row["key"],
            value=bytes(row["raw"]),
            signature=row["signature"],
        )
        return await self.decoder.decode(raw)

    async def _claim_and_apply(
        self, connection: asyncpg.Connection, event: Received, raw: RawMessage | None = None
    ) -> bool:
        handler = self._handlers.get(event.name)
        if handler is None:
            return False
        if not await self.claim(connection, event, raw):
            return False
        await handler(connection, event)
        _applied.labels(event.topic, event.name).inc()
        _age.labels(event.topic, event.name).observe(max(0.0, time.time() - event.occurred_at.timestamp()))
        return True

    async def _apply_batch(self, messages: Sequence[RawMessage]) -> None:
        await self._isolation.handle_singly(messages)

    async def _apply_raws(self, messages: Sequence[RawMessage]) -> None:
        for raw in messages:
            with logs.bound(trace_id=raw.trace_id):  # and whatever is bound within, for the lines of a failure too
                await self._apply_raw(raw)

    async def _apply_raw(self, raw: RawMessage) -> None:
        event = await self.decoder.decode(raw)
        logs.bind(event_id=str(event.event_id), trace_id=event.trace_id)
        with _handling(raw, event):
            async with transaction(self._pool) as connection:
                if await self._waits(connection, raw, event):
                    raise PoisonEvent(BEHIND)
                is_applied = await self._claim_and_apply(connection, event, raw)
        if not is_applied:
            _passed.labels(raw.topic).inc()

    async def _waits(self, connection: asyncpg.Connection, raw: RawMessage, event: Received) -> bool:
        if event.name not in self._handlers or event.name in self._only_taking_away:
            return False
        return await is_key_held(connection, raw)


def _handling(raw: RawMessage, event: Received) -> tracing.Scope:
    if event.trace_id is None:
        return tracing.NOTHING
    return event_tracing.received(event.trace_id, parse(raw.traceparent), name=event.name, topic=raw.topic)
