"""Lenders' access: tokens revoked, lenders suspended and reactivated, client secrets rotated."""

import re
from typing import Annotated

from altscore_libs.ids import uuid7
from altscore_libs.openapi import error_responses
from altscore_libs.web import request_id
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Request, Response

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import ApprovalConflict
from altscore_admin.lender_access.domain import AccessCommand
from altscore_admin.lender_access.schemas import AccessIn, AccessOut, RevokeIn, RotateIn
from altscore_admin.operators.domain import Operator, Permission

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
router = make_router(
    prefix="/v1/admin/lenders/{lender_id}", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS)
)
LenderId = Annotated[str, Path(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$", description="Live or test credentials.")]
AccessManager = Annotated[Operator, Depends(require(Permission.LENDER_ACCESS, is_sensitive=True))]


def _command_id(request: Request) -> str:
    """The caller's X-Request-ID where it is a UUID: repeating it repeats nothing."""
    sent = request_id(request).lower()
    return sent if _UUID.fullmatch(sent) else str(uuid7())


CommandId = Annotated[str, Depends(_command_id)]


@router.post("/revoke-tokens", response_model_exclude_none=True)
async def post_revoke_tokens(
    services: ServicesDependency, operator: AccessManager, lender_id: LenderId, command_id: CommandId, body: RevokeIn
) -> AccessOut:
    """Voids all tokens and refresh tokens of a lender, or one token by its jti; refused everywhere within a second."""
    command = AccessCommand(
        command_id=command_id, kind="revoke-tokens", lender_id=lender_id, reason=body.reason, jti=body.jti
    )
    return AccessOut.model_validate(await services.lender_access.change(operator, command))


@router.post("/suspend", status_code=202, responses=error_responses(ApprovalConflict))
async def post_suspend(
    services: ServicesDependency, operator: AccessManager, lender_id: LenderId, body: AccessIn
) -> RequestedOut:
    """Requests that a lender and its sandbox client are refused everything; another person approves it.

    Until then `revoke-tokens`, which one person may do, ends what is signed in.
    """
    request = await services.approvals.ask(
        operator, kind="lender_suspend", subject=lender_id, content={"reason": body.reason}
    )
    return requested_out(request)


@router.post("/reactivate", status_code=202, responses=error_responses(ApprovalConflict))
async def post_reactivate(
    services: ServicesDependency, operator: AccessManager, lender_id: LenderId, body: AccessIn
) -> RequestedOut:
    """Requests that a suspended lender may sign in anew, with the secret it had; another person approves it."""
    request = await services.approvals.ask(
        operator, kind="lender_reactivate", subject=lender_id, content={"reason": body.reason}
    )
    return requested_out(request)


@router.post(
    "/rotate-secret",
    response_model_exclude_none=True,
    responses={201: {"model": AccessOut, "description": "Rotated; the only time that the secret is shown"}},
)
async def post_rotate_secret(
    services: ServicesDependency,
    operator: AccessManager,
    lender_id: LenderId,
    *,
    command_id: CommandId,
    response: Response,
    body: RotateIn,
) -> AccessOut:
    """A new client secret: 201 with it, 200 without it when the command is repeated."""
    command = AccessCommand(
        command_id=command_id,
        kind="rotate-secret",
        lender_id=lender_id,
        reason=body.reason,
        overlap_s=body.overlap_s,
    )
    result = AccessOut.model_validate(await services.lender_access.change(operator, command))
    response.status_code = 201 if result.client_secret is not None else 200
    return result
