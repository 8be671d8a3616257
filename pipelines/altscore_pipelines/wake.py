"""Which events wake a run. Free of Airflow, so that it is tested without it.

An event only wakes; what a run works on is found by the run (decision 62). So a doubled or a late event does no harm.
"""

import io
import json
from typing import Any

import fastavro
import httpx

WAKING = frozenset(
    {
        "altscore.ingestion.BatchComplete",
        "altscore.consent.ConsentGranted",
        "altscore.consent.ConsentRevoked",
        "altscore.consent.ConsentExpired",
    }
)
HEADER_BYTES = 5
_NOT_FOUND = 404
_TIMEOUT_S = 5.0


class Unreadable(Exception):
    """No event of ours."""


class Schemas:
    """Writers' schemas by registry id; an id never changes its meaning, so each is asked for once.

    Args:
        registry_url: Confluent API of the schema registry.
    """

    def __init__(self, registry_url: str) -> None:
        self._url = registry_url.rstrip("/")
        self._known: dict[int, tuple[str, Any]] = {}

    async def of(self, schema_id: int) -> tuple[str, Any] | None:
        """Full record name and parsed schema; None while the registry does not answer.

        Raises:
            Unreadable: no such schema, or not of a record.
        """
        if schema_id not in self._known:
            try:
                async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
                    answer = await client.get(f"{self._url}/schemas/ids/{schema_id}")
            except httpx.HTTPError:
                return None
            if answer.status_code == _NOT_FOUND:
                raise Unreadable("unknown schema")
            if answer.is_error:
                return None
            self._known[schema_id] = _parsed(answer.text)
        return self._known[schema_id]


def _parsed(text: str) -> tuple[str, Any]:
    try:
        schema = json.loads(json.loads(text)["schema"])
        return f"{schema['namespace']}.{schema['name']}", fastavro.parse_schema(schema)
    except (ValueError, KeyError, TypeError, fastavro.schema.SchemaParseException) as error:
        raise Unreadable("not a schema of a record") from error


async def read_event(value: bytes | None, schemas: Schemas) -> dict[str, str] | None:
    """Name and id of a waking event; None for an event that changes nothing for the lake.

    While the registry does not answer, an event in the right form counts as waking: a run too many is cheap, one too
    few is not.

    Raises:
        Unreadable: the bytes are no event of ours.
    """
    if not value or len(value) <= HEADER_BYTES or value[0] != 0:
        raise Unreadable("no header")
    known = await schemas.of(int.from_bytes(value[1:HEADER_BYTES], "big"))
    if known is None:
        return {"name": "unknown", "event_id": ""}
    name, schema = known
    try:
        event = fastavro.schemaless_reader(io.BytesIO(value[HEADER_BYTES:]), schema, None)
    except Exception as error:  # fastavro raises whatever the bytes provoke; all of it means unreadable
        raise Unreadable("not of its schema") from error
    if name not in WAKING:
        return None
    fields = event if isinstance(event, dict) else {}
    return {"name": name, "event_id": str(fields.get("event_id", ""))}
