"""Bodies of the lender's contract (API §02, §03)."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import MoneyInr, StrictModel, public_id
from pydantic import BaseModel, Field, StringConstraints, model_validator

RetailerId = Annotated[str, public_id("ret", 16)]
Purpose = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
ClientId = Annotated[str, StringConstraints(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$")]


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
    problem: Annotated["Problem | None", Field(description="Where it is any other.")] = None


class BatchResponse(BaseModel):
    """One result for each retailer, in the order of the request."""

    results: list[BatchItem]


class HistoryRequest(StrictModel):
    """Whose monthly snapshots, and how many; without a purpose any active one will do."""

    retailer_id: RetailerId
    months: Annotated[int, Field(ge=1, le=12)] = 6
    purpose: Purpose | None = None


class SnapshotItem(BaseModel):
    """The last score of a month."""

    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Calendar month in India.")]
    altscore: Annotated[int, Field(ge=300, le=900)]
    risk_band: Literal["A", "B", "C", "D"]
    score_version: str


class HistoryResponse(BaseModel):
    """Monthly snapshots, newest first; a month without a score is absent."""

    retailer_id: RetailerId
    history: Annotated[list[SnapshotItem], Field(min_length=1, max_length=12)]


class LookupRequest(StrictModel):
    """A GSTIN; in a body, so that it stands in no URL."""

    gst: Annotated[str, StringConstraints(min_length=15, max_length=15)]


class LookupResponse(BaseModel):
    """The opaque id behind a GSTIN."""

    retailer_id: RetailerId
    consent_active: Literal[True]


class TokenRequest(StrictModel):
    """Client credentials, and a refresh token where `grant_type` says so."""

    client_id: ClientId
    client_secret: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    grant_type: Literal["client_credentials", "refresh_token"] = "client_credentials"
    refresh_token: Annotated[
        str | None,
        StringConstraints(pattern=r"^[0-9a-f]{64}$"),
        Field(description="With `grant_type=refresh_token` alone; can be used once, within 24 hours of the sign-in."),
    ] = None

    @model_validator(mode="after")
    def _names_its_grant(self) -> "TokenRequest":
        if (self.refresh_token is not None) != (self.grant_type == "refresh_token"):
            raise ValueError("refresh_token comes with grant_type refresh_token, and with no other")
        return self


class TokenResponse(BaseModel):
    """A bearer token for an hour, and a refresh token for the next one."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: Annotated[str, Field(description="Rotates: each use gives the next one and spends this one.")]


class JwkItem(BaseModel):
    """A public key, RFC 7517."""

    kty: Literal["RSA"]
    use: Literal["sig"]
    alg: Literal["RS256"]
    key_ops: list[str]
    kid: str
    n: str
    e: str


class JwksResponse(BaseModel):
    """The keys that verify tokens; two during an overlap."""

    keys: Annotated[list[JwkItem], Field(min_length=1)]


class LenderRequest(StrictModel):
    """A lender to onboard."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class LenderResponse(BaseModel):
    """The lender's credentials, live and for the sandbox; a secret is shown once."""

    client_id: str
    client_secret: str | None = None
    test_client_id: str
    test_client_secret: str | None = None


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
