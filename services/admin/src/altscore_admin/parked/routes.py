"""What services have set aside: listed and looked at, masked; tried, and after that applied again or dismissed."""

from typing import Annotated
from uuid import UUID

from altscore_libs.errors import Conflict
from altscore_libs.ids import uuid7
from altscore_libs.openapi import error_responses
from altscore_libs.parked_orders import ParkedOrder
from altscore_libs.parked_routes import EventNumber, ParkedEvent, ParkedOrderState
from altscore_libs.web import request_id
from altscore_libs.web import router as make_router
from fastapi import Depends, Query, Request

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import ApprovalConflict
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.parked.schemas import (
    DismissalIn,
    DismissalRequestIn,
    OrderIn,
    ParkedEventsOut,
    ParkedOfService,
    ParkedOverviewOut,
)
from altscore_admin.parked.service import DISMISSAL, Kind, Owner

router = make_router(prefix="/v1/admin/parked-events", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS))
Reader = Annotated[Operator, Depends(require(Permission.READ_PARKED))]
Trier = Annotated[Operator, Depends(require(Permission.REPLAY_PARKED))]
Replayer = Annotated[Operator, Depends(require(Permission.REPLAY_PARKED, is_sensitive=True))]


def _order_id(request: Request) -> UUID:
    """The caller's X-Request-ID where it is a UUID: repeating it orders nothing twice."""
    try:
        return UUID(request_id(request))
    except ValueError:
        return uuid7()


OrderId = Annotated[UUID, Depends(_order_id)]


@router.get("")
async def get_parked_overview(services: ServicesDependency, operator: Reader) -> ParkedOverviewOut:
    """How much every service has set aside; one that does not answer hides no other."""
    items = await services.parked.overview(operator)
    return ParkedOverviewOut(items=[ParkedOfService.model_validate(item) for item in items])


@router.get("/{service}")
async def get_parked_events(
    services: ServicesDependency,
    operator: Reader,
    service: Owner,
    kind: Kind = "all",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ParkedEventsOut:
    """The oldest first: all, those that were refused, or those that hold back later events of their key."""
    events, has_more = await services.parked.oldest(operator, service, kind=kind, limit=limit)
    return ParkedEventsOut(items=[ParkedEvent.model_validate(dict(event)) for event in events], has_more=has_more)


@router.get("/{service}/{event}")
async def get_parked_event(
    services: ServicesDependency, operator: Reader, service: Owner, event: EventNumber
) -> ParkedEvent:
    """One event, by its number; its content is never shown."""
    return ParkedEvent.model_validate(dict(await services.parked.read(operator, service, event)))


@router.post("/{service}/{event}/dry-run", status_code=202, responses=error_responses(Conflict))
async def post_dry_run(
    services: ServicesDependency,
    operator: Trier,
    service: Owner,
    event: EventNumber,
    *,
    order_id: OrderId,
    body: OrderIn,
) -> ParkedOrderState:
    """Has the service try one event, with everything taken back; the answer's order says what came of it."""
    order = ParkedOrder(order_id, event=event, action="dry_run", operator=operator.operator_id, ticket=body.ticket)
    return ParkedOrderState.model_validate(await services.parked.order(service, order, operator))


@router.post("/{service}/{event}/replay", status_code=202, responses=error_responses(Conflict))
async def post_replay(
    services: ServicesDependency,
    operator: Replayer,
    service: Owner,
    event: EventNumber,
    *,
    order_id: OrderId,
    body: OrderIn,
) -> ParkedOrderState:
    """Has the service apply one event with what waits behind it, within 15 minutes of a dry run that went well.

    An event that fails again stays set aside with its new reason, and nothing behind it is tried.
    """
    order = ParkedOrder(order_id, event=event, action="replay", operator=operator.operator_id, ticket=body.ticket)
    return ParkedOrderState.model_validate(await services.parked.order(service, order, operator))


@router.post("/{service}/{event}/dismiss", status_code=202, responses=error_responses(Conflict))
async def post_dismiss(
    services: ServicesDependency,
    operator: Replayer,
    service: Owner,
    event: EventNumber,
    *,
    order_id: OrderId,
    body: DismissalIn,
) -> ParkedOrderState:
    """Has the service put one event away for good, within 15 minutes of a dry run that has looked at it.

    Refused of an event that changes what somebody may see or do: two persons dismiss it (`dismissal-requests`).
    """
    order = ParkedOrder(
        order_id,
        event=event,
        action="dismiss",
        operator=operator.operator_id,
        ticket=body.ticket,
        reason=body.reason,
        sha256=body.sha256,
    )
    return ParkedOrderState.model_validate(await services.parked.order(service, order, operator))


@router.post(
    "/{service}/{event}/dismissal-requests", status_code=202, responses=error_responses(Conflict, ApprovalConflict)
)
async def post_dismissal_request(
    services: ServicesDependency, operator: Replayer, service: Owner, event: EventNumber, body: DismissalRequestIn
) -> RequestedOut:
    """Requests that an event is put away for good; another person approves it, and the order follows at once.

    The order's number is the approval's, so that `orders` tells what came of it.
    """
    content = await services.parked.dismissal(
        operator,
        service,
        event,
        trial=UUID(body.dry_run_id),
        sha256=body.sha256,
        reason=body.reason,
        ticket=body.ticket,
    )
    subject = f"{service}/{event}"
    return requested_out(await services.approvals.ask(operator, kind=DISMISSAL, subject=subject, content=content))


@router.get("/{service}/orders/{order_id}")
async def get_parked_order(
    services: ServicesDependency, operator: Reader, service: Owner, order_id: UUID
) -> ParkedOrderState:
    """How an order stands: `done_at` is null while the service's worker has not come to it."""
    return ParkedOrderState.model_validate(await services.parked.read_order(operator, service, order_id))
