"""Bodies of POST /v1/score, and the ids that other bodies share (API §02, §03)."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import MoneyInr, StrictModel, public_id
from pydantic import BaseModel, Field, StringConstraints

RetailerId = Annotated[str, public_id("ret", 16)]
Purpose = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class ScoreRequest(StrictModel):
    """Which retailer's score, for what."""

    retailer_id: Annotated[RetailerId, Field(description="The retailer's id, as a lookup or the retailer gave it.")]
    purpose: Annotated[
        Purpose,
        Field(
            description="The purpose of the consent: working_capital_loan, trade_credit, invoice_financing or "
            "term_loan. Nobody can have consented to another text, which is refused as one that was not named."
        ),
    ]
    requested_limit_inr: Annotated[
        MoneyInr | None,
        Field(
            description="The loan that you consider, rupees with up to two decimals; above the "
            "recommendation the answer flags it (GR-4)."
        ),
    ] = None


class ReasonCodeItem(BaseModel):
    """One reason, in two languages."""

    code: Annotated[
        str, Field(description="Code of the reason; new ones may be added, to be treated by their `direction`.")
    ]
    direction: Annotated[
        Literal["positive", "negative"],
        Field(description="`positive` lowered the probability of default, `negative` raised it."),
    ]
    rank: Annotated[int, Field(description="1 moved the probability of default most.")]
    label_en: Annotated[str, Field(description="Text for the borrower, English.")]
    label_hi: Annotated[str, Field(description="Text for the borrower, Hindi.")]


class GuardrailItem(BaseModel):
    """A guardrail that intervened."""

    id: Annotated[str, Field(description="`GR-1` to `GR-6`.")]
    action: Annotated[
        Literal["capped", "flagged", "blocked"],
        Field(
            description="`capped`: the limit was cut. `flagged`: take note, see the page on numbers. "
            "`blocked` is not served."
        ),
    ]
    reason: Annotated[str, Field(description="Why, as a code; new ones may be added.")]


class ScoreResponse(BaseModel):
    """A credit assessment."""

    retailer_id: Annotated[RetailerId, Field(description="The retailer that was asked for.")]
    score_id: Annotated[str, Field(description="Id of this score; a grievance names it.")]
    altscore: Annotated[
        int,
        Field(
            ge=300,
            le=900,
            description="300 to 900, higher is better: 550 + 50 · log2((1 - PD) / PD), rounded; 50 points "
            "more double the odds of no default.",
        ),
    ]
    risk_band: Annotated[
        Literal["A", "B", "C", "D"],
        Field(description="A: PD below 0.05; B: below 0.12; C: below 0.25; D: 0.25 or above."),
    ]
    probability_of_default: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="PD: probability, 0.0001 to 0.9999, that an invoice of the next three months ends "
            "more than 90 days past due.",
        ),
    ]
    recommended_limit_inr: Annotated[
        int,
        Field(
            ge=0, description="Whole rupees in steps of 1,000; never above 30 % of six months' purchases, 0 in band D."
        ),
    ]
    reason_codes: Annotated[
        list[ReasonCodeItem],
        Field(min_length=5, description="At least three positive and two negative reasons, by rank."),
    ]
    guardrails: Annotated[
        list[GuardrailItem], Field(description="Every guardrail that touched the score; often empty.")
    ]
    data_freshness_days: Annotated[int, Field(ge=0, description="Days since the last ERP data, 0 or more.")]
    low_confidence: Annotated[
        bool,
        Field(
            description="True where completeness is 50 to 69 %, data are older than 14 days, or the last "
            "scoring run failed."
        ),
    ]
    score_version: Annotated[str, Field(description="The model that made the score.")]
    scored_at: Annotated[datetime, Field(description="When the score was computed, UTC.")]
    expires_at: Annotated[datetime, Field(description="When the score ends, UTC: 30 days after `scored_at`.")]
    request_id: Annotated[str, Field(description="The X-Request-ID of the call that was answered first.")]


RateLimitName = Literal["minute", "day", "disclosures", "token", "failed_sign_ins", "grievances"]


class ProblemField(BaseModel):
    """An offending field, without its value."""

    field: Annotated[str, Field(description="Name of the field; list items by their position, from 0.")]
    reason: Annotated[str, Field(description="The rule that it breaks.")]


class Problem(BaseModel):
    """RFC 9457."""

    type: Annotated[str, Field(description="Address of the page that explains the code.")]
    title: Annotated[str, Field(description="The code in plain words.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    code: Annotated[str, Field(description="What happened, for programs; new codes may be added.")]
    request_id: Annotated[str, Field(description="Id of the call; support needs it.")]
    detail: Annotated[str | None, Field(description="More, for people; never what you sent.")] = None
    errors: Annotated[list[ProblemField] | None, Field(description="The fields at fault, where fields are.")] = None
    limit: Annotated[
        RateLimitName | None,
        Field(description="Of a 429: the quota that is spent."),
    ] = None
