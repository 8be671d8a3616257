"""Bodies of what the portal reads; contacts are masked before they leave the vault."""

from typing import Annotated

from altscore_libs.types import StrictModel
from fastapi import Query
from pydantic import BaseModel, Field

from altscore_ingestion.vault.phones.schemas import RetailerId

Cursor = Annotated[str, Query(pattern=r"^(ret_[0-9a-f]{16})?$")]
Limit = Annotated[int, Query(ge=1, le=100)]


class DirectoryOut(BaseModel):
    """A retailer as its own distributor sees it; `gst` and `phone` are their last four characters."""

    retailer_id: str
    shop_name: str | None
    gst: str | None
    gst_status: str
    phone: str | None
    has_contact: bool


class DirectoryPage(BaseModel):
    """A page by id."""

    items: list[DirectoryOut]
    next_cursor: str | None


class ContactsIn(StrictModel):
    """Whom a distributor wants to invite."""

    retailer_ids: Annotated[list[RetailerId], Field(min_length=1, max_length=500)]


class ContactOut(BaseModel):
    """A retailer of this distributor, and the name of the confirmed phone in its own ledgers."""

    retailer_id: str
    contact_ref: str | None


class ContactsOut(BaseModel):
    """Those of the retailers asked for that are this distributor's own."""

    items: list[ContactOut]
