"""Invites for admin and the portal; open invites and unclear replies for webhook."""

from typing import Annotated

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_consent.dependencies import Caller, DistributorId, InviteId, RetailerId, TheServices
from altscore_consent.errors import InviteUnknown, RetailerErased
from altscore_consent.invites.domain import InviteRequest, UnclearReply
from altscore_consent.invites.schemas import (
    InviteBody,
    InviteResponse,
    InviteView,
    OpenInvites,
    PortalInviteBody,
    PortalInvites,
    PortalInviteView,
    UnclearBody,
    UnclearResponse,
)

router = make_router(tags=["invites"], responses=error_responses(Forbidden, Unavailable))


@router.post(
    "/internal/admin/invites",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(RetailerErased),
)
async def invite(body: InviteBody, services: TheServices, caller: Caller) -> InviteResponse:
    """Opens an invite; at most one is open per retailer and purpose."""
    request = InviteRequest(**body.model_dump(exclude={"lender_scope"}), lender_scope=tuple(body.lender_scope))
    opened, is_new = await services.invites.invite(request, actor=caller)
    return InviteResponse(invite_id=opened.invite_id, status=opened.status, created=is_new)


@router.post(
    "/internal/portal/distributors/{distributor_id}/invites",
    dependencies=[Depends(allow_callers("portal"))],
    responses=error_responses(RetailerErased),
)
async def portal_invite(
    distributor_id: DistributorId, body: PortalInviteBody, services: TheServices, caller: Caller
) -> InviteResponse:
    """Opens an invite of a distributor that is signed in; at most one is open per retailer and purpose."""
    content = body.model_dump(exclude={"lender_scope"})
    request = InviteRequest(**content, distributor_id=distributor_id, lender_scope=tuple(body.lender_scope))
    opened, is_new = await services.invites.invite(request, actor=caller)
    return InviteResponse(invite_id=opened.invite_id, status=opened.status, created=is_new)


@router.get("/internal/portal/distributors/{distributor_id}/invites", dependencies=[Depends(allow_callers("portal"))])
async def portal_invites(
    distributor_id: DistributorId,
    services: TheServices,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PortalInvites:
    """A distributor's own invites and what became of them, the newest first."""
    rows = await services.invites.of_distributor(distributor_id, before=cursor, limit=limit)
    items = [PortalInviteView(**{name: row[name] for name in PortalInviteView.model_fields}) for row in rows]
    return PortalInvites(items=items, next_cursor=str(rows[-1]["seq"]) if len(rows) == limit else None)


@router.get("/internal/invites/open", dependencies=[Depends(allow_callers("webhook"))])
async def open_invites(retailer_id: RetailerId, services: TheServices) -> OpenInvites:
    """What a typed HAAN may answer."""
    invites = await services.invites.open_invites(retailer_id)
    return OpenInvites(invites=[InviteView.model_validate(invite, from_attributes=True) for invite in invites])


@router.get(
    "/internal/invites/{invite_id}",
    dependencies=[Depends(allow_callers("webhook"))],
    responses=error_responses(InviteUnknown),
)
async def read_invite(invite_id: InviteId, services: TheServices) -> InviteView:
    """What a button answers."""
    return InviteView.model_validate(await services.invites.find_invite(invite_id), from_attributes=True)


@router.post("/internal/replies/unclear", status_code=202, dependencies=[Depends(allow_callers("webhook"))])
async def unclear(body: UnclearBody, services: TheServices, caller: Caller) -> UnclearResponse:
    """Asks again, a few times a day at most."""
    asked = await services.invites.record_unclear_reply(UnclearReply(**body.model_dump()), actor=caller)
    return UnclearResponse(asked=asked)
