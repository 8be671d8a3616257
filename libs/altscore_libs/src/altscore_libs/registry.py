"""Schema ids: ours by subject for the relay, others' schemas by id for consumers; both cached."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from httpx import HTTPError

from altscore_libs.circuit import CircuitBreaker
from altscore_libs.errors import Unavailable
from altscore_libs.events import EventType

UNKNOWN = frozenset({400, 404, 422})
"""How the registry says that an id is none."""
SERVER_ERROR = 500
TRY_S, RETRIES = 2, 1
MAX_SCHEMAS = 1_000
UNKNOWN_S = 10.0
"""An id that is unknown is asked for again then: it may have been used before it was registered."""
_Answer = TypeVar("_Answer")
RecordSchema = tuple[str, dict[str, Any]]


class _Known(NamedTuple):
    """What the registry answered; an id never changes its meaning, but an unknown one gets one."""

    schema: RecordSchema | None
    asked_at_s: float


class Registry:
    """A caching reader of the schema registry; it never registers (the deployment does).

    Args:
        url: Confluent API.
        monotonic: seconds that only grow.
        most: schemas kept.
    """

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic, most: int = MAX_SCHEMAS) -> None:
        self._client = SchemaRegistryClient({"url": url, "timeout": TRY_S, "max.retries": RETRIES})
        self._breaker = CircuitBreaker("registry")
        self._ids: dict[str, int] = {}
        self._monotonic = monotonic
        self._most = most
        self._schemas: OrderedDict[int, _Known] = OrderedDict()

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

    async def schema(self, schema_id: int) -> RecordSchema | None:
        """Full record name and parsed schema behind an id; None when it is none of a record that can be read.

        Raises:
            Unavailable: the registry does not answer.
        """
        known = self._schemas.get(schema_id)
        if known is None or (known.schema is None and self._monotonic() - known.asked_at_s >= UNKNOWN_S):
            known = _Known(await self._schema(schema_id), self._monotonic())
            self._schemas[schema_id] = known
            if len(self._schemas) > self._most:
                self._schemas.popitem(last=False)
        self._schemas.move_to_end(schema_id)
        return known.schema

    async def _schema(self, schema_id: int) -> RecordSchema | None:
        try:
            registered = await self._ask(lambda: self._client.get_schema(schema_id))
        except SchemaRegistryError as error:
            if error.http_status_code in UNKNOWN:
                return None
            raise Unavailable("the schema registry refuses") from error
        except (HTTPError, OSError) as error:
            raise Unavailable("the schema registry is not available") from error
        return parsed_record(registered.schema_str)

    async def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        with self._breaker.attempt((HTTPError, OSError)) as attempt:
            try:
                return await asyncio.to_thread(question)
            except SchemaRegistryError as error:
                attempt.is_failure = error.http_status_code >= SERVER_ERROR
                raise


def parsed_record(text: str | None) -> RecordSchema | None:
    """Full name and parsed schema of a record; None for any other text, and for one whose bytes may last for ever."""
    try:
        schema = json.loads(text or "")
        if not isinstance(schema, dict) or schema.get("type") != "record":
            return None
        parsed = cast("dict[str, Any]", fastavro.parse_schema(schema))
        if _has_empty_items(parsed):
            return None
    except Exception:  # noqa: BLE001  # anybody may have registered it: whatever is wrong with it, it is no schema of ours
        return None
    return f"{schema.get('namespace', '')}.{schema.get('name', '')}", parsed


def _has_empty_items(schema: Any) -> bool:
    """Whether an array's items may take no bytes: a few bytes would then say how many thousand millions there are."""
    if isinstance(schema, list):
        return any(map(_has_empty_items, schema))
    if not isinstance(schema, dict):
        return False
    if schema.get("type") == "array" and _takes_no_bytes(schema.get("items")):
        return True
    inner = [field.get("type") for field in schema.get("fields", ())]
    inner += [schema[name] for name in ("items", "values", "type") if name in schema]
    return any(map(_has_empty_items, inner))


def _takes_no_bytes(schema: Any) -> bool:
    if schema == "null":
        return True
    if not isinstance(schema, dict):
        return False
    if schema.get("type") in ("record", "error"):
        return all(_takes_no_bytes(field.get("type")) for field in schema.get("fields", ()))
    return schema.get("type") == "null" or (schema.get("type") == "fixed" and not schema.get("size"))
