"""Every event of every topic arrives here: audit events are chained, others counted, unreadable ones chained opaque."""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import asyncpg
from altscore_libs import logs
from altscore_libs.clock import Clock
from altscore_libs.consumer import PoisonEvent, RawMessage, Received
from altscore_libs.db import transaction
from altscore_libs.errors import DEPENDENCIES
from altscore_libs.event_signatures import EventVerifier, SentMessage
from altscore_libs.signer import NotAuthentic
from prometheus_client import Counter, Histogram

from altscore_audit.chain import domain, store
from altscore_audit.chain.domain import Entry, Rule
from altscore_audit.counts import store as counts

AUDIT_TOPIC = "altscore.audit"
_REJECTED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)  # the database cannot hold this event
_log = logging.getLogger("altscore.audit")
_chained = Counter("altscore_audit_chained_total", "Entries appended.", ["chain"])
_unreadable = Counter("altscore_audit_unreadable_total", "Messages chained as opaque entries.", ["topic"])
_not_authentic = Counter(
    "altscore_audit_not_authentic_total", "Messages whose signature is not of the producer they name.", ["topic"]
)
_conflicts = Counter("altscore_audit_conflicts_total", "Event ids that came with a second content.")
_lag = Histogram(
    "altscore_audit_lag_seconds",
    "From the act to its entry in the chain, seconds.",
    ["chain"],
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600),
)


class MessageDecoder(Protocol):
    """Turns a message into an event."""

    async def decode(self, raw: RawMessage) -> Received:
        """The event.

        Raises:
            PoisonEvent: the message is not an event.
        """
        ...


class _Decoded(NamedTuple):
    """A message, what is chained of it, and the event that is counted."""

    raw: RawMessage
    entry: Entry | None
    event: Received | None


class EventConsumer:
    """Chains and counts batches of messages, all of a batch in one transaction.

    Args:
        pool: of the audit database.
        decoder: knows the schemas.
        verifier: knows the producers' keys.
        producers: who may write each topic, of schemas/topics.yml.
        rules: of schemas/audit/actions.yml.
        clock: gives unreadable messages the time they were seen.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        decoder: MessageDecoder,
        verifier: EventVerifier,
        producers: Mapping[str, frozenset[str]],
        rules: Mapping[str, Rule],
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._decoder = decoder
        self._verifier = verifier
        self._producers = producers
        self._rules = rules
        self._clock = clock

    async def consume(self, batch: Sequence[RawMessage]) -> None:
        """Chains and counts a batch; nothing of it is ever skipped.

        Raises:
            Unavailable: database or registry; the batch must be handed over again.
        """
        decoded = [await self._decode(raw) for raw in batch]
        try:
            await self._write(decoded)
        except asyncpg.UniqueViolationError:
            raise  # another writer was faster; handed over again, the ids are known
        except _REJECTED:
            await self._write_singly(decoded)

    async def _decode(self, raw: RawMessage) -> _Decoded:
        try:
            event = await self._decoder.decode(raw)
            self._require_authentic(raw, event)
            if not domain.is_countable(event):
                raise PoisonEvent("no usable producer or number")
            entry = domain.entry_of(event, self._rules) if raw.topic == AUDIT_TOPIC else None
        except DEPENDENCIES:
            raise  # a dependency failed, not the event
        except Exception as error:  # noqa: BLE001  # a message that breaks the decoder must not stop the chain
            return _Decoded(raw, self._opaque(raw, error), None)
        return _Decoded(raw, entry, event)

    def _require_authentic(self, raw: RawMessage, event: Received) -> None:
        """The producer is who signed: an event in somebody else's name is chained as opaque and counts for nobody.

        Raises:
            PoisonEvent: unsigned, signed by another producer than it names, or by one that does not write this topic.
        """
        try:
            signed_by = self._verifier.producer_of(SentMessage(raw.topic, raw.key, raw.value), raw.signature)
        except NotAuthentic as error:
            _not_authentic.labels(raw.topic).inc()
            raise PoisonEvent(f"not_authentic: {error}") from error
        if signed_by != event.producer or signed_by not in self._producers.get(raw.topic, frozenset()):
            _not_authentic.labels(raw.topic).inc()
            raise PoisonEvent("not_authentic: signed by another producer")

    def _opaque(self, raw: RawMessage, error: Exception) -> Entry:
        _unreadable.labels(raw.topic).inc()
        with logs.bound(trace_id=raw.trace_id):
            _log.error(
                "event unreadable", extra={"topic": raw.topic, "offset": raw.offset, "error": type(error).__name__}
            )
        reason = str(error) if isinstance(error, PoisonEvent) else type(error).__name__
        return domain.unreadable_entry(raw, reason, self._clock.now())

    async def _write_singly(self, decoded: Sequence[_Decoded]) -> None:
        for item in decoded:
            try:
                await self._write([item])
            except asyncpg.UniqueViolationError:
                raise
            except _REJECTED as error:
                await self._write([_Decoded(item.raw, self._opaque(item.raw, error), None)])

    async def _write(self, decoded: Sequence[_Decoded]) -> None:
        async with transaction(self._pool) as connection:
            for chain in domain.CHAINS:
                entries = [item.entry for item in decoded if item.entry is not None and item.entry.chain == chain]
                if entries:
                    await _append(connection, chain, entries)
            arrived = [
                (item.raw.topic, item.event.producer, item.event.producer_seq)
                for item in decoded
                if item.event is not None
            ]
            if arrived:
                await counts.add(connection, arrived)
        now = self._clock.now()
        for item in decoded:
            if item.entry is not None:
                _lag.labels(item.entry.chain).observe(max(0.0, (now - item.entry.occurred_at).total_seconds()))


async def _append(connection: asyncpg.Connection, chain: str, entries: Sequence[Entry]) -> None:
    appended, conflicts = await store.append(connection, chain, entries)
    if conflicts:  # chained before entries named their trace, and delivered again after the upgrade: no conflict
        known = [domain.without_trace(entry) for entry in entries if entry.event_id in conflicts]
        conflicts = (await store.append(connection, chain, known))[1]
    # an unreadable message may give another reason the second time; its place is its identity
    second = [
        domain.conflicting_entry(entry)
        for entry in entries
        if entry.event_id in conflicts and entry.action != domain.UNREADABLE
    ]
    if second:
        _conflicts.inc(len(second))
        _log.error("event ids with a second content", extra={"chain": chain, "events": len(second)})
        appended += (await store.append(connection, chain, second))[0]
    _chained.labels(chain).inc(appended)
