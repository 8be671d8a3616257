"""What operations see first."""

from altscore_libs.types import IsoInstant
from pydantic import BaseModel


class DistributorRow(BaseModel):
    """A distributor and how many invites were sent for it."""

    distributor_id: str
    name: str
    status: str
    requested_at: IsoInstant
    invited: int


class LenderRow(BaseModel):
    """A lender."""

    lender_id: str
    name: str
    status: str
    requested_at: IsoInstant


class PromotionRow(BaseModel):
    """A proposal or promotion."""

    promotion_id: str
    kind: str
    model_name: str
    model_version: str
    status: str
    proposed_by: str
    approved_by: str | None
    proposed_at: IsoInstant


class OverviewOut(BaseModel):
    """Counts and the lists behind them."""

    counts: dict[str, int]
    distributors: list[DistributorRow]
    lenders: list[LenderRow]
    promotions: list[PromotionRow]
