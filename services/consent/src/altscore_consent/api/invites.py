"""Invites for admin; open invites and unclear replies for webhook."""

from typing import Annotated, Literal

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import refusals
from altscore_libs.types import StrictModel
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends
from pydantic import BaseModel, Field, StringConstraints

from altscore_consent.api.ids import RetailerId
from altscore_consent.api.parts import (
    Caller,
    ContactRef,
    DistributorId,
    InviteId,
    KeyedHash,
    LenderId,
    Purpose,
    TheAuthority,
)
from altscore_consent.authority import InviteRequest
from altscore_consent.domain import Invite
from altscore_consent.errors import InviteUnknown

router = make_router(tags=["invites"], responses=refusals(Forbidden, Unavailable))
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


def _view(invite: Invite) -> InviteView:
    return InviteView(
        invite_id=invite.invite_id,
        retailer_id=invite.retailer_id,
        distributor_id=invite.distributor_id,
        contact_ref=invite.contact_ref,
        lender_scope=list(invite.lender_scope),
        purpose=invite.purpose,
        language=invite.language,
        status=invite.status,
    )


@router.post("/internal/admin/invites", dependencies=[Depends(allow_callers("admin"))])
async def invite(body: InviteBody, authority: TheAuthority, caller: Caller) -> InviteResponse:
    """Opens an invite; at most one is open per retailer and purpose."""
    request = InviteRequest(
        retailer_id=body.retailer_id,
        distributor_id=body.distributor_id,
        distributor_name=body.distributor_name,
        contact_ref=body.contact_ref,
        lender_scope=tuple(body.lender_scope),
        purpose=body.purpose,
        language=body.language,
    )
    made, is_new = await authority.invite(request, actor=caller)
    return InviteResponse(invite_id=made.invite_id, status=made.status, created=is_new)


@router.get("/internal/invites/open", dependencies=[Depends(allow_callers("webhook"))])
async def open_invites(retailer_id: RetailerId, authority: TheAuthority) -> OpenInvites:
    """What a typed HAAN may answer."""
    return OpenInvites(invites=[_view(one) for one in await authority.open_invites(retailer_id)])


@router.get(
    "/internal/invites/{invite_id}",
    dependencies=[Depends(allow_callers("webhook"))],
    responses=refusals(InviteUnknown),
)
async def one_invite(invite_id: InviteId, authority: TheAuthority) -> InviteView:
    """What a button answers."""
    return _view(await authority.find_invite(invite_id))


@router.post("/internal/replies/unclear", status_code=202, dependencies=[Depends(allow_callers("webhook"))])
async def unclear(body: UnclearBody, authority: TheAuthority, caller: Caller) -> UnclearResponse:
    """Asks again, a few times a day at most."""
    asked = await authority.unclear(
        body.retailer_id, body.invite_id, body.message_hash, actor=caller, contact_ref=body.contact_ref
    )
    return UnclearResponse(asked=asked)
