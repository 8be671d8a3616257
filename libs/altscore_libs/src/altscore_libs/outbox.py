"""Events are written in the transaction of their change, each with a MAC that the relay looks for (ADR 0048)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from altscore_libs import event_tracing, logs
from altscore_libs.clock import Clock
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.outbox_macs import RowMacs

_ADD = "INSERT INTO outbox (event_id, name, topic, key, payload, mac) VALUES ($1, $2, $3, $4, $5, $6)"
_ADD_MANY = """
INSERT INTO outbox (event_id, name, topic, key, payload, mac)
SELECT event_id, $1, $2, key, payload, mac FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::bytea[])
    WITH ORDINALITY AS n (event_id, key, payload, mac, place) ORDER BY place
"""
_ADD_RAW = "INSERT INTO outbox (event_id, name, topic, key, payload, is_raw) VALUES ($1, 'raw', $2, $3, $4, true)"


class OutboxRow(NamedTuple):
    """An event as its row keeps it."""

    event_id: UUID
    name: str
    topic: str
    key: str
    payload: bytes
    mac: bytes


class Outbox:
    """Writes a service's events into its own database.

    Args:
        catalogue: of schemas/.
        producer: name of the service.
        clock: for occurred_at.
        mac_key: at least 32 bytes that the service's processes share and its database never sees.
    """

    def __init__(self, catalogue: SchemaCatalog, producer: str, clock: Clock, *, mac_key: bytes) -> None:
        self._catalogue = catalogue
        self._producer = producer
        self._clock = clock
        self._macs = RowMacs(producer, [mac_key])

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
        row = self.encode(name, data, key=key, event_id=event_id)
        await connection.execute(_ADD, *row)
        return row.event_id

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
        rows = [self.encode(name, data, key=key) for key, data in events]
        await connection.execute(
            _ADD_MANY,
            name,
            self._catalogue.topic_of(name),
            [row.event_id for row in rows],
            [row.key for row in rows],
            [row.payload for row in rows],
            [row.mac for row in rows],
        )

    def encode(self, name: str, data: Mapping[str, Any], *, key: str, event_id: UUID | None = None) -> OutboxRow:
        """An event as its row keeps it, for a service that writes the row in a statement of its own.

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
        payload, topic = self._catalogue.encode(name, whole), self._catalogue.topic_of(name)
        event_tracing.written(identifier, name, topic)
        mac = self._macs.of(identifier, name, topic=topic, key=key, payload=payload)
        return OutboxRow(event_id=identifier, name=name, topic=topic, key=key, payload=payload, mac=mac)

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
    """Adds a dead letter, which is passed on as it is and never signed."""
    await connection.execute(_ADD_RAW, uuid7(), topic, key, value)
