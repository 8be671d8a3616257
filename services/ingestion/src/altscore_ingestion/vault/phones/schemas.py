"""Bodies of the endpoints about phones."""

from typing import Annotated

from altscore_libs.types import StrictModel, public_id
from fastapi import Path, Query
from pydantic import BaseModel, StringConstraints

RetailerId = Annotated[str, public_id("ret", 16)]
DistributorId = Annotated[str, StringConstraints(pattern=r"^dist_[a-z0-9_]{1,48}$")]
MessageId = Annotated[str, public_id("msg", 32)]
ContactRef = Annotated[str, public_id("pcr", 32)]
Number = Annotated[str, StringConstraints(max_length=32)]
RetailerPath = Annotated[str, Path(pattern=r"^ret_[0-9a-f]{16}$")]
DistributorPath = Annotated[str, Path(pattern=r"^dist_[a-z0-9_]{1,48}$")]
After = Annotated[str, Query(pattern=r"^(ret_[0-9a-f]{16})?$")]
Limit = Annotated[int, Query(ge=1, le=1_000)]


class PhoneIn(StrictModel):
    """A phone as WhatsApp sends it."""

    phone: Number


class RetailerOut(BaseModel):
    """A retailer, and the name of this phone of theirs."""

    retailer_id: str
    contact_ref: str


class ResolvedOut(BaseModel):
    """Every retailer whose confirmed phone this is."""

    retailers: list[RetailerOut]


class RevealIn(StrictModel):
    """A retailer to be written to with this message: at the phone of `contact_ref`, or at the newest confirmed one."""

    retailer_id: RetailerId
    contact_ref: ContactRef | None = None
    message_id: MessageId


class RevealOut(BaseModel):
    """Where to write to; for sending at once, never for storing."""

    phone: str
    shop_name: str | None


class ReachableOut(BaseModel):
    """A retailer, and the confirmed phone of record in this distributor's own ledgers, where there is one."""

    retailer_id: str
    reachable: bool
    contact_ref: str | None


class ConfirmPhoneIn(StrictModel):
    """The distributor whose ledgers show the phone."""

    distributor_id: DistributorId


class ConfirmedPhoneOut(BaseModel):
    """The phone that now counts for the retailer."""

    retailer_id: str
    contact_ref: str


class ReachablePage(BaseModel):
    """A page; `next` is the `after` of the next one."""

    retailers: list[ReachableOut]
    next: str | None
