"""Bodies of access to raw data."""

from typing import Annotated, Any, Literal, Self

from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, Field, StringConstraints, model_validator

from altscore_admin.model_decisions.schemas import Ticket
from altscore_admin.partners.schemas import DistributorId


class RawAccessIn(StrictModel):
    """Who is to be seen, why and for how long; another super admin approves exactly this."""

    retailer_id: Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")] | None = None
    distributor_id: DistributorId | None = None
    purpose: Literal["rights_request", "grievance", "incident", "legal_order", "data_error", "drill"]
    ticket: Ticket
    minutes: Annotated[int, Field(ge=5, le=480, description="From the approval on; eight hours at most.")]

    @model_validator(mode="after")
    def _has_one_scope(self) -> Self:
        if (self.retailer_id is None) == (self.distributor_id is None):
            raise ValueError("exactly one of retailer_id and distributor_id is needed")
        return self

    @property
    def subject(self) -> str:
        """The retailer, or the distributor whose ledger is read."""
        return str(self.retailer_id or self.distributor_id)

    def content(self) -> dict[str, Any]:
        """What the second person approves beside the subject."""
        return {"purpose": self.purpose, "ticket": self.ticket, "minutes": self.minutes}


class LedgerOut(BaseModel):
    """What one distributor's ledger says of a shop, in the clear."""

    distributor_id: str
    gst: str | None
    phone: str | None
    shop_name: str | None


class IdentityOut(BaseModel):
    """Who a retailer is, under which approval, and until when it may be read."""

    retailer_id: str
    ledgers: list[LedgerOut]
    approval_id: str
    approved_by: str
    ends_at: IsoInstant
