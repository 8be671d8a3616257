"""The internal door's routes; mutual TLS, admin alone."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from altscore_libs.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import refusals
from altscore_libs.types import StrictModel
from altscore_libs.web import allow_callers, router
from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field, StringConstraints

from altscore_score.access.service import AccessOrder, Kind, OrderConflict, TooManySecrets
from altscore_score.dependencies import Services
from altscore_score.sandbox import test_id_of
from altscore_score.scores.schemas import LenderRequest, LenderResponse

MAX_OVERLAP_S = 7 * 86_400
LenderId = Annotated[str, Path(pattern=r"^lender_[a-z0-9_]{1,48}$")]
AccountId = Annotated[str, Path(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$", description="Live or test credentials.")]
_REFUSALS = refusals(NotFound, OrderConflict, TooManySecrets)


class OrderRequest(StrictModel):
    """What an operator orders; the same `order_id` is carried out once."""

    order_id: Annotated[
        str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
    ]
    by: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")]
    reason: Literal["compromise", "lender_request", "misuse", "offboarding", "rotation", "drill", "resolved"]


class RevokeRequest(OrderRequest):
    """All tokens of a lender, or the one that is named."""

    jti: Annotated[str | None, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = None


class RotateRequest(OrderRequest):
    """A new client secret."""

    overlap_s: Annotated[
        int, Field(ge=0, le=MAX_OVERLAP_S, description="How long the secrets before may still be used, seconds.")
    ] = 0


class OrderResponse(BaseModel):
    """What became of it; a new secret is shown this once."""

    client_id: str
    is_repeated: bool
    client_secret: str | None = None
    former_valid_until: datetime | None = None


def internal_routes(services: Services) -> APIRouter:
    """What admin may do."""
    routes = router(
        tags=["Internal"],
        dependencies=[Depends(allow_callers("admin"))],
        responses=refusals(InvalidRequest, Forbidden, Unavailable),
    )

    @routes.put(
        "/internal/admin/lenders/{lender_id}",
        responses={201: {"model": LenderResponse, "description": "Onboarded; the only time the secret is shown"}},
        response_model_exclude_none=True,
        summary="Onboard a lender",
    )
    async def put_lender(lender_id: LenderId, body: LenderRequest, response: Response) -> LenderResponse:
        minted = await services.onboarding.onboard(lender_id, body.name)
        response.status_code = 201 if any(minted) else 200
        return LenderResponse(
            client_id=lender_id,
            client_secret=minted.live,
            test_client_id=test_id_of(lender_id),
            test_client_secret=minted.test,
        )

    _order_routes(routes, services)
    return routes


def _order_routes(routes: APIRouter, services: Services) -> None:
    base = "/internal/admin/lenders/{lender_id}"

    @routes.post(f"{base}/revoke-tokens", responses=_REFUSALS, response_model_exclude_none=True)
    async def post_revoke_tokens(lender_id: AccountId, body: RevokeRequest) -> OrderResponse:
        """All tokens and refresh tokens of a lender, or one token by its jti."""
        kind: Kind = "revoke_tokens" if body.jti is None else "revoke_token"
        return await carried_out(_order(kind, lender_id, body, jti=body.jti))

    @routes.post(f"{base}/suspend", responses=_REFUSALS, response_model_exclude_none=True)
    async def post_suspend(lender_id: AccountId, body: OrderRequest) -> OrderResponse:
        """Refuses the lender everything, and voids its tokens for good."""
        return await carried_out(_order("suspend", lender_id, body))

    @routes.post(f"{base}/reactivate", responses=_REFUSALS, response_model_exclude_none=True)
    async def post_reactivate(lender_id: AccountId, body: OrderRequest) -> OrderResponse:
        """Lets the lender sign in anew."""
        return await carried_out(_order("reactivate", lender_id, body))

    @routes.post(
        f"{base}/rotate-secret",
        responses={**_REFUSALS, 201: {"model": OrderResponse, "description": "The only time the secret is shown"}},
        response_model_exclude_none=True,
    )
    async def post_rotate_secret(lender_id: AccountId, body: RotateRequest, response: Response) -> OrderResponse:
        """A new client secret: 201 with it, 200 without it when the order is repeated."""
        order = _order("rotate_secret", lender_id, body, overlap=timedelta(seconds=body.overlap_s))
        done = await carried_out(order)
        response.status_code = 201 if done.client_secret is not None else 200
        return done

    async def carried_out(order: AccessOrder) -> OrderResponse:
        done = await services.access.carry_out(order)
        return OrderResponse(
            client_id=order.lender_id,
            is_repeated=done.is_repeated,
            client_secret=done.client_secret,
            former_valid_until=done.former_valid_until,
        )


def _order(
    kind: Kind, lender_id: str, body: OrderRequest, *, jti: str | None = None, overlap: timedelta = timedelta(0)
) -> AccessOrder:
    return AccessOrder(UUID(body.order_id), kind, lender_id, body.by, body.reason, jti, overlap)
