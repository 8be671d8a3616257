"""Bodies of POST /v1/score, and the ids that other bodies share (API §02, §03)."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import MoneyInr, StrictModel, public_id
from pydantic import BaseModel, Field, StringConstraints

RetailerId = Annotated[str, public_id("ret", 16)]
Purpose = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class ScoreRequest(StrictModel):
    """Which retailer's score, for what."""

    retailer_id: RetailerId
    purpose: Purpose
    requested_limit_inr: Annotated[MoneyInr | None, Field(description="The lender's own proposal, rupees.")] = None


class ReasonCodeItem(BaseModel):
    """One reason, in two languages."""

    code: str
    direction: Literal["positive", "negative"]
    rank: int
    label_en: str
    label_hi: str


class GuardrailItem(BaseModel):
    """A guardrail that intervened."""

    id: str
    action: Literal["capped", "flagged", "blocked"]
    reason: str


class ScoreResponse(BaseModel):
    """A credit assessment."""

    retailer_id: RetailerId
    score_id: str
    altscore: Annotated[int, Field(ge=300, le=900)]
    risk_band: Literal["A", "B", "C", "D"]
    probability_of_default: Annotated[float, Field(ge=0, le=1)]
    recommended_limit_inr: Annotated[int, Field(ge=0, description="Never above 30 % of six months' GMV.")]
    reason_codes: Annotated[list[ReasonCodeItem], Field(min_length=5)]
    guardrails: list[GuardrailItem]
    data_freshness_days: Annotated[int, Field(ge=0, description="Days since the last ERP sync.")]
    low_confidence: bool
    score_version: str
    scored_at: datetime
    expires_at: datetime
    request_id: str


class ProblemField(BaseModel):
    """An offending field, without its value."""

    field: str
    reason: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    request_id: str
    detail: str | None = None
    errors: list[ProblemField] | None = None
    limit: Annotated[
        Literal["minute", "day", "disclosures", "token", "grievances"] | None,
        Field(description="Of a 429: the quota that is spent."),
    ] = None
