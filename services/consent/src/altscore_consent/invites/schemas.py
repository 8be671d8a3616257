"""Bodies of the invites' routes."""

from typing import Annotated, Literal

from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, Field, StringConstraints

from altscore_consent.dependencies import (
    ContactRef,
    DistributorId,
    InviteId,
    KeyedHash,
    LenderId,
    Purpose,
    RetailerId,
)

# Goes into a message template, which takes no line breaks; braces would read as places of the template.
ShownName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f{}]{1,120}$")]


class InviteBody(StrictModel):
    """What a distributor asks a retailer."""

    retailer_id: RetailerId
    distributor_id: DistributorId
    distributor_name: ShownName
    contact_ref: ContactRef
    lender_scope: list[LenderId] = Field(min_length=1, max_length=50)
    purpose: Purpose
    language: Literal["hi", "en"]


class PortalInviteBody(StrictModel):
    """What a distributor asks a retailer through the portal; whose invite it is stands in the path."""

    retailer_id: RetailerId
    distributor_name: ShownName
    contact_ref: ContactRef
    lender_scope: list[LenderId] = Field(min_length=1, max_length=50)
    purpose: Purpose
    language: Literal["hi", "en"]


class PortalInviteView(BaseModel):
    """An invite as the distributor that sent it sees it."""

    invite_id: str
    retailer_id: str
    lender_scope: list[str]
    purpose: str
    language: str
    status: str
    created_at: IsoInstant
    expires_at: IsoInstant
    decided_at: IsoInstant | None


class PortalInvites(BaseModel):
    """A page, the newest first; `next_cursor` is null at the end."""

    items: list[PortalInviteView]
    next_cursor: str | None


class InviteResponse(BaseModel):
    """The open invite; `created` is false when it was open already."""

    invite_id: str
    status: str
    created: bool


class InviteView(BaseModel):
    """An invite as the webhook needs it."""

    invite_id: str
    retailer_id: str
    distributor_id: str
    contact_ref: str | None
    lender_scope: list[str]
    purpose: str
    language: str
    status: str


class OpenInvites(BaseModel):
    """The open invites of a retailer, oldest first."""

    invites: list[InviteView]


class UnclearBody(StrictModel):
    """A reply that is neither yes nor no; `contact_ref` is the confirmed phone that it came from."""

    retailer_id: RetailerId
    invite_id: InviteId | None = None
    contact_ref: ContactRef | None = None
    message_hash: KeyedHash


class UnclearResponse(BaseModel):
    """Whether the retailer is asked again."""

    asked: bool
