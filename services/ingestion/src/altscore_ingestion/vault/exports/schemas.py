"""Bodies of the endpoint that exports."""

from datetime import datetime
from typing import Annotated

from altscore_libs.types import StrictModel, public_id
from pydantic import BaseModel, Field, StringConstraints


class ExportIn(StrictModel):
    """The approved request of the retailer."""

    request_id: Annotated[str, public_id("rgt")]


class RevealIn(StrictModel):
    """An access that two super admins agreed on; with `distributor_id` its ledger alone is shown."""

    approval_id: Annotated[str, public_id("apr")]
    distributor_id: Annotated[str, StringConstraints(pattern=r"^dist_[a-z0-9_]{1,48}$")] | None = None


class RevealedLedgerOut(BaseModel):
    """What one distributor's ledger says of the shop."""

    distributor_id: str
    gst: str | None
    phone: str | None
    shop_name: str | None


class RevealOut(BaseModel):
    """For the operator whose access runs; never stored by the caller."""

    ledgers: list[RevealedLedgerOut]


class HeldRetailerOut(BaseModel):
    """An id under which the shop is or was known."""

    retailer_id: str
    alias_of: str | None
    created_at: datetime


class HeldLedgerOut(BaseModel):
    """What one distributor's ledger says of the shop."""

    distributor_id: str
    retailer_id: str
    gst: str | None
    phone: str | None
    shop_name: str | None
    gst_status: str
    phone_confirmed: bool
    updated_at: datetime


class ExportOut(BaseModel):
    """For the person themselves; never stored by the caller."""

    retailers: list[HeldRetailerOut]
    ledgers: list[HeldLedgerOut]
    refused_rows: Annotated[int, Field(description="Rows that are not as the vault wrote them, and left out.")]
