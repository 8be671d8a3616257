"""Invitations of a distributor's retailers."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path

from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.invitations.domain import InvitationCommand
from altscore_admin.invitations.schemas import InvitesIn, InvitesOut
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.partners.schemas import DISTRIBUTOR_PATTERN

router = make_router(prefix="/v1/admin", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS))


@router.post("/distributors/{distributor_id}/invites")
async def post_invites(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.INVITE))],
    distributor_id: Annotated[str, Path(pattern=DISTRIBUTOR_PATTERN)],
    body: InvitesIn,
) -> InvitesOut:
    """Invites retailers; asking again invites nobody twice."""
    command = InvitationCommand(
        distributor_id=distributor_id,
        lender_scope=tuple(dict.fromkeys(body.lender_scope)),
        purpose=body.purpose,
        hindi_share=body.hindi_share(),
        retailer_ids=None if body.retailer_ids is None else frozenset(body.retailer_ids),
    )
    return InvitesOut(**await services.invitations.invite(operator, command))
