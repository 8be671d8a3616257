"""Bodies of what admin reads about one retailer."""

from datetime import datetime
from typing import Annotated, Any

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints


class HeldScoreItem(BaseModel):
    """A score as scoring signed it, with its reasons."""

    is_verified: bool = Field(description="Whether the signature over it holds.")
    record: dict[str, Any]


class HeldBlockItem(BaseModel):
    """Why no score was shown since an instant."""

    block_id: str
    scope: str
    reason: str
    code: str
    blocked_at: datetime


class HeldResponse(BaseModel):
    """Everything that score holds of a retailer, newest first."""

    retailer_id: str
    scores: list[HeldScoreItem]
    blocks: list[HeldBlockItem]


class RescoringRequest(StrictModel):
    """Why: the request or the grievance after which the records were corrected."""

    reference: Annotated[str, StringConstraints(pattern=r"^(rgt|grv)_[0-9a-f]{32}$")]


class RescoringResponse(BaseModel):
    """For how many lenders with a consent a score was asked for."""

    retailer_id: str
    lenders: int
