"""The relay: checks what waits in an outbox, numbers it, signs it, sends it, marks it; as a database role of its own.

The service's role can insert events and nothing else, so SQL in its name neither deletes nor changes one. A row that
SQL inserted has no MAC, so it is never numbered or signed: it is set aside and those behind it go on (ADR 0048).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
from prometheus_client import Counter

from altscore_libs import db, event_tracing
from altscore_libs.clock import SystemClock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.event_signatures import HEADER, LABEL_SUFFIX, SentMessage, sign_batch
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.outbox_accounting import Refusal, name_missing, refuse
from altscore_libs.outbox_macs import RowMacs
from altscore_libs.periodic import PeriodicWorker, first_of
from altscore_libs.settings import KafkaSettings, RelaySettings, SignerSettings
from altscore_libs.signer import Signer, open_signer, signing_keys
from altscore_libs.signer.rotation import number_of

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

BATCH = 500
RELAY_LOCK = 742_002
ACCOUNT_S = 15.0
DEAD_LETTERS = ".dlq"
LARGEST_BYTES = 900_000  # of an event with its key, which grows by a number and a signature on its way
LARGEST_DEAD_LETTER_BYTES = 1_048_000  # the brokers take batches of 1,048,588 bytes; a batch of one adds less than 200
_sent = Counter("altscore_outbox_sent_total", "Events acknowledged by the broker.", ["topic"])

_BATCH = """
SELECT id, event_id, name, topic, key, payload, is_raw, mac, producer_seq,
       mac IS NULL AND created_at < (SELECT unmaced_until FROM outbox_upgrade) AS is_older
