"""Bodies of the grievance contract (API §06)."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import StrictModel, public_id
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from altscore_score.scores.schemas import RetailerId

MAX_DESCRIPTION = 2_000
GrievanceId = Annotated[str, public_id("grv")]
GrievanceType = Literal["incorrect_score", "incorrect_data", "explanation_request", "consent_dispute", "other"]
GrievanceStatus = Literal["open", "acknowledged", "resolved"]
# Line breaks and tabs are text; other control characters are not.
Description = Annotated[str, StringConstraints(pattern=rf"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{{1,{MAX_DESCRIPTION}}}$")]


class GrievanceRequest(StrictModel):
    """A complaint about one score of one retailer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "retailer_id": "ret_7f3a92c1d4e8b051",
                    "score_id": "scr_9b2c4f0a6d1e8b7359c2f4a6b8d0e1f3",
                    "grievance_type": "incorrect_score",
                    "description": "Payment records missing for March",
                }
            ]
        }
    )

    retailer_id: RetailerId
    score_id: Annotated[str, public_id("scr"), Field(description="Of the score response; a score of that retailer.")]
    grievance_type: GrievanceType
    description: Annotated[Description, Field(description="Free text for the handler alone.")]
    contact_phone_hash: Annotated[
        str | None,
        StringConstraints(pattern=r"^[0-9a-f]{64}$"),
        Field(description="Checked for its form and not kept."),
    ] = None


class GrievanceFiled(BaseModel):
    """The answer to a filing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grievance_id": "grv_5d1e0c7a92b84f36a1d5e8c04b7f9263",
                    "status": "open",
                    "ack_by": "2026-05-21T08:00:00Z",
                    "resolution_sla": "2026-05-27T08:00:00Z",
                }
            ]
        }
    )

    grievance_id: GrievanceId
    status: Literal["open"]
    ack_by: Annotated[datetime, Field(description="24 hours after filing, UTC.")]
    resolution_sla: Annotated[datetime, Field(description="Seven days after filing, UTC.")]


class SlaClock(BaseModel):
    """The promise that runs now, or how the last one ended."""

    stage: Literal["acknowledgement", "resolution"]
    state: Literal["running", "overdue", "met", "missed"]
    due_at: datetime
    seconds_left: Annotated[int, Field(description="Negative once overdue; 0 when it has ended.")]


class GrievanceState(BaseModel):
    """Where a grievance stands."""

    grievance_id: GrievanceId
    retailer_id: RetailerId
    score_id: str
    grievance_type: GrievanceType
    status: GrievanceStatus
    filed_at: datetime
    ack_by: datetime
    resolution_sla: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
    sla_clock: SlaClock
