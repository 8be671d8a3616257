"""Bodies of the routes about a lender's own access."""

from datetime import date

from altscore_libs.types import IsoInstant
from pydantic import BaseModel, Field


class QuotaOut(BaseModel):
    """One limit of the lender's API."""

    name: str
    limit: int
    window_s: int
    used: int
    remaining: int


class UsageOut(BaseModel):
    """How much of each limit counts now."""

    items: list[QuotaOut]
    disclosures_per_retailer_a_day: int


class RefusalOut(BaseModel):
    """Calls that were refused with one code."""

    code: str
    calls: int


class DayOut(BaseModel):
    """Calls of one day in India."""

    day: date
    served: int = Field(description="Answered well, replays included; a batch counts by its items.")
    refusals: list[RefusalOut]


class CallsByDayOut(BaseModel):
    """Live calls by day, oldest first, a few seconds behind."""

    counted_since: IsoInstant | None = Field(description="Null: nothing was counted, no day is known.")
    items: list[DayOut] = Field(description="No day from before `counted_since`: it is not known.")


class ClientOut(BaseModel):
    """One client id; never a secret."""

    client_id: str
    is_active: bool
    onboarded_at: IsoInstant
    secret_since: IsoInstant | None = Field(description="Null: for more than 90 days.")
    rotation_due: bool
    former_valid_until: list[IsoInstant]


class ClientsOut(BaseModel):
    """Live credentials and those of the sandbox."""

    items: list[ClientOut]
    purposes: list[str]
