"""Schema ids: ours by subject for the relay, others' schemas by id for consumers; both cached."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from httpx import HTTPError

from altscore_libs.circuit import CircuitBreaker
from altscore_libs.errors import Unavailable
from altscore_libs.events import EventType

NOT_FOUND = 404
SERVER_ERROR = 500
TRY_S, RETRIES = 2, 1
_Answer = TypeVar("_Answer")


class Registry:
    """A caching reader of the schema registry; it never registers (the deployment does)."""

    def __init__(self, url: str) -> None:
        self._client = SchemaRegistryClient({"url": url, "timeout": TRY_S, "max.retries": RETRIES})
        self._breaker = CircuitBreaker("registry")
        self._ids: dict[str, int] = {}
        self._schemas: dict[int, tuple[str, dict[str, Any]] | None] = {}

    async def id_of(self, event: EventType) -> int:
        """Registry id of our schema of an event.

        Raises:
            Unavailable: the registry does not answer, or does not hold this schema.
        """
        if event.name not in self._ids:
            schema = Schema(event.raw_schema, "AVRO")
            try:
                registered = await self._ask(lambda: self._client.lookup_schema(event.subject, schema))
            except (SchemaRegistryError, HTTPError, OSError) as error:
                raise Unavailable(f"no schema id for {event.name}") from error
            if registered.schema_id is None:
                raise Unavailable(f"no schema id for {event.name}")
            self._ids[event.name] = int(registered.schema_id)
        return self._ids[event.name]

    async def schema(self, schema_id: int) -> tuple[str, dict[str, Any]] | None:
        """Full record name and parsed schema behind an id; None when the registry knows no such id.

        Raises:
            Unavailable: the registry does not answer.
        """
        if schema_id not in self._schemas:
            try:
                registered = await self._ask(lambda: self._client.get_schema(schema_id))
            except SchemaRegistryError as error:
                if error.http_status_code != NOT_FOUND:
                    raise Unavailable("the schema registry refuses") from error
                self._schemas[schema_id] = None
            except (HTTPError, OSError) as error:
                raise Unavailable("the schema registry is not available") from error
            else:
                parsed = json.loads(registered.schema_str or "{}")
                name = f"{parsed.get('namespace', '')}.{parsed.get('name', '')}"
                self._schemas[schema_id] = (name, cast("dict[str, Any]", fastavro.parse_schema(parsed)))
        return self._schemas[schema_id]

    async def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        with self._breaker.attempt((HTTPError, OSError)) as attempt:
            try:
                return await asyncio.to_thread(question)
            except SchemaRegistryError as error:
                attempt.is_failure = error.http_status_code >= SERVER_ERROR
                raise
