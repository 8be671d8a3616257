"""Body of an export."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from altscore_admin.exports.domain import ELSEWHERE
from altscore_admin.exports.service import Export


class PartOut(BaseModel):
    """A part: which service it comes from, how many items there are, and all of them."""

    name: str
    source: str
    count: int
    items: list[dict[str, Any]]


class ExportOut(BaseModel):
    """Everything that is held of a retailer, in the clear; handed on to the person, kept nowhere."""

    request_id: str
    retailer_ids: list[str] = Field(description="Every id of the shop.")
    exported_at: datetime
    parts: list[PartOut]
    elsewhere: list[str] = Field(description="What else is held, and why it is in no part.")


def export_out(export: Export) -> ExportOut:
    """An export as it is handed on."""
    return ExportOut(
        request_id=export.request_id,
        retailer_ids=export.retailer_ids,
        exported_at=export.exported_at,
        parts=[
            PartOut(name=part.name, source=part.source, count=len(part.items), items=part.items)
            for part in export.parts
        ],
        elsewhere=list(ELSEWHERE),
    )
