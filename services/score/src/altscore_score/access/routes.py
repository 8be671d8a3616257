"""What admin may do, by mutual TLS: onboard lenders and carry out orders about their access."""

from datetime import timedelta
from uuid import UUID

from altscore_libs.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers, router, services_of
from fastapi import Depends, Request, Response

from altscore_score.access.domain import AccessOrder, OrderKind, test_id_of
from altscore_score.access.errors import OrderConflict, TooManySecrets
from altscore_score.access.schemas import (
    AccountId,
    LenderId,
    LenderItem,
    LenderRequest,
    LenderResponse,
    LendersResponse,
    OrderItem,
    OrderRequest,
    OrderResponse,
    RevokeRequest,
    RotateRequest,
)
from altscore_score.dependencies import Services

_ALL = "/internal/admin/lenders"
_BASE = f"{_ALL}/{{lender_id}}"
_REFUSALS = error_responses(NotFound, OrderConflict, TooManySecrets)
routes = router(
    tags=["Internal"],
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(InvalidRequest, Forbidden, Unavailable),
)


@routes.get(_ALL, operation_id="listLenderAccess", summary="List lenders' access and the orders that were carried out")
async def get_lenders(request: Request) -> LendersResponse:
    """For the comparison with what admin ordered; holds no secret and no hash."""
    listed = await services_of(request, Services).access.listing()
    return LendersResponse(
        lenders=[LenderItem(**item._asdict()) for item in listed.lenders],
        orders=[OrderItem(**item._asdict()) for item in listed.orders],
    )


@routes.put(
    _BASE,
    responses={201: {"model": LenderResponse, "description": "Onboarded; the only time the secret is shown"}},
    response_model_exclude_none=True,
    operation_id="onboardLender",
    summary="Onboard a lender",
)
async def put_lender(lender_id: LenderId, body: LenderRequest, request: Request, response: Response) -> LenderResponse:
    secrets = await services_of(request, Services).onboarding.onboard(lender_id, body.name)
    response.status_code = 201 if any(secrets) else 200
    return LenderResponse(
        client_id=lender_id,
        client_secret=secrets.live,
        test_client_id=test_id_of(lender_id),
        test_client_secret=secrets.test,
    )


@routes.post(
    f"{_BASE}/revoke-tokens", responses=_REFUSALS, response_model_exclude_none=True, operation_id="revokeTokens"
)
async def post_revoke_tokens(lender_id: AccountId, body: RevokeRequest, request: Request) -> OrderResponse:
    """All tokens and refresh tokens of a lender, or one token by its jti."""
    kind: OrderKind = "revoke_tokens" if body.jti is None else "revoke_token"
    return await _carry_out(request, _order(kind, lender_id, body, jti=body.jti))


@routes.post(f"{_BASE}/suspend", responses=_REFUSALS, response_model_exclude_none=True, operation_id="suspendLender")
async def post_suspend(lender_id: AccountId, body: OrderRequest, request: Request) -> OrderResponse:
    """Refuses the lender everything, and voids its tokens for good."""
    return await _carry_out(request, _order("suspend", lender_id, body))


@routes.post(
    f"{_BASE}/reactivate", responses=_REFUSALS, response_model_exclude_none=True, operation_id="reactivateLender"
)
async def post_reactivate(lender_id: AccountId, body: OrderRequest, request: Request) -> OrderResponse:
    """Lets the lender sign in anew."""
    return await _carry_out(request, _order("reactivate", lender_id, body))


@routes.post(
    f"{_BASE}/rotate-secret",
    responses={**_REFUSALS, 201: {"model": OrderResponse, "description": "The only time the secret is shown"}},
    response_model_exclude_none=True,
    operation_id="rotateSecret",
)
async def post_rotate_secret(
    lender_id: AccountId, body: RotateRequest, request: Request, response: Response
) -> OrderResponse:
    """A new client secret: 201 with it, 200 without it when the order is repeated."""
    order = _order("rotate_secret", lender_id, body, overlap=timedelta(seconds=body.overlap_s))
    result = await _carry_out(request, order)
    response.status_code = 201 if result.client_secret is not None else 200
    return result


async def _carry_out(request: Request, order: AccessOrder) -> OrderResponse:
    result = await services_of(request, Services).access.carry_out(order)
    return OrderResponse(
        client_id=order.lender_id,
        is_repeated=result.is_repeated,
        client_secret=result.client_secret,
        former_valid_until=result.former_valid_until,
    )


def _order(
    kind: OrderKind,
    lender_id: str,
    body: OrderRequest,
    *,
    jti: str | None = None,
    overlap: timedelta = timedelta(0),
) -> AccessOrder:
    return AccessOrder(
        order_id=UUID(body.order_id),
        kind=kind,
        lender_id=lender_id,
        by=body.by,
        reason=body.reason,
        jti=jti,
        overlap=overlap,
    )
