"""Bodies of the lenders' API; what score adds and is not named here, is not passed on."""

from typing import Annotated, Literal

from altscore_libs.types import IsoInstant, public_id
from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Band = Literal["A", "B", "C", "D"]
RetailerId = Annotated[str, public_id("ret", 16)]
RetailerPath = Annotated[str, Path(pattern=r"^ret_[0-9a-f]{16}$")]
RetailerCursor = Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")]
AlertCursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,17}\.[a-z_]{1,16}\.ret_[0-9a-f]{16}$")]


class _Page(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class RowsIn(_Page):
    """Which page of rows; a parameter of another name is refused, above all one that names a lender."""

    cursor: RetailerCursor | None = Field(default=None, description="`next_cursor` of the page before.")
    band: Band | None = Field(default=None, description="Only scores of this band.")
    expiring: bool = Field(default=False, description="Only consents that end within 30 days.")


class AlertsIn(_Page):
    """Which page of alerts."""

    cursor: AlertCursor | None = Field(default=None, description="`next_cursor` of the page before.")


class CountOut(BaseModel):
    """Retailers that stand alike."""

    standing: Literal["A", "B", "C", "D", "blocked", "not_scored"]
    retailers: int
    recommended_limit_inr: int


class PortfolioOut(BaseModel):
    """The portfolio, counted now."""

    counted_at: IsoInstant
    retailers: int
    recommended_limit_inr: int
    low_confidence: int
    blocked: int
    consents_ending: int = Field(description="Within 30 days.")
    items: list[CountOut]


class MonthOut(CountOut):
    """Counts of a month of India's calendar."""

    month: str
    counted_at: IsoInstant


class MonthsOut(BaseModel):
    """Counts of up to twelve months, the newest first."""

    items: list[MonthOut]


class RowOut(BaseModel):
    """A retailer; figures only where `state` is `scored`."""

    retailer_id: RetailerId
    state: Literal["scored", "blocked", "not_scored", "unverified"]
    code: str | None
    score_id: str | None
    altscore: int | None
    risk_band: Band | None
    probability_of_default: float | None
    recommended_limit_inr: int | None
    low_confidence: bool | None
    scored_at: IsoInstant | None
    expires_at: IsoInstant | None
    purposes: list[str]
    consent_expires_at: IsoInstant


class RowsOut(BaseModel):
    """A page by retailer; it may be short, or empty, and still have a next one."""

    items: list[RowOut]
    next_cursor: RetailerCursor | None


class ReasonOut(BaseModel):
    """One reason, in two languages."""

    code: str
    direction: Literal["positive", "negative"]
    rank: int
    label_en: str
    label_hi: str


class GuardrailOut(BaseModel):
    """A guardrail that intervened."""

    id: str
    action: str
    reason: str


class ScoreOut(BaseModel):
    """What POST /v1/score answers now."""

    score_id: str
    altscore: int
    risk_band: Band
    probability_of_default: float
    recommended_limit_inr: int
    reason_codes: list[ReasonOut]
    guardrails: list[GuardrailOut]
    data_freshness_days: int
    low_confidence: bool
    score_version: str
    scored_at: IsoInstant
    expires_at: IsoInstant


class SnapshotOut(BaseModel):
    """The last score of a month."""

    month: str
    altscore: int
    risk_band: Band
    score_version: str


class RetailerOut(BaseModel):
    """One retailer, its score with the reasons, and its months."""

    retailer_id: RetailerId
    score: ScoreOut | None
    code: str | None = Field(description="What POST /v1/score answers instead of a score.")
    retry_after_s: int | None = Field(description="Of RATE_LIMIT_EXCEEDED: when it may be opened again, seconds.")
    is_repeated: bool = Field(description="Opened before within 24 hours: no query of the day was spent.")
    purpose: str
    consent_expires_at: IsoInstant
    history: list[SnapshotOut]


class AlertOut(BaseModel):
    """Something that happened to a retailer."""

    kind: Literal["band_dropped", "pd_rose", "score_expired", "blocked", "consent_ending", "consent_ended"]
    retailer_id: RetailerId
    at: IsoInstant


class AlertsOut(BaseModel):
    """A page of alerts of the last thirty days, the newest first; it may be short and still have a next one."""

    items: list[AlertOut]
    next_cursor: AlertCursor | None


class DownloadPart(BaseModel):
    """Some lines of a download, as score gives them."""

    lines: str
    next_cursor: RetailerCursor | None