FROM outbox
WHERE sent_at IS NULL AND refused_at IS NULL ORDER BY id LIMIT $1
"""
_NUMBER = """
WITH fresh AS (
    SELECT o.id, row_number() OVER (ORDER BY o.id) AS place FROM outbox o
    WHERE o.id = ANY($1) AND o.producer_seq IS NULL
), counter AS (
    UPDATE outbox_counter SET last = last + (SELECT count(*) FROM fresh)
    RETURNING last - (SELECT count(*) FROM fresh) AS base
)
UPDATE outbox o SET producer_seq = counter.base + fresh.place FROM fresh, counter WHERE o.id = fresh.id
RETURNING o.id, o.producer_seq
"""
_MARK = "UPDATE outbox SET sent_at = now() WHERE id = ANY($1)"
_PURGE = "DELETE FROM outbox WHERE sent_at < now() - interval '7 days'"


_log = logging.getLogger("altscore.outbox")


class _NotSendable(Exception):
    """The row stays where it is; the message says why, without anything of its content."""


class _Message(NamedTuple):
    """An outbox row as it is sent."""

    row_id: int
    topic: str
    key: str
    value: bytes
    signature: bytes | None = None
    sending: event_tracing.Sending | None = None


class _Batch(NamedTuple):
    """What became of the rows that waited first: how many there were, refused ones too, and how many were taken."""

    rows: int
    acknowledged: int


class _Checked(NamedTuple):
    """A row that may be sent; `event` is None for a dead letter."""

    row: asyncpg.Record
    event: dict[str, Any] | None


async def open_relay(settings: RelaySettings, catalogue: SchemaCatalog, producer: str) -> "Relay":
    """The relay of a service: its own database role, the service's MAC key, and the newest key `<producer>-events`.

    Raises:
        Unavailable: the key store does not answer, or holds no such key.
    """
    label = f"{producer}{LABEL_SUFFIX}"
    token = SignerSettings(
        pkcs11_module=settings.pkcs11_module,
        pkcs11_token=label,
        pkcs11_pin=settings.events_pin,
        public_keys_dir=Path(),  # nothing is verified here
    )
    newest = max(await signing_keys(token, label), key=partial(number_of, base=label), default=label)
    return Relay(
        await db.create_pool(settings.relay_database_url, max_size=3),
        catalogue,
        settings,
        producer=producer,
        mac_keys=settings.outbox_keys(),
        signer=await open_signer(token, newest),
    )


class Relay:
    """Sends a database's outbox, one relay at a time, in order, at least once.

    Args:
        pool: of the service's database, as its relay's role.
        catalogue: of schemas/.
        settings: brokers and registry.
        producer: name of the service.
        mac_keys: secrets of the rows' MACs; the first is the current one.
        signer: key `<producer>-events`.
        monotonic: seconds that only grow.
        batch: most rows that are sent together.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        catalogue: SchemaCatalog,
        settings: KafkaSettings,
        *,
        producer: str,
        mac_keys: Sequence[bytes],
        signer: Signer,
        monotonic: Callable[[], float] = time.monotonic,
        batch: int = BATCH,
    ) -> None:
        from altscore_libs import kafka  # noqa: PLC0415  # 25 MiB with the registry's client: relays alone pay for them
        from altscore_libs.registry import Registry  # noqa: PLC0415

        self._pool = pool
        self._catalogue = catalogue
        self._settings = settings
        self._producer = producer
        self._macs = RowMacs(producer, mac_keys)
        self._outbox = Outbox(catalogue, producer, SystemClock(), mac_key=mac_keys[0])
        self._signer = signer
        self._dead_letters = {f"{catalogue.topic_of(name)}{DEAD_LETTERS}" for name in catalogue.names()}
        self._monotonic = monotonic
        self._batch = batch
        self._accounted_at_s: float | None = None
        self._kafka = kafka
        self._registry = Registry(settings.registry_url)
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Relays until `stop`; a lost database, key store or broker is waited for."""

        async def relay() -> None:
            await self._run_as_only_relay(stop)

        await PeriodicWorker("relay", relay, interval_s=1.0, longest_wait_s=2.0, is_traced=False).run(stop)

    async def close(self) -> None:
        """Gives its database connections back."""
        await self._pool.close()

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
                    if (await self._send_batch(producer, stop)).rows < self._batch:
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
            Unavailable: within 30 seconds not all were acknowledged or refused.
        """
        return await self._drain(self._kafka.producer(self._settings))

    async def _drain(self, producer: Any) -> int:
        total, stop = 0, asyncio.Event()
        try:
            async with asyncio.timeout(30):
                while (batch := await self._send_batch(producer, stop)).rows:
                    total += batch.acknowledged
        except TimeoutError as error:
            raise Unavailable("the broker did not acknowledge in time") from error
        return total

    async def account(self) -> None:
        """Names rows that are missing.

        Raises:
            Unavailable: the database does not answer.
        """
        async with transaction(self._pool) as connection:
            await name_missing(connection, self._outbox, self._producer)

    async def _send_batch(self, producer: Any, stop: asyncio.Event) -> _Batch:
        await self._account_when_due()
        rows, checked = await self._numbered_batch()
        if not checked:
            return _Batch(rows, 0)
        messages = await self._signed([await self._message(item) for item in checked])
        acknowledged = await _produce(producer, messages, stop)
        async with transaction(self._pool) as connection:
            await connection.execute(_MARK, acknowledged)
            await connection.execute(_PURGE)
        return _Batch(rows, len(acknowledged))

    async def _account_when_due(self) -> None:
        now_s = self._monotonic()
        if self._accounted_at_s is None or now_s - self._accounted_at_s >= ACCOUNT_S:
            self._accounted_at_s = now_s
            try:
                await self.account()
            except Unavailable as error:  # tried again in a while: what is to be told does not wait for it
                _log.warning("outbox not accounted", extra={"reason": type(error).__name__})

    async def _numbered_batch(self) -> tuple[int, list[_Checked]]:
        """How many rows came next, and those to send, each with its number; rows that may not be sent are set aside.

        Numbers are committed before anything is sent, so that an event sent twice has one number.
        """
        async with transaction(self._pool) as connection:
            await connection.execute(
                "SELECT FROM outbox_counter FOR UPDATE"
            )  # another relay sees what is numbered here
            rows = await connection.fetch(_BATCH, self._batch)
            checked = [self._checked(row) for row in rows]
            for item in checked:
                if isinstance(item, Refusal):
                    await refuse(connection, self._outbox, self._producer, item)
            sendable = [item for item in checked if isinstance(item, _Checked)]
            events = [item.row["id"] for item in sendable if item.event is not None]
            fresh = {row["id"]: row["producer_seq"] for row in await connection.fetch(_NUMBER, events)}
        for item in sendable:
            if item.event is not None:
                item.event["producer_seq"] = fresh.get(item.row["id"], item.row["producer_seq"])
        numbered = [item for item in sendable if item.event is None or item.event["producer_seq"] is not None]
        return len(rows), numbered

    def _checked(self, row: asyncpg.Record) -> _Checked | Refusal:
        try:
            most = LARGEST_DEAD_LETTER_BYTES if row["is_raw"] else LARGEST_BYTES
            if len(row["payload"]) + len(row["key"].encode()) > most:
                raise _NotSendable("too large")
            return _Checked(row, None if self._is_dead_letter(row) else self._event(row))
        except _NotSendable as error:
            return Refusal(row["id"], str(error))

    def _event(self, row: asyncpg.Record) -> dict[str, Any]:
        """The event of a row that a process of this service wrote, without its number.

        Raises:
            _NotSendable: it is of somebody else, or no event.
        """
        columns = {name: row[name] for name in ("event_id", "name", "topic", "key", "payload")}
        if not row["is_older"] and not self._macs.holds(row["mac"], **columns):
            raise _NotSendable("no right MAC")
        try:
            topic = self._catalogue.topic_of(row["name"])
            event = self._catalogue.decode(row["name"], row["payload"])
            self._catalogue.encode(row["name"], event | {"producer_seq": 1})
        except Exception as error:  # whatever a payload does to the decoder: the rows behind it go on
            raise _NotSendable(f"cannot be encoded: {type(error).__name__}") from error
        if topic != row["topic"] or event["event_id"] != row["event_id"] or event["producer"] != self._producer:
            raise _NotSendable("another event than its row says")
        return event

    def _is_dead_letter(self, row: asyncpg.Record) -> bool:
        if row["is_raw"] and row["topic"] not in self._dead_letters:
            raise _NotSendable("a dead letter for a topic that has none")
        return bool(row["is_raw"])

    async def _message(self, item: _Checked) -> _Message:
        row = item.row
        place = {"row_id": row["id"], "topic": row["topic"], "key": row["key"]}
        if item.event is None:
            return _Message(**place, value=bytes(row["payload"]))
        schema_id = await self._registry.id_of(self._catalogue.type_of(row["name"]))
        value = self._kafka.frame(schema_id, self._catalogue.encode(row["name"], item.event))
        if item.event["trace_id"] is None:
            return _Message(**place, value=value)
        trace_id, event_id = item.event["trace_id"], item.event["event_id"]
        sending = event_tracing.sending(trace_id, event_id, name=row["name"], topic=row["topic"])
        return _Message(**place, value=value, sending=sending)

    async def _signed(self, messages: Sequence[_Message]) -> list[_Message]:
        """The messages with their signatures; a dead letter is nobody's statement and has none."""
        events = [message for message in messages if not message.topic.endswith(DEAD_LETTERS)]
        sent = [SentMessage(topic=message.topic, key=message.key, value=message.value) for message in events]
        headers = await sign_batch(self._signer, sent)
        signatures = {message.row_id: header for message, header in zip(events, headers, strict=True)}
        return [message._replace(signature=signatures.get(message.row_id)) for message in messages]


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
        headers: dict[str, str | bytes] = {}
        if message.sending is not None:
            headers[event_tracing.TRACEPARENT] = message.sending.traceparent
        if message.signature is not None:
            headers[HEADER] = message.signature
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
