"""Bodies of the batch endpoints; the schema of a request is made from the classes that read it."""

from typing import Any, Literal, get_args

import msgspec
from pydantic import BaseModel, ConfigDict

from altscore_ingestion.batches.bounds import (
    HIGHEST_MAX_AMOUNT_INR,
    MAX_AMOUNT_INR,
    MAX_ORDER,
    MAX_RECORDS,
    MAX_TOTAL_INR,
    MAX_TOTALS,
)
from altscore_ingestion.batches.payload import TYPES, ErpTotalIn, ErpType
from altscore_ingestion.installations.domain import PATTERN
from altscore_ingestion.totals.schemas import Totals

_AMOUNT = {
    "type": "number",
    "description": "Rupees with at most two decimals; "
    f"at most {MAX_AMOUNT_INR:,} unless operations have raised that for the distributor.",
    "exclusiveMinimum": 0,
    "maximum": int(HIGHEST_MAX_AMOUNT_INR),
}
_INSTANT = {"type": "string", "format": "date-time"}
_SEQUENCE = {
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_ORDER,
    "description": "Grows with every batch of the distributor, so that an equal state at a later time is another body.",
}
_SOURCE_ORDER_TEXT = (
    "The ERP's own order of its statements about the record (AlterID, time of change, time of the file); missing is 0. "
    "The newest has the greatest source_order, then sequence, then the latest arrival."
)


_CANCELLED_TEXT = (
    "The record holds no longer. Where the retailer is not named, it is that of the record under this number."
)


def _record(kind: type) -> dict[str, Any]:
    _, components = msgspec.json.schema_components([kind])
    schema: dict[str, Any] = components[kind.__name__]
    for name in schema["properties"].keys() & {"amount_inr", "amount_paid_inr"}:
        schema["properties"][name] = _AMOUNT
    if "source_order" in schema["properties"]:
        schema["properties"]["source_order"]["description"] = _SOURCE_ORDER_TEXT
        schema["properties"]["is_cancelled"]["description"] = _CANCELLED_TEXT
    return schema


def _total() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([ErpTotalIn])
    schema: dict[str, Any] = components[ErpTotalIn.__name__]
    schema["properties"]["amount_inr"] = {"type": "number", "minimum": 0, "maximum": int(MAX_TOTAL_INR)}
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
        "sequence": _SEQUENCE,
        "erp_totals": {
            "type": "array",
            "maxItems": MAX_TOTALS,
            "description": "What the ERP itself says of its whole ledger, per table and month.",
            "items": _total(),
        },
        **{table: {"type": "array", "items": _record(kind)} for table, kind in TYPES.items()},
    },
}
_ENCODING = {
    "type": "string",
    "enum": ["gzip", "identity"],
    "description": "The signatures cover the body as sent. Unpacked, it may be as long as a plain one.",
}
BATCH_HEADERS: list[dict[str, Any]] = [
    {"name": name, "in": "header", "required": is_required, "schema": schema}
    for name, is_required, schema in (
        ("X-API-Key", True, {"type": "string"}),
        ("X-Payload-Signature", True, {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        ("X-Payload-Signature-V2", False, {"type": "string", "pattern": "^t=[0-9]{1,12},v2=[0-9a-f]{64}$"}),
        ("X-ERP-Type", True, {"type": "string", "enum": list(get_args(ErpType))}),
        ("X-Batch-ID", True, {"type": "string", "format": "uuid"}),
        ("X-Installation-ID", False, {"type": "string", "pattern": PATTERN}),
        ("Content-Encoding", False, _ENCODING),
    )
]


class Reason(BaseModel):
    """A rule that a record broke: the path inside the record and the rule, never the value."""

    field: str
    reason: str


class RecordOutcome(BaseModel):
    """A record that is not in Bronze."""

    table: str
    index: int
    status: Literal["quarantined", "duplicate"]
    reasons: list[Reason]


class BatchReceipt(BaseModel):
    """Answer to a batch: accepted + quarantined + duplicate = submitted. It is in Bronze when this is sent."""

    batch_id: str
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int
    status: Literal["processing"] = "processing"


class OriginalResult(BaseModel):
    """The original result of a batch that was sent again."""

    model_config = ConfigDict(extra="forbid")

    batch_id: str
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int
    status: Literal["complete"]


class BatchStatus(BaseModel):
    """What became of a batch; records that are not listed are in Bronze.

    `pipeline_triggered`: the broker has acknowledged the event that wakes the pipeline; whether a run has taken the
    batch in is not known here. `totals`: the ERP's totals of the months that no later batch has stated again.
    """

    batch_id: str
    status: Literal["processing", "complete"]
    submitted: int
    written_to_bronze: int
    quarantined: int
    duplicate: int
    completeness_score: float | None
    pipeline_triggered: bool
    totals: Totals
    records: list[RecordOutcome]
