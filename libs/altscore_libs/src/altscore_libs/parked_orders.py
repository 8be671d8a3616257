"""Orders about what is set aside: an API takes them, and the worker, which has the handlers, carries them out.

An order is a row of the service's database. It is placed once, however often it is sent, and of one event a single
order is open at a time. A replay is ordered only after a dry run that says that the event would be applied, and a
dismissal after one that has looked at it, and that says whether two persons must decide.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID

import asyncpg

from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import DEPENDENCIES, Conflict, NotFound
from altscore_libs.parked import ParkedEvents, Report
from altscore_libs.parked_dismissals import Dismissal, Reason, digest_of
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.retention import RowRetention

if TYPE_CHECKING:
    from altscore_libs.service import Worker

Action = Literal["dry_run", "replay", "dismiss"]
DRY_RUN_MINUTES = 15
"""For so long a dry run says something about the replay that follows it."""
ORDERS_KEPT = timedelta(days=400)
"""After it was carried out; who ordered what stays in the audit chain, who dismissed an event beside the event."""
LOOKED_AT = ("would_apply", "would_be_refused")
INTERVAL_S = 2.0
_ID = re.compile(r"([a-z]{1,16})_[0-9a-f]{16,32}")
_FIELD = re.compile(r"[a-z_]{1,64}")
_COLUMNS = (
    "order_id, event, action, operator, ticket, reason, sha256, proposed_by, ordered_at, done_at, outcome, applied,"
    " refused, content::text, changes_access"
)
_PLACE = """
INSERT INTO parked_order (order_id, event, action, operator, ticket, reason, sha256, proposed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""
_READ = f"SELECT {_COLUMNS} FROM parked_order WHERE order_id = $1"  # noqa: S608  # columns of this module
_NEWEST = """
SELECT action, outcome, changes_access, done_at > now() - make_interval(mins => $2) AS is_recent
FROM parked_order WHERE event = $1 ORDER BY ordered_at DESC, order_id DESC LIMIT 1
"""
_NEXT = f"""
SELECT {_COLUMNS} FROM parked_order WHERE done_at IS NULL ORDER BY ordered_at, order_id
LIMIT 1 FOR UPDATE SKIP LOCKED
"""  # noqa: S608
_DONE = """
UPDATE parked_order SET done_at = clock_timestamp(), outcome = $2, applied = $3, refused = $4, content = $5,
    changes_access = $6
WHERE order_id = $1
"""


class ParkedOrder(NamedTuple):
    """What somebody wants done with an event that is set aside.

    Args:
        order_id: chosen by who sends it; the same order again changes nothing.
        event: its number in the list.
        action: whether it is tried and taken back, applied, or put away for good.
        operator: who orders it; enters the audit.
        ticket: of the work that it belongs to; enters the audit.
        reason: of a dismissal, why nothing is lost by it.
        sha256: of a dismissal, the digest of the message that was looked at.
        proposed_by: of a dismissal, the first of two persons; the operator approved it.
    """

    order_id: UUID
    event: int
    action: Action
    operator: str
    ticket: str
    reason: Reason | None = None
    sha256: str | None = None
    proposed_by: str | None = None


class _Done(NamedTuple):
    """What came of an order, as its row keeps it."""

    outcome: str
    applied: int = 0
    refused: int = 0
    content: str | None = None
    changes_access: bool | None = None


async def place(pool: asyncpg.Pool, order: ParkedOrder) -> dict[str, Any]:
    """Places an order, once, and says how it stands.

    Raises:
        NotFound: no such event is set aside.
        Conflict: another order about it is open, the number is another order's, or the order needs a dry run
            before it or a second person.
    """
    async with transaction(pool) as connection:
        row = await connection.fetchrow(_READ, order.order_id)
        if row is None:
            await _check(connection, order)
            await connection.execute(_PLACE, *order)
            row = await connection.fetchrow(_READ, order.order_id)
    if row is None:
        raise Conflict("another order about this event is open")
    if ParkedOrder(*(row[name] for name in ParkedOrder._fields)) != order:
        raise Conflict("this number is another order's")
    return stated(row)


async def read(pool: asyncpg.Pool, order_id: UUID) -> dict[str, Any] | None:
    """How an order stands; None when there is no such order."""
    async with transaction(pool) as connection:
        row = await connection.fetchrow(_READ, order_id)
    return None if row is None else stated(row)


async def _check(connection: asyncpg.Connection, order: ParkedOrder) -> None:
    raw = await connection.fetchval("SELECT raw FROM parked WHERE id = $1 AND resolved_at IS NULL", order.event)
    if raw is None:
        raise NotFound("no such event is set aside")
    newest = await connection.fetchrow(_NEWEST, order.event, DRY_RUN_MINUTES)
    trial = newest if newest is not None and newest["action"] == "dry_run" else None
    if order.action == "replay" and not (trial and trial["outcome"] == "would_apply" and trial["is_recent"]):
        raise Conflict("a replay needs a dry run before it that says that the event would be applied")
    if order.action == "dismiss":
        _check_dismissal(order, trial, digest=digest_of(bytes(raw)))


def _check_dismissal(order: ParkedOrder, trial: Mapping[str, Any] | None, *, digest: str) -> None:
    """What two persons decide may take a day; the digest binds it to what the dry run looked at."""
    if trial is None or trial["outcome"] not in LOOKED_AT or not (trial["is_recent"] or order.proposed_by):
        raise Conflict("a dismissal needs a dry run before it that has looked at the event")
    if order.sha256 != digest:
        raise Conflict("the event is another than the one that was looked at")
    if order.proposed_by == order.operator or (trial["changes_access"] and order.proposed_by is None):
        raise Conflict("two persons dismiss an event that changes what somebody may see or do")


def stated(row: Mapping[str, Any]) -> dict[str, Any]:
    """An order as APIs show it."""
    content = row["content"]
    return {
        "order_id": str(row["order_id"]),
        "event": row["event"],
        "action": row["action"],
        "operator": row["operator"],
        "ticket": row["ticket"],
        "reason": row["reason"],
        "proposed_by": row["proposed_by"],
        "ordered_at": row["ordered_at"].isoformat(),
        "done_at": row["done_at"].isoformat() if row["done_at"] else None,
        "outcome": row["outcome"],
        "applied": row["applied"],
        "refused": row["refused"],
        "content": None if content is None else json.loads(content),
        "changes_access": row["changes_access"],
    }


@dataclass(frozen=True)
class OrderWorker:
    """Carries out orders, one after the other, where the handlers are.

    Args:
        parked: the events of the service, with its consumer.
    """

    parked: ParkedEvents

    async def step(self) -> bool:
        """Carries out the oldest open order; whether there was one."""
        async with transaction(self.parked.pool) as connection:
            row = await connection.fetchrow(_NEXT)
            if row is None:
                return False
            if row["action"] == "dismiss":
                done = _Done(await self._dismiss(row))
            else:
                done = await self._carry_out(row)
            await connection.execute(_DONE, row["order_id"], *done)
        return True

    def worker(self) -> PeriodicWorker:
        """The step, again and again."""
        return PeriodicWorker("parked_orders", self.step, interval_s=INTERVAL_S)

    async def _dismiss(self, row: asyncpg.Record) -> str:
        chosen = Dismissal(**{name: row[name] for name in Dismissal._fields})
        try:
            return await self.parked.dismiss(chosen)
        except DEPENDENCIES:
            return "unavailable"

    async def _carry_out(self, row: asyncpg.Record) -> _Done:
        event, is_dry_run = row["event"], row["action"] == "dry_run"
        content = changes_access = None
        try:
            if is_dry_run and (rows := await self.parked.listed(event=event)):
                content = await self.parked.content_of(rows[0], outline)
                changes_access = self.parked.changes_access(rows[0]["topic"], content)
            report = await self.parked.replay(
                operator=row["operator"], ticket=row["ticket"], event=event, is_dry_run=is_dry_run
            )
        except DEPENDENCIES:  # the operator orders it anew; orders behind it do not wait
            return _Done("unavailable")
        if content is not None and report.failure is not None:
            content["error"] = report.failure
        stored = None if content is None else json.dumps(content)
        return _Done(
            outcome=_outcome(report, is_dry_run=is_dry_run),
            applied=report.applied,
            refused=report.refused,
            content=stored,
            changes_access=changes_access,
        )


def _outcome(report: Report, *, is_dry_run: bool) -> str:
    if report.refused:
        return "would_be_refused" if is_dry_run else "refused"
    if not report.applied:
        return "gone"
    return "would_apply" if is_dry_run else "applied"


def order_retention(pool: asyncpg.Pool, clock: Clock) -> RowRetention:
    """Removes orders whose time is over (parked_order_by_age); one that is open stays.

    Args:
        pool: of the service's database.
        clock: for "now".
    """
    return RowRetention(pool, "parked_order", "done_at", kept=ORDERS_KEPT, clock=clock)


def order_workers(parked: ParkedEvents, clock: Clock) -> "dict[str, Worker]":
    """What every service that consumes runs: orders are carried out, and old ones removed.

    Args:
        parked: the events of the service, with its consumer.
        clock: for "now".
    """
    return {
        "parked_orders": OrderWorker(parked).worker().run,
        "orders_retention": order_retention(parked.pool, clock).worker().run,
    }


def outline(value: Any) -> Any:
    """Names of fields and kinds of values: of an id its prefix, of a text its length, of a number nothing."""
    if isinstance(value, str):
        match = _ID.fullmatch(value)
        return f"<{match.group(1)}>" if match else f"<text of {len(value)}>"
    if isinstance(value, Mapping):
        return {(name if _FIELD.fullmatch(str(name)) else outline(str(name))): outline(value[name]) for name in value}
    if isinstance(value, list):
        return [outline(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return "<instant>" if isinstance(value, datetime) else "<number>"
