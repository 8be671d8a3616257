"""Bodies of POST /v1/score/batch."""

from typing import Annotated

from altscore_libs.types import MoneyInr, StrictModel
from pydantic import BaseModel, Field

from altscore_score.scores.schemas import Problem, Purpose, RetailerId, ScoreResponse


class BatchRequest(StrictModel):
    """Whose scores, for what; a retailer stands there once."""

    retailer_ids: Annotated[
        list[RetailerId], Field(min_length=1, max_length=500, json_schema_extra={"uniqueItems": True})
    ]
    purpose: Purpose
    requested_limit_inr: Annotated[MoneyInr | None, Field(description="The lender's own proposal for each.")] = None


class BatchItem(BaseModel):
    """What a single call for this retailer would have answered."""

    retailer_id: RetailerId
    status: Annotated[int, Field(description="The single call's HTTP status.")]
    retry_after_s: Annotated[int | None, Field(description="The single call's Retry-After, seconds.")] = None
    score: Annotated[ScoreResponse | None, Field(description="Where the status is 200.")] = None
    problem: Annotated[Problem | None, Field(description="Where it is any other.")] = None


class BatchResponse(BaseModel):
    """One result for each retailer, in the order of the request."""

    results: list[BatchItem]
