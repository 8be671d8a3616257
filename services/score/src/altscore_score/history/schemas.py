"""Bodies of GET /v1/score/{retailer_id}/history."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field

from altscore_score.scores.schemas import Purpose, RetailerId


class HistoryRequest(StrictModel):
    """Whose monthly snapshots, and how many; without a purpose any active one will do."""

    retailer_id: RetailerId
    months: Annotated[int, Field(ge=1, le=12)] = 6
    purpose: Purpose | None = None


class SnapshotItem(BaseModel):
    """The last score of a month."""

    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Calendar month in India, YYYY-MM.")]
    altscore: Annotated[int, Field(ge=300, le=900, description="The month's last score, 300 to 900.")]
    risk_band: Annotated[Literal["A", "B", "C", "D"], Field(description="Its band: A, B, C or D.")]
    score_version: Annotated[str, Field(description="The model that made it.")]


class HistoryResponse(BaseModel):
    """Monthly snapshots, newest first; a month without a score is absent."""

    retailer_id: Annotated[RetailerId, Field(description="The retailer that was asked for.")]
    history: Annotated[
        list[SnapshotItem], Field(min_length=1, max_length=12, description="1 to 12 months, newest first.")
    ]
