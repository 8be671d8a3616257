"""Bodies about single retailers."""

from typing import Any

from altscore_libs.types import StrictModel
from pydantic import BaseModel

from altscore_admin.partners.schemas import DistributorId


class PhoneConfirmIn(StrictModel):
    """Whose ledger holds the phone that is confirmed."""

    distributor_id: DistributorId


class PhoneConfirmOut(BaseModel):
    """The retailer may now be invited by this distributor, and answer from that phone."""

    retailer_id: str
    distributor_id: str


class ConsentHistoryOut(BaseModel):
    """What consent keeps of a retailer: invites, and signed records with whether they still verify."""

    retailer_id: str
    invites: list[dict[str, Any]]
    records: list[dict[str, Any]]
