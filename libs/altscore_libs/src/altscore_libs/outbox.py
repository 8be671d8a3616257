"""Events are written in the transaction of their change; a relay numbers, sends and marks them."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import asyncpg
from prometheus_client import Counter

from altscore_libs import event_tracing, logs
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.periodic import PeriodicWorker, first_of
from altscore_libs.settings import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

BATCH = 500
RELAY_LOCK = 742_002
_log = logging.getLogger("altscore.outbox")
_sent = Counter("altscore_outbox_sent_total", "Events acknowledged by the broker.", ["topic"])

_ADD = "INSERT INTO outbox (event_id, name, topic, key, payload) VALUES ($1, $2, $3, $4, $5)"
_ADD_MANY = """
INSERT INTO outbox (event_id, name, topic, key, payload)
SELECT event_id, $1, $2, key, payload FROM unnest($3::uuid[], $4::text[], $5::bytea[])
    WITH ORDINALITY AS n (event_id, key, payload, place) ORDER BY place
"""
_ADD_RAW = "INSERT INTO outbox (event_id, name, topic, key, payload, is_raw) VALUES ($1, 'raw', $2, $3, $4, true)"
_NUMBER = """
WITH batch AS (
    SELECT id, is_raw, producer_seq FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT $1
), fresh AS (
    SELECT id, row_number() OVER (ORDER BY id) AS n FROM batch WHERE producer_seq IS NULL AND NOT is_raw
), counter AS (
    UPDATE outbox_counter SET last = last + (SELECT count(*) FROM fresh)
    RETURNING last - (SELECT count(*) FROM fresh) AS base
)
UPDATE outbox SET producer_seq = counter.base + fresh.n FROM fresh, counter WHERE outbox.id = fresh.id
"""
_PURGE = "DELETE FROM outbox WHERE sent_at < now() - interval '7 days'"
_BATCH = """
SELECT id, name, topic, key, payload, is_raw, producer_seq FROM outbox
WHERE sent_at IS NULL AND (is_raw OR producer_seq IS NOT NULL) ORDER BY id LIMIT $1
"""


class Outbox:
    """Writes a service's events into its own database.

    Args:
        catalogue: of schemas/.
        producer: name of the service.
        clock: for occurred_at.
    """

    def __init__(self, catalogue: SchemaCatalog, producer: str, clock: Clock) -> None:
        self._catalogue = catalogue
        self._producer = producer
        self._clock = clock

    async def add(
        self,
        connection: asyncpg.Connection,
        name: str,
        *,
        key: str,
        data: Mapping[str, Any],
        event_id: UUID | None = None,
    ) -> UUID:
        """Adds an event to the caller's transaction.

        Args:
            connection: in a transaction; this method never commits.
            name: of the event.
            key: its topic's key; events of one key keep their order.
            data: the event's own fields; the envelope is filled in here.
            event_id: given where the same change must give the same event.

        Raises:
            ValueError: the data does not fit the schema.
        """
        identifier, payload = self.encode(name, data, event_id=event_id)
        await connection.execute(_ADD, identifier, name, self._catalogue.topic_of(name), key, payload)
        return identifier

    async def add_many(
        self, connection: asyncpg.Connection, name: str, events: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> None:
        """Adds events of one name in one statement, as `add` would one after the other.

        Args:
            connection: in a transaction; this method never commits.
            name: of the events.
            events: key and data of each.

        Raises:
            ValueError: the data of one does not fit the schema; none is added.
        """
        if not events:
            return
        encoded = [self.encode(name, data) for _, data in events]
        identifiers, payloads = [identifier for identifier, _ in encoded], [payload for _, payload in encoded]
        keys = [key for key, _ in events]
        await connection.execute(_ADD_MANY, name, self._catalogue.topic_of(name), identifiers, keys, payloads)

    def encode(self, name: str, data: Mapping[str, Any], *, event_id: UUID | None = None) -> tuple[UUID, bytes]:
        """The id and the bytes of an event, for a service that writes its outbox row in a statement of its own.

        Raises:
            ValueError: the data does not fit the schema.
        """
        identifier = event_id or uuid7()
        whole = {
            "event_id": identifier,
            "occurred_at": self._clock.now(),
            "producer": self._producer,
            "producer_seq": 0,  # the relay numbers: a counter taken here would queue every transaction behind it
            "trace_id": logs.bound_value("trace_id"),
            **data,
        }
        payload = self._catalogue.encode(name, whole)
        event_tracing.written(identifier, name, self._catalogue.topic_of(name))
        return identifier, payload

    def topic_of(self, name: str) -> str:
        """The topic that carries the event."""
        return self._catalogue.topic_of(name)

    async def audit(
        self,
        connection: asyncpg.Connection,
        action: str,
        *,
        actor: str,
        outcome: str,
        subject: str | None = None,
        reason: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> UUID:
        """Adds an audit event: who did what to whom, and how it ended. Ids only."""
        data = {
            "action": action,
            "actor": actor,
            "subject": subject,
            "outcome": outcome,
            "reason": reason,
            "details": dict(details or {}),
        }
        return await self.add(connection, "audit_event", key=actor, data=data)


async def add_raw(connection: asyncpg.Connection, topic: str, key: str, value: bytes) -> None:
    """Adds a message that is passed on as it is (a dead letter)."""
    await connection.execute(_ADD_RAW, uuid7(), topic, key, value)


class Relay:
    """Sends a database's outbox, one relay at a time, in order, at least once.

    Args:
        pool: of the service's database.
        catalogue: of schemas/.
        settings: brokers and registry.
    """

    def __init__(self, pool: asyncpg.Pool, catalogue: SchemaCatalog, settings: KafkaSettings) -> None:
        self._pool = pool
        self._catalogue = catalogue
        self._settings = settings
        from altscore_libs import kafka  # noqa: PLC0415  # 25 MiB with the registry's client: relays alone pay for them
        from altscore_libs.registry import Registry  # noqa: PLC0415

        self._kafka = kafka
        self._registry = Registry(settings.registry_url)
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Relays until `stop`; a lost database or broker is waited for."""

        async def relay() -> None:
            await self._run_as_only_relay(stop)

        await PeriodicWorker("relay", relay, interval_s=1.0, longest_wait_s=2.0, is_traced=False).run(stop)

    async def _run_as_only_relay(self, stop: asyncio.Event) -> None:
        async with self._pool.acquire() as lock:
            if not await lock.fetchval("SELECT pg_try_advisory_lock($1)", RELAY_LOCK):
                return
            await lock.add_listener("outbox", self._woken)
            producer = self._kafka.producer(self._settings)
            renewed = self._kafka.RenewedClient(self._settings, self._kafka.producer)
            try:
                while not stop.is_set():
                    self._wake.clear()
                    if (following := renewed.take()) is not None:
                        producer = following  # nothing is on its way between batches
                    if await self._send_batch(producer, stop) < BATCH:
                        await lock.execute("SELECT 1")  # notices a lost lock connection
                        await first_of(stop, self._wake, timeout_s=1.0)
            finally:
                await asyncio.to_thread(producer.flush, 2.0)
                if not lock.is_closed():
                    await lock.remove_listener("outbox", self._woken)
                    await lock.execute("SELECT pg_advisory_unlock($1)", RELAY_LOCK)

    def _woken(self, *_: object) -> None:
        self._wake.set()

    async def drain_once(self) -> int:
        """Sends what waits now and returns how many events were acknowledged; for jobs without a loop.

        Raises:
            Unavailable: not all were acknowledged within 30 seconds.
        """
        producer, stop = self._kafka.producer(self._settings), asyncio.Event()
        total = 0
        try:
            async with asyncio.timeout(30):
                while sent := await self._send_batch(producer, stop):
                    total += sent
        except TimeoutError as error:
            raise Unavailable("the broker did not acknowledge in time") from error
        return total

    async def _send_batch(self, producer: Any, stop: asyncio.Event) -> int:
        async with transaction(self._pool) as connection:
            await connection.execute(_NUMBER, BATCH)
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(_BATCH, BATCH)
        if not rows:
            return 0
        messages = [await self._message(row) for row in rows]
        acknowledged = await _produce(producer, messages, stop)
        async with transaction(self._pool) as connection:
            await connection.execute("UPDATE outbox SET sent_at = now() WHERE id = ANY($1)", acknowledged)
            await connection.execute(_PURGE)
        return len(acknowledged)

    async def _message(self, row: asyncpg.Record) -> "_Message":
        place = {"row_id": row["id"], "topic": row["topic"], "key": row["key"]}
        if row["is_raw"]:
            return _Message(**place, value=bytes(row["payload"]))
        event = self._catalogue.type_of(row["name"])
        data = self._catalogue.decode(row["name"], row["payload"]) | {"producer_seq": row["producer_seq"]}
        value = self._kafka.frame(await self._registry.id_of(event), self._catalogue.encode(row["name"], data))
        if data["trace_id"] is None:
            return _Message(**place, value=value)
        sending = event_tracing.sending(data["trace_id"], data["event_id"], name=row["name"], topic=row["topic"])
        return _Message(**place, value=value, sending=sending)


class _Message(NamedTuple):
    """An outbox row as it is sent."""

    row_id: int
    topic: str
    key: str
    value: bytes
    sending: event_tracing.Sending | None = None


async def _produce(producer: Any, messages: Sequence[_Message], stop: asyncio.Event) -> list[int]:
    """Produces in order and waits for the broker; returns the acknowledged ids."""
    acknowledged: list[int] = []

    def delivered(message: _Message) -> Any:
        def report(error: "KafkaError | None", _message: "Message") -> None:
            if error is None:
                acknowledged.append(message.row_id)
                _sent.labels(message.topic).inc()
            if message.sending is not None and message.sending.span is not None:
                message.sending.span.end(None if error is None else type(error).__name__)

        return report

    for message in messages:
        headers = {event_tracing.TRACEPARENT: message.sending.traceparent} if message.sending is not None else {}
        producer.produce(
            message.topic,
            value=message.value,
            key=message.key.encode(),
            headers=headers,
            on_delivery=delivered(message),
        )
    while await asyncio.to_thread(producer.flush, 0.5) and not stop.is_set():
        continue
    return acknowledged
