"""Body of the dashboard's view of one retailer."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from altscore_score.history.schemas import SnapshotItem
from altscore_score.scores.schemas import RetailerId, ScoreResponse

ViewedRetailer = Annotated[str, Path(pattern=r"^ret_[0-9a-f]{16}$")]


class ViewOut(BaseModel):
    """A retailer with its score, its reasons in two languages, the guardrails that intervened and its months."""

    retailer_id: RetailerId
    score: Annotated[ScoreResponse | None, Field(description="What POST /v1/score answers now.")]
    code: Annotated[str | None, Field(description="What POST /v1/score answers instead of a score.")]
    retry_after_s: Annotated[
        int | None, Field(description="Of RATE_LIMIT_EXCEEDED: when the view may be tried again, seconds.")
    ]
    is_repeated: Annotated[
        bool, Field(description="The dashboard showed this score within 24 hours: no disclosure was spent.")
    ]
    purpose: str
    consent_expires_at: datetime
    history: Annotated[list[SnapshotItem], Field(description="The last score of each month, the newest first.")]
