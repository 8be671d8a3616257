"""Every event of every topic arrives here: audit events are chained, others counted, unreadable ones chained opaque."""

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import PoisonEvent, RawMessage, Received
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from prometheus_client import Counter, Gauge

from altscore_audit import domain, store
from altscore_audit.domain import Entry, Rule

AUDIT_TOPIC = "altscore.audit"
_REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)  # the database will not hold this event
_log = logging.getLogger("altscore.audit")
_chained = Counter("altscore_audit_chained_total", "Entries appended.", ["chain"])
_unreadable = Counter("altscore_audit_unreadable_total", "Messages chained as opaque entries.", ["topic"])
_conflicts = Counter("altscore_audit_conflicts_total", "Event ids that came with a second content.")
_missing = Gauge("altscore_audit_missing", "Numbers of a producer that have not arrived.", ["producer"])


class Decodes(Protocol):
    """Turns a message into an event."""

    async def decode(self, raw: RawMessage) -> Received:
        """The event; PoisonEvent when it is none."""
        ...


class Recorder:
    """Writes batches into the chains, all of a batch in one transaction.

    Args:
        pool: of the audit database.
        decoder: knows the schemas.
        rules: of schemas/audit/actions.yml.
        clock: gives unreadable messages the time they were seen.
    """

    def __init__(self, pool: asyncpg.Pool, decoder: Decodes, rules: Mapping[str, Rule], clock: Clock) -> None:
        self._pool = pool
        self._decoder = decoder
        self._rules = rules
        self._clock = clock

    async def record(self, batch: Sequence[RawMessage]) -> None:
        """Chains and counts a batch; nothing of it is ever skipped.

        Raises:
            Unavailable: database or registry; the batch must be handed over again.
        """
        understood = [(raw, *await self._understand(raw)) for raw in batch]
        try:
            await self._write(understood)
        except asyncpg.UniqueViolationError:
            raise  # another writer was faster; handed over again, the ids are known
        except _REFUSED:
            await self._write_one_by_one(understood)

    async def _understand(self, raw: RawMessage) -> tuple[Entry | None, Received | None]:
        try:
            event = await self._decoder.decode(raw)
            if not domain.is_countable(event):
                raise PoisonEvent("no usable producer or number")
            entry = domain.entry_of(event, self._rules) if raw.topic == AUDIT_TOPIC else None
        except (Unavailable, OSError, TimeoutError):
            raise  # the world is broken, not the event
        except Exception as error:  # noqa: BLE001  # a message that breaks the reader must not stop the record
            return self._opaque(raw, error), None
        return entry, event

    def _opaque(self, raw: RawMessage, error: Exception) -> Entry:
        _unreadable.labels(raw.topic).inc()
        _log.error("event unreadable", extra={"topic": raw.topic, "offset": raw.offset, "error": type(error).__name__})
        reason = str(error) if isinstance(error, PoisonEvent) else type(error).__name__
        return domain.unreadable(raw, reason, self._clock.now())

    async def _write_one_by_one(self, understood: Sequence[tuple[RawMessage, Entry | None, Received | None]]) -> None:
        for one in understood:
            try:
                await self._write([one])
            except asyncpg.UniqueViolationError:
                raise
            except _REFUSED as error:
                await self._write([(one[0], self._opaque(one[0], error), None)])

    async def _write(self, understood: Sequence[tuple[RawMessage, Entry | None, Received | None]]) -> None:
        async with transaction(self._pool) as connection:
            for chain in domain.CHAINS:
                entries = [entry for _, entry, _ in understood if entry is not None and entry.chain == chain]
                if entries:
                    await _append(connection, chain, entries)
            arrived = [(raw.topic, event.producer, event.producer_seq) for raw, _, event in understood if event]
            if arrived:
                await store.count(connection, arrived)
                for row in await store.balance(connection):
                    _missing.labels(row["producer"]).set(row["produced"] - row["applied"])


async def _append(connection: asyncpg.Connection, chain: str, entries: Sequence[Entry]) -> None:
    appended, conflicts = await store.append(connection, chain, entries)
    # an unreadable message may give another reason the second time; its place is its identity
    second = [
        domain.conflicting(one) for one in entries if one.event_id in conflicts and one.action != domain.UNREADABLE
    ]
    if second:
        _conflicts.inc(len(second))
        _log.error("event ids with a second content", extra={"chain": chain, "events": len(second)})
        appended += (await store.append(connection, chain, second))[0]
    _chained.labels(chain).inc(appended)
