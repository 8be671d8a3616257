"""For tests of what enters a service: a registry of our schemas, and messages as Kafka hands them out."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from altscore_libs import kafka
from altscore_libs.decoding import RawMessage
from altscore_libs.event_signatures import SentMessage, sign_batch
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.registry import RecordSchema
from altscore_libs.signer import Signer

UNKNOWN_ID = 9_999


class CatalogRegistry:
    """Knows the newest schema of every event of the catalog, by its place among their names."""

    def __init__(self, catalogue: SchemaCatalog) -> None:
        self._ids = {name: number for number, name in enumerate(catalogue.names(), 1)}
        self.schemas: dict[int, RecordSchema] = {
            number: (catalogue.type_of(name).full_name, catalogue.type_of(name).schema)
            for name, number in self._ids.items()
        }

    async def schema(self, schema_id: int) -> RecordSchema | None:
        """The schema behind an id."""
        return self.schemas.get(schema_id)

    def id_of(self, name: str) -> int:
        """The id of an event's schema."""
        return self._ids[name]


class Topic:
    """Messages of one partition of a topic, numbered as they arrive.

    Args:
        catalogue: of schemas/.
        registry: that consumers ask.
        name: of the topic.
    """

    def __init__(self, catalogue: SchemaCatalog, registry: CatalogRegistry, name: str) -> None:
        self._catalogue = catalogue
        self._registry = registry
        self.name = name
        self._offsets = count()

    async def event(
        self,
        name: str,
        data: Mapping[str, Any],
        *,
        key: str,
        producer: str,
        occurred_at: datetime,
        signer: Signer | None,
        event_id: UUID | None = None,
    ) -> RawMessage:
        """An event as its relay sends it; without a signer, as somebody sends it who has nothing but a password."""
        envelope = {
            "event_id": event_id or uuid7(),
            "occurred_at": occurred_at,
            "producer": producer,
            "producer_seq": 1,
            "trace_id": None,
        }
        body = self._catalogue.encode(name, {**envelope, **data})
        return await self.message(kafka.frame(self._registry.id_of(name), body), key=key, signer=signer)

    async def message(self, value: bytes, *, key: str, signer: Signer | None) -> RawMessage:
        """Any bytes."""
        signature = None if signer is None else (await sign_batch(signer, [SentMessage(self.name, key, value)]))[0]
        return RawMessage(
            topic=self.name, partition=0, offset=next(self._offsets), key=key, value=value, signature=signature
        )
