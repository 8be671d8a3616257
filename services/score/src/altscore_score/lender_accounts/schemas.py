"""Bodies of the dashboard's routes about a lender's own access."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field


class QuotaItem(BaseModel):
    """One limit."""

    name: Annotated[str, Field(description="As a 429 names it: `minute` or `day`.")]
    limit: Annotated[int, Field(ge=1)]
    window_s: Annotated[int, Field(ge=1, description="Length of the sliding window, seconds.")]
    used: Annotated[int, Field(ge=0)]
    remaining: Annotated[int, Field(ge=0)]


class UsageOut(BaseModel):
    """What counts now; a process counts alone while Redis is away, and then tells nothing of the others."""

    items: list[QuotaItem]
    disclosures_per_retailer_a_day: int


class RefusalItem(BaseModel):
    """Calls that were refused with one code."""

    code: str
    calls: Annotated[int, Field(ge=1)]


class DayItem(BaseModel):
    """Calls of one day in India."""

    day: date
    served: Annotated[int, Field(ge=0, description="Answered well, replays included; a batch counts by its items.")]
    refusals: list[RefusalItem]


class CallsByDayOut(BaseModel):
    """Live calls by day, oldest first, a few seconds behind; for the record of each call, see the audit."""

    counted_since: Annotated[datetime | None, Field(description="None: nothing was counted, no day is known.")]
    items: Annotated[list[DayItem], Field(description="No day from before `counted_since`: it is not known.")]


class AccountItem(BaseModel):
    """One client id; never a secret."""

    client_id: str
    is_active: bool
    onboarded_at: datetime
    secret_since: Annotated[datetime | None, Field(description="None: for more than 90 days.")]
    rotation_due: Annotated[bool, Field(description="The secret has counted for 90 days.")]
    former_valid_until: Annotated[list[datetime], Field(description="Ends of replaced secrets that still count.")]


class CredentialsOut(BaseModel):
    """Live credentials and those of the sandbox."""

    items: list[AccountItem]
    purposes: Annotated[list[str], Field(description="For which retailers have named this lender.")]
