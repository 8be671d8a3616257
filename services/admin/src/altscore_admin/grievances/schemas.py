"""Bodies of grievances."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints

from altscore_admin.grievances.domain import SlaState
from altscore_admin.grievances.service import Grievance

# Line breaks and tabs are text; other control characters are not.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{1,2000}$")]


class SlaOut(BaseModel):
    """The SLA that applies now, or how the last one ended."""

    state: SlaState
    due_at: datetime
    seconds_left: int


class GrievanceOut(BaseModel):
    """A grievance without its description."""

    grievance_id: str
    retailer_id: str
    lender_id: str
    score_id: str
    grievance_type: str
    status: Literal["open", "acknowledged", "resolved"]
    filed_at: datetime
    ack_by: datetime
    resolution_by: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    resolved_by: str | None
    resolved_at: datetime | None
    resolution: str | None
    sla: SlaOut


class GrievanceWhole(GrievanceOut):
    """With the lender's description; null where none of our keys decrypts it."""

    description: str | None


class GrievancesOut(BaseModel):
    """What waits for a person, the longest overdue first."""

    grievances: list[GrievanceOut]


class ResolutionIn(StrictModel):
    """The answer to the lender; it is shown exactly as written, so it holds no personal data."""

    resolution: Annotated[Text, Field(description="At most 2,000 characters.")]


def grievance_out(grievance: Grievance) -> GrievanceOut:
    """A grievance as it is shown, without its description."""
    names = GrievanceOut.model_fields.keys() - {"sla"}
    return GrievanceOut(
        **{name: grievance.row[name] for name in names}, sla=SlaOut.model_validate(grievance.sla._asdict())
    )


def grievance_whole(grievance: Grievance, description: str | None) -> GrievanceWhole:
    """A grievance as a handler sees it."""
    return GrievanceWhole(**grievance_out(grievance).model_dump(), description=description)
