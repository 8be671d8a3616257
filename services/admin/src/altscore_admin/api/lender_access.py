"""Lenders' access: tokens revoked, lenders suspended and reactivated, client secrets rotated."""

import re
from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.ids import uuid7
from altscore_libs.openapi import error_responses
from altscore_libs.types import StrictModel
from altscore_libs.web import request_id
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from altscore_admin import clients, lender_access
from altscore_admin.api.auth import REFUSALS, TheDesk, require
from altscore_admin.lender_access import AccessOrder
from altscore_admin.operators import Operator
from altscore_admin.roles import Permission

MAX_OVERLAP_S = 7 * 86_400
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
router = make_router(prefix="/v1/admin/lenders/{lender_id}", responses=error_responses(*REFUSALS, *clients.REFUSALS))
LenderId = Annotated[str, Path(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$", description="Live or test credentials.")]
Keeper = Annotated[Operator, Depends(require(Permission.LENDER_ACCESS))]


class AccessIn(StrictModel):
    """Why; a UUID as X-Request-ID makes repeating safe."""

    reason: Literal["compromise", "lender_request", "misuse", "offboarding", "rotation", "drill", "resolved"]


class RevokeIn(AccessIn):
    """All tokens, or the one that is named."""

    jti: Annotated[str | None, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = None


class RotateIn(AccessIn):
    """A new secret."""

    overlap_s: Annotated[
        int, Field(ge=0, le=MAX_OVERLAP_S, description="How long the secrets before may still be used, seconds.")
    ] = 0


class AccessOut(BaseModel):
    """What became of it; a new secret in the first answer alone, and nowhere else, ever."""

    lender_id: str
    is_repeated: bool
    client_secret: str | None = None
    former_valid_until: datetime | None = None


@router.post("/revoke-tokens", response_model_exclude_none=True)
async def post_revoke_tokens(
    desk: TheDesk, operator: Keeper, lender_id: LenderId, request: Request, body: RevokeIn
) -> AccessOut:
    """Voids all tokens and refresh tokens of a lender, or one token by its jti; refused everywhere within a second."""
    wanted = AccessOrder(_order_id(request), "revoke-tokens", lender_id, body.reason, jti=body.jti)
    return await _ordered(desk, operator, wanted)


@router.post("/suspend", response_model_exclude_none=True)
async def post_suspend(
    desk: TheDesk, operator: Keeper, lender_id: LenderId, request: Request, body: AccessIn
) -> AccessOut:
    """Refuses a lender everything until it is reactivated; its tokens are void for good."""
    return await _ordered(desk, operator, AccessOrder(_order_id(request), "suspend", lender_id, body.reason))


@router.post("/reactivate", response_model_exclude_none=True)
async def post_reactivate(
    desk: TheDesk, operator: Keeper, lender_id: LenderId, request: Request, body: AccessIn
) -> AccessOut:
    """Lets a suspended lender sign in anew, with the secret it had."""
    return await _ordered(desk, operator, AccessOrder(_order_id(request), "reactivate", lender_id, body.reason))


@router.post(
    "/rotate-secret",
    response_model_exclude_none=True,
    responses={201: {"model": AccessOut, "description": "Rotated; the only time that the secret is shown"}},
)
async def post_rotate_secret(
    desk: TheDesk, operator: Keeper, lender_id: LenderId, *, request: Request, response: Response, body: RotateIn
) -> AccessOut:
    """A new client secret: 201 with it, 200 without it when the order is repeated."""
    wanted = AccessOrder(_order_id(request), "rotate-secret", lender_id, body.reason, overlap_s=body.overlap_s)
    done = await _ordered(desk, operator, wanted)
    response.status_code = 201 if done.client_secret is not None else 200
    return done


def _order_id(request: Request) -> str:
    sent = request_id(request).lower()
    return sent if _UUID.fullmatch(sent) else str(uuid7())


async def _ordered(desk: TheDesk, operator: Operator, wanted: AccessOrder) -> AccessOut:
    answer = await lender_access.order(desk, operator, wanted)
    kept = {name: answer.get(name) for name in ("is_repeated", "client_secret", "former_valid_until")}
    return AccessOut.model_validate({"lender_id": wanted.lender_id, **kept})
