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

    retailer_id: Annotated[RetailerId, Field(description="The retailer whose score it is about.")]
    score_id: Annotated[str, public_id("scr"), Field(description="Of the score response; a score of that retailer.")]
    grievance_type: Annotated[GrievanceType, Field(description="What the complaint is about.")]
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

    grievance_id: Annotated[GrievanceId, Field(description="Id of the grievance.")]
    status: Annotated[Literal["open"], Field(description="`open` until it is acknowledged.")]
    ack_by: Annotated[datetime, Field(description="24 hours after filing, UTC.")]
    resolution_sla: Annotated[datetime, Field(description="Seven days after filing, UTC.")]


class SlaClock(BaseModel):
    """The promise that runs now, or how the last one ended."""

    stage: Annotated[
        Literal["acknowledgement", "resolution"], Field(description="Which of the two times runs now or ran last.")
    ]
    state: Annotated[
        Literal["running", "overdue", "met", "missed"],
        Field(description="`running` and `overdue` until it is done, then `met` or `missed`."),
    ]
    due_at: Annotated[datetime, Field(description="When it is due, UTC.")]
    seconds_left: Annotated[
        int, Field(description="Seconds until it is due; negative once overdue, 0 when it has ended.")
    ]


class GrievanceState(BaseModel):
    """Where a grievance stands."""

    grievance_id: Annotated[GrievanceId, Field(description="Id of the grievance.")]
    retailer_id: Annotated[RetailerId, Field(description="The retailer it is about.")]
    score_id: Annotated[str, Field(description="The score it is about.")]
    grievance_type: Annotated[GrievanceType, Field(description="What the complaint is about.")]
    status: Annotated[GrievanceStatus, Field(description="`open`, then `acknowledged`, then `resolved`.")]
    filed_at: Annotated[datetime, Field(description="When it was filed, UTC.")]
    ack_by: Annotated[datetime, Field(description="When it must be acknowledged, UTC: 24 hours after filing.")]
    resolution_sla: Annotated[datetime, Field(description="When it must be resolved, UTC: seven days after filing.")]
    acknowledged_at: Annotated[datetime | None, Field(description="When it was acknowledged, UTC; null before.")]
    resolved_at: Annotated[datetime | None, Field(description="When it was resolved, UTC; null before.")]
    resolution: Annotated[str | None, Field(description="What came of it; null before.")]
    sla_clock: Annotated[SlaClock, Field(description="The time that runs now, or how the last one ended.")]
