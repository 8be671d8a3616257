"""What an export says. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class HeldRetailer(NamedTuple):
    """An id under which the shop is or was known."""

    retailer_id: str
    alias_of: str | None
    created_at: datetime


@dataclass(frozen=True)
class HeldLedger:
    """What one distributor's ledger says of the shop, in the clear; for the person themselves."""

    distributor_id: str
    retailer_id: str
    gst: str | None
    phone: str | None
    shop_name: str | None
    gst_status: str
    is_phone_confirmed: bool
    updated_at: datetime

    def __repr__(self) -> str:
        return "HeldLedger(***)"


class Export(NamedTuple):
    """Everything that is held of a shop; `refused_rows` are left out, since they are not as the vault wrote them."""

    retailers: list[HeldRetailer]
    ledgers: list[HeldLedger]
    refused_rows: int
