"""Bodies of POST /v1/score/batch."""

from typing import Annotated

from altscore_libs.types import MoneyInr, StrictModel
from pydantic import BaseModel, Field

from altscore_score.scores.schemas import Problem, Purpose, RetailerId, ScoreResponse


class BatchRequest(StrictModel):
    """Whose scores, for what; a retailer stands there once."""

    retailer_ids: Annotated[
        list[RetailerId],
        Field(
            min_length=1,
            max_length=500,
            json_schema_extra={"uniqueItems": True},
            description="1 to 500 different retailers.",
        ),
    ]
    purpose: Annotated[Purpose, Field(description="The purpose of the consents, one for all.")]
    requested_limit_inr: Annotated[
        MoneyInr | None, Field(description="The loan that you consider for each, rupees with up to two decimals.")
    ] = None


class BatchItem(BaseModel):
    """What a single call for this retailer would have answered."""

    retailer_id: Annotated[RetailerId, Field(description="The retailer, as in the request.")]
    status: Annotated[int, Field(description="HTTP status that the single call would have had.")]
    retry_after_s: Annotated[int | None, Field(description="Retry-After of the single call, seconds.")] = None
    score: Annotated[ScoreResponse | None, Field(description="The score, where the status is 200.")] = None
    problem: Annotated[Problem | None, Field(description="The refusal, where the status is any other.")] = None


class BatchResponse(BaseModel):
    """One result for each retailer, in the order of the request."""

    results: Annotated[list[BatchItem], Field(description="One result for each retailer, in the order asked.")]
