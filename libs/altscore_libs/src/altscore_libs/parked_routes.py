"""The internal API of what a service has set aside: admin alone, and nothing of what a message says.

The API of a service has none of the handlers, so it applies nothing: it takes orders that the worker carries out.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from altscore_libs import parked_orders
from altscore_libs.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.parked import OPERATOR, TICKET, ParkedList
from altscore_libs.parked_dismissals import Reason
from altscore_libs.web import allow_callers, router

BASE = "/internal/admin/parked-events"
ORDERS = "/internal/admin/parked-orders"
SUMMARY = "/internal/admin/parked-summary"
EventNumber = Annotated[int, Path(ge=1, le=2**63 - 1)]
OrderOutcome = Literal[
    "would_apply",
    "would_be_refused",
    "applied",
    "refused",
    "gone",
    "unavailable",
    "dismissed",
    "needs_two_persons",
]
Limit = Annotated[int, Query(ge=1, le=1_000)]
routes = router(
    tags=["Internal"],
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(InvalidRequest, Forbidden, Unavailable),
)


class ParkedEvent(BaseModel):
    """A message that was set aside."""

    model_config = ConfigDict(extra="forbid")

    id: int = Field(description="Its number, by which the commands know it.")
    topic: str
    key: str = Field(description="Masked unless it is an id.")
    partition: int
    offset: int
    reason: str
    holds_key: bool = Field(description="Whether later events of its key wait for it.")
    is_signed: bool
    parked_at: datetime
    bytes: int = Field(description="Of what is kept of its value.")
    sha256: str = Field(description="Of what is kept of its value, hex.")


class ParkedEventList(BaseModel):
    """What is set aside now, in the order of arrival."""

    model_config = ConfigDict(extra="forbid")

    events: list[ParkedEvent]
    has_more: bool


class ParkedSummary(BaseModel):
    """How much is set aside now."""

    model_config = ConfigDict(extra="forbid")

    waiting: int = Field(description="Messages that hold back later events of their key.")
    refused: int = Field(description="Messages that no producer of the topic sent, or that cannot be.")
    oldest_at: datetime | None = Field(description="Since when the oldest is set aside; null when there is none.")


def _parked(request: Request) -> ParkedList:
    services: Any = request.app.state.services
    parked = services.parked
    if not isinstance(parked, ParkedList):
        raise TypeError("the application has no list of parked events")
    return parked


TheParkedList = Annotated[ParkedList, Depends(_parked)]


@routes.get(BASE, operation_id="listParkedEvents", summary="List what is set aside")
async def get_parked_events(
    parked: TheParkedList, limit: Limit = 100, kind: Literal["all", "refused", "waiting"] = "all"
) -> ParkedEventList:
    """The oldest first: all, those that were refused, or those that hold back their key."""
    rows = await parked.oldest(limit + 1, holds_key=None if kind == "all" else kind == "waiting")
    return ParkedEventList(events=[ParkedEvent(**row) for row in rows[:limit]], has_more=len(rows) > limit)


@routes.get(SUMMARY, operation_id="summariseParkedEvents", summary="How much is set aside")
async def get_parked_summary(parked: TheParkedList) -> ParkedSummary:
    """Counted now."""
    return ParkedSummary(**await parked.summary())


@routes.get(
    f"{BASE}/{{event}}",
    responses=error_responses(NotFound),
    operation_id="getParkedEvent",
    summary="Look at what is set aside",
)
async def get_parked_event(event: EventNumber, parked: TheParkedList) -> ParkedEvent:
    """One, by its number."""
    row = await parked.described(event)
    if row is None:
        raise NotFound("no such event is set aside")
    return ParkedEvent(**row)


class ParkedOrderIn(BaseModel):
    """What is to be done with an event that is set aside."""

    model_config = ConfigDict(extra="forbid")

    order_id: UUID = Field(description="The same order again changes nothing.")
    action: parked_orders.Action
    operator: str = Field(pattern=f"^{OPERATOR.pattern}$")
    ticket: str = Field(pattern=f"^{TICKET.pattern}$")
    reason: Reason | None = Field(default=None, description="Of a dismissal: why nothing is lost by it.")
    sha256: str | None = Field(
        default=None, pattern="^[0-9a-f]{64}$", description="Of a dismissal: digest of the message that was looked at."
    )
    proposed_by: str | None = Field(
        default=None, pattern=f"^{OPERATOR.pattern}$", description="Of a dismissal: the first of two persons."
    )

    @model_validator(mode="after")
    def _says_why(self) -> "ParkedOrderIn":
        presence = (self.reason is not None, self.sha256 is not None)
        is_dismissal = self.action == "dismiss"
        if presence != (is_dismissal, is_dismissal) or (self.proposed_by is not None and not is_dismissal):
            raise ValueError("a dismissal has a reason and a digest, nothing else has")
        return self


class ParkedOrderState(BaseModel):
    """How an order stands."""

    model_config = ConfigDict(extra="forbid")

    order_id: UUID
    event: int
    action: parked_orders.Action
    operator: str
    ticket: str
    reason: Reason | None = Field(default=None, description="Of a dismissal.")
    proposed_by: str | None = Field(default=None, description="Of a dismissal by two persons: the first.")
    ordered_at: datetime
    done_at: datetime | None = Field(description="Null while the worker has not come to it.")
    outcome: OrderOutcome | None
    applied: int = Field(description="Events that were, or would be, applied.")
    refused: int = Field(description="Events that were tried and stay set aside.")
    content: dict[str, Any] | None = Field(description="Of a dry run: names of fields, nothing that they say.")
    changes_access: bool | None = Field(
        default=None, description="Of a dry run: whether two persons must dismiss the event."
    )


@routes.post(
    f"{BASE}/{{event}}/orders",
    status_code=202,
    responses=error_responses(NotFound, Conflict),
    operation_id="orderParkedEvent",
    summary="Order a dry run, a replay or a dismissal",
)
async def post_parked_order(event: EventNumber, parked: TheParkedList, body: ParkedOrderIn) -> ParkedOrderState:
    """The worker carries it out; a replay needs a dry run before it that says that the event would be applied.

    A dismissal needs one that has looked at the event, and two persons where it changes what somebody may see or do.
    """
    order = parked_orders.ParkedOrder(event=event, **body.model_dump())
    return ParkedOrderState(**await parked_orders.place(parked.pool, order))


@routes.get(
    f"{ORDERS}/{{order_id}}",
    responses=error_responses(NotFound),
    operation_id="getParkedOrder",
    summary="How an order stands",
)
async def get_parked_order(order_id: UUID, parked: TheParkedList) -> ParkedOrderState:
    """Whether it is done, and what came of it."""
    state = await parked_orders.read(parked.pool, order_id)
    if state is None:
        raise NotFound("there is no such order")
    return ParkedOrderState(**state)
