"""Bodies of the dashboard's routes about a lender's own access."""

from datetime import datetime
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
