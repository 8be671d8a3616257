"""What services have set aside, read over their internal API; nothing of what a message says is shown.

Who has the event decides whether one person may dismiss it; where that takes two, the approval carries the order.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

import asyncpg
from altscore_libs import parked_orders
from altscore_libs.db import transaction
from altscore_libs.errors import Conflict, NotFound
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedList
from altscore_libs.parked_dismissals import Reason
from altscore_libs.parked_orders import LOOKED_AT, ParkedOrder

from altscore_admin.approvals.service import Approved
from altscore_admin.clients import UPSTREAM_ERRORS, ParkedOwner, UpstreamClients
from altscore_admin.operators.domain import Operator

PARKED_ACTION, ORDER_ACTION = "parked_events_read", "parked_event_ordered"
DISMISSAL = "parked_dismissal"
Owner = Literal["admin", ParkedOwner]
Kind = Literal["all", "refused", "waiting"]
State = Literal["answers", "silent", "consumes_nothing", "sets_nothing_aside"]
OWNERS: tuple[Owner, ...] = ("admin", *get_args(ParkedOwner))
OTHERS: dict[str, State] = {
    "audit": "sets_nothing_aside",  # what it cannot read is an entry of the chain all the same
    "ingestion": "consumes_nothing",
    "pipeline": "sets_nothing_aside",  # events only wake it: a run asks their owners
    "portal": "consumes_nothing",
    "vault": "sets_nothing_aside",  # reads its own erasures again after a restore
}
SUMMARY_S = 2.0
"""A service that takes longer is silent: the others are shown without it."""
_UNKNOWN = {"waiting": None, "refused": None, "oldest_at": None}


@dataclass(frozen=True)
class ParkedService:
    """Lists what is set aside and orders replays, which the worker of the service carries out: it has the handlers."""

    pool: asyncpg.Pool
    outbox: Outbox
    upstream: UpstreamClients

    async def overview(self, operator: Operator) -> list[dict[str, Any]]:
        """How much every service has set aside, those that do not answer included; audited first."""
        await self._audit(operator, "all", {})
        owners = await asyncio.gather(*(self._summary(owner) for owner in OWNERS))
        return [*owners, *({"service": name, "state": state, **_UNKNOWN} for name, state in OTHERS.items())]

    async def _summary(self, owner: Owner) -> dict[str, Any]:
        if owner == "admin":
            return {"service": owner, "state": "answers", **await ParkedList(self.pool).summary()}
        try:
            async with asyncio.timeout(SUMMARY_S):
                summary = await self.upstream.parked_summary(owner)
        except (*UPSTREAM_ERRORS, TimeoutError):  # an older release of it does not know the question
            return {"service": owner, "state": "silent", **_UNKNOWN}
        return {"service": owner, "state": "answers", **summary}

    async def oldest(self, operator: Operator, owner: Owner, *, kind: Kind, limit: int) -> tuple[list[Any], bool]:
        """The oldest events that a service has set aside, and whether there are more; audited first."""
        await self._audit(operator, owner, {"kind": kind})
        if owner != "admin":
            return await self.upstream.parked_events(owner, kind=kind, limit=limit)
        holds_key = None if kind == "all" else kind == "waiting"
        rows = await ParkedList(self.pool).oldest(limit + 1, holds_key=holds_key)
        return rows[:limit], len(rows) > limit

    async def read(self, operator: Operator, owner: Owner, number: int) -> Any:
        """One event, by its number; audited first.

        Raises:
            NotFound: no such event is set aside.
        """
        await self._audit(operator, owner, {"number": str(number)})
        if owner != "admin":
            return await self.upstream.parked_event(owner, number)
        row = await ParkedList(self.pool).described(number)
        if row is None:
            raise NotFound("no such event is set aside")
        return row

    async def order(self, owner: Owner, order: ParkedOrder, operator: Operator) -> Any:
        """Orders something, once per `order_id`; audited first, and again by the service that acts.

        Raises:
            NotFound: no such event is set aside.
            Conflict, UpstreamRefused: another order about it is open, it has no dry run before it, or two persons must
                dismiss the event.
        """
        details = {
            "order_id": str(order.order_id),
            "number": str(order.event),
            "order": order.action,
            "ticket": order.ticket,
        }
        if order.reason is not None:
            details["why"] = order.reason
        if order.proposed_by is not None:
            details["proposed_by"] = order.proposed_by
        await self._audit(operator, owner, details, action=ORDER_ACTION)
        if owner == "admin":
            return await parked_orders.place(self.pool, order)
        return await self.upstream.order_parked(owner, _sent(order))

    async def dismissal(
        self, operator: Operator, owner: Owner, number: int, *, trial: UUID, sha256: str, reason: Reason, ticket: str
    ) -> dict[str, Any]:
        """The content of a request to dismiss an event: what another person is shown and approves.

        Args:
            trial: the order of the dry run that has looked at the event.
            sha256: of the message, as it was shown.

        Raises:
            NotFound: no such event is set aside.
            Conflict: the dry run has not looked at this event, or the event is another.
        """
        event = await self.read(operator, owner, number)
        if event["sha256"] != sha256:
            raise Conflict("the event is another than the one that was looked at")
        state = await self._order(owner, trial)
        if state is None or state["event"] != number or state["outcome"] not in LOOKED_AT:
            raise Conflict("a dismissal needs a dry run before it that has looked at the event")
        content = state["content"] or {}
        return {
            "service": owner,
            "event": number,
            "name": content.get("event", "unreadable"),
            "topic": event["topic"],
            "sha256": sha256,
            "reason": reason,
            "ticket": ticket,
        }

    async def dismiss_approved(self, _connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Orders the dismissal that two persons want; the owner of the event audits what comes of it."""
        fields = approved.fields
        order = ParkedOrder(
            UUID(hex=approved.approval_id.removeprefix("apr_")),
            event=fields["event"],
            action="dismiss",
            operator=approved.operator.operator_id,
            ticket=fields["ticket"],
            reason=fields["reason"],
            sha256=fields["sha256"],
            proposed_by=approved.proposed_by,
        )
        state = await self.order(fields["service"], order, approved.operator)
        return {"service": fields["service"], "order_id": state["order_id"]}

    async def read_order(self, operator: Operator, owner: Owner, order_id: UUID) -> Any:
        """How an order stands; audited unless it is the operator's own, which the order's entry names already.

        Raises:
            NotFound: there is no such order.
        """
        state = await self._order(owner, order_id)
        if state is None or state["operator"] != operator.operator_id:
            await self._audit(operator, owner, {"order_id": str(order_id)})
        if state is None:
            raise NotFound("there is no such order")
        return state

    async def _order(self, owner: Owner, order_id: UUID) -> dict[str, Any] | None:
        if owner == "admin":
            return await parked_orders.read(self.pool, order_id)
        try:
            return await self.upstream.parked_order(owner, str(order_id))
        except NotFound:
            return None

    async def _audit(
        self, operator: Operator, owner: Owner | Literal["all"], details: dict[str, str], *, action: str = PARKED_ACTION
    ) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection, action, actor=operator.operator_id, subject=owner, outcome="ok", details=details
            )


def _sent(order: ParkedOrder) -> dict[str, Any]:
    """Without what only a dismissal has: an owner of the release before refuses members that it does not know."""
    members = {name: value for name, value in order._asdict().items() if value is not None}
    return members | {"order_id": str(order.order_id)}
