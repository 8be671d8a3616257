"""JSON schema of a batch for the OpenAPI document, made from the same classes that read it."""

from typing import Any

import msgspec

from altscore_ingestion.bounds import MAX_AMOUNT_INR, MAX_RECORDS
from altscore_ingestion.payload import TYPES

_AMOUNT = {"type": "number", "exclusiveMinimum": 0, "maximum": int(MAX_AMOUNT_INR), "multipleOf": 0.01}
_INSTANT = {"type": "string", "format": "date-time"}


def _record(kind: type) -> dict[str, Any]:
    _, components = msgspec.json.schema_components([kind])
    schema: dict[str, Any] = components[kind.__name__]
    for name in schema["properties"].keys() & {"amount_inr", "amount_paid_inr"}:
        schema["properties"][name] = _AMOUNT
    return schema


BATCH_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": f"At most {MAX_RECORDS} records in all lists together. A faulty one is quarantined, not the batch.",
    "additionalProperties": False,
    "required": ["distributor_id", "sync_from", "sync_to"],
    "properties": {
        "distributor_id": {"type": "string"},
        "sync_from": _INSTANT,
        "sync_to": _INSTANT,
        **{table: {"type": "array", "items": _record(kind)} for table, kind in TYPES.items()},
    },
}
