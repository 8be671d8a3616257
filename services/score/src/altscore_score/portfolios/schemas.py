"""Bodies of the dashboard's portfolio routes, and the ids that its other bodies share."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from altscore_score.portfolios.domain import AlertKind, Band, Standing, State
from altscore_score.scores.schemas import RetailerId


class ViewerIn(BaseModel):
    """Who reads; a parameter of another name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    person_id: Annotated[str, StringConstraints(pattern=r"^per_[0-9a-f]{32}$")] = Field(
        description="Of the portal's session; stands in the audit entry."
    )


class RowsIn(ViewerIn):
    """Which page of rows."""

    cursor: Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")] | None = Field(
        default=None, description="`next_cursor` of the page before."
    )
    band: Band | None = Field(default=None, description="Only scores of this band.")
    expiring: bool = Field(default=False, description="Only consents that end within 30 days.")


class DownloadIn(ViewerIn):
    """Which part of a download."""

    cursor: Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")] | None = Field(
        default=None, description="`next_cursor` of the part before."
    )


class AlertsIn(ViewerIn):
    """Which page of alerts."""

    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,17}\.[a-z_]{1,16}\.ret_[0-9a-f]{16}$")] | None = Field(
        default=None, description="`next_cursor` of the page before."
    )


class CountItem(BaseModel):
    """Retailers that stand alike."""

    standing: Standing
    retailers: Annotated[int, Field(ge=0)]
    recommended_limit_inr: Annotated[int, Field(ge=0, description="Of all of them together, whole rupees.")]


class PortfolioOut(BaseModel):
    """A lender's portfolio, counted now."""

    counted_at: datetime
    retailers: Annotated[int, Field(ge=0, description="With an active consent that names this lender.")]
    recommended_limit_inr: Annotated[int, Field(ge=0)]
    low_confidence: Annotated[int, Field(ge=0)]
    blocked: Annotated[int, Field(ge=0)]
    consents_ending: Annotated[int, Field(ge=0, description="Within 30 days.")]
    items: list[CountItem]


class MonthItem(CountItem):
    """Counts of a month."""

    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Calendar month in India, YYYY-MM.")]
    counted_at: datetime


class MonthsOut(BaseModel):
    """Counts of up to twelve months, the newest first; the current month is at most an hour old."""

    items: list[MonthItem]


class RowItem(BaseModel):
    """A retailer of the portfolio; figures only where `state` is `scored`."""

    retailer_id: RetailerId
    state: State
    code: Annotated[str | None, Field(description="What POST /v1/score answers instead of a score.")]
    score_id: str | None = None
    altscore: int | None = None
    risk_band: Band | None = None
    probability_of_default: float | None = None
    recommended_limit_inr: int | None = None
    low_confidence: bool | None = None
    scored_at: datetime | None = None
    expires_at: datetime | None = None
    purposes: list[str]
    consent_expires_at: datetime


class RowsOut(BaseModel):
    """A page by retailer; it may be short, or empty, and still have a next one."""

    items: list[RowItem]
    next_cursor: str | None


class AlertItem(BaseModel):
    """Something that happened to a retailer."""

    kind: AlertKind
    retailer_id: RetailerId
    at: datetime


class AlertsOut(BaseModel):
    """A page of alerts of the last thirty days, the newest first; it may be short and still have a next one."""

    items: list[AlertItem]
    next_cursor: str | None


class DownloadOut(BaseModel):
    """Lines of a CSV file, the first part with the names of its columns."""

    lines: str
    next_cursor: str | None
