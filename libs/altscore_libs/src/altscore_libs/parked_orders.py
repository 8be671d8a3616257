"""Orders about what is set aside: an API takes them, and the worker, which has the handlers, carries them out.

An order is a row of the service's database. It is placed once, however often it is sent, and of one event a single
order is open at a time. A replay is ordered only after a dry run that says that the event would be applied.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg

from altscore_libs.db import transaction
from altscore_libs.errors import DEPENDENCIES, Conflict, NotFound
from altscore_libs.parked import ParkedEvents, Report
from altscore_libs.periodic import PeriodicWorker

Action = Literal["dry_run", "replay"]
DRY_RUN_MINUTES = 15
"""For so long a dry run says something about the replay that follows it."""
INTERVAL_S = 2.0
_ID = re.compile(r"([a-z]{1,16})_[0-9a-f]{16,32}")
_FIELD = re.compile(r"[a-z_]{1,64}")
_COLUMNS = "order_id, event, action, operator, ticket, ordered_at, done_at, outcome, applied, refused, content::text"
_PLACE = """
INSERT INTO parked_order (order_id, event, action, operator, ticket) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""
_READ = f"SELECT {_COLUMNS} FROM parked_order WHERE order_id = $1"  # noqa: S608  # columns of this module
_NEWEST_IS_A_DRY_RUN = """
SELECT action = 'dry_run' AND outcome = 'would_apply' AND done_at > now() - make_interval(mins => $2)
FROM parked_order WHERE event = $1 ORDER BY ordered_at DESC, order_id DESC LIMIT 1
"""
_NEXT = f"""
SELECT {_COLUMNS} FROM parked_order WHERE done_at IS NULL ORDER BY ordered_at, order_id
LIMIT 1 FOR UPDATE SKIP LOCKED
"""  # noqa: S608
_DONE = """
UPDATE parked_order SET done_at = clock_timestamp(), outcome = $2, applied = $3, refused = $4, content = $5
WHERE order_id = $1
"""


class ParkedOrder(NamedTuple):
    """What somebody wants done with an event that is set aside.

    Args:
        order_id: chosen by who sends it; the same order again changes nothing.
        event: its number in the list.
        action: whether it is tried and taken back, or applied.
        operator: who orders it; enters the audit.
        ticket: of the work that it belongs to; enters the audit.
    """

    order_id: UUID
    event: int
    action: Action
    operator: str
    ticket: str


async def place(pool: asyncpg.Pool, order: ParkedOrder) -> dict[str, Any]:
    """Places an order, once, and says how it stands.

    Raises:
        NotFound: no such event is set aside.
        Conflict: another order about it is open, the number is another order's, or a replay has no dry run before it.
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
    statement = "SELECT true FROM parked WHERE id = $1 AND resolved_at IS NULL"
    if await connection.fetchval(statement, order.event) is None:
        raise NotFound("no such event is set aside")
    if order.action == "replay" and not await connection.fetchval(_NEWEST_IS_A_DRY_RUN, order.event, DRY_RUN_MINUTES):
        raise Conflict("a replay needs a dry run before it that says that the event would be applied")


def stated(row: Mapping[str, Any]) -> dict[str, Any]:
    """An order as APIs show it."""
    content = row["content"]
    return {
        "order_id": str(row["order_id"]),
        "event": row["event"],
        "action": row["action"],
        "operator": row["operator"],
        "ticket": row["ticket"],
        "ordered_at": row["ordered_at"].isoformat(),
        "done_at": row["done_at"].isoformat() if row["done_at"] else None,
        "outcome": row["outcome"],
        "applied": row["applied"],
        "refused": row["refused"],
        "content": None if content is None else json.loads(content),
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
            outcome, report, content = await self._carry_out(row)
            stored = None if content is None else json.dumps(content)
            await connection.execute(_DONE, row["order_id"], outcome, report.applied, report.refused, stored)
        return True

    def worker(self) -> PeriodicWorker:
        """The step, again and again."""
        return PeriodicWorker("parked_orders", self.step, interval_s=INTERVAL_S)

    async def _carry_out(self, row: asyncpg.Record) -> tuple[str, Report, dict[str, Any] | None]:
        event, is_dry_run = row["event"], row["action"] == "dry_run"
        content = None
        try:
            if is_dry_run and (rows := await self.parked.listed(event=event)):
                content = await self.parked.content_of(rows[0], outline)
            report = await self.parked.replay(
                operator=row["operator"], ticket=row["ticket"], event=event, is_dry_run=is_dry_run
            )
        except DEPENDENCIES:  # the operator orders it anew; orders behind it do not wait
            return "unavailable", Report(0, 0), content
        if content is not None and report.failure is not None:
            content["error"] = report.failure
        if report.refused:
            return "would_be_refused" if is_dry_run else "refused", report, content
        if not report.applied:
            return "gone", report, content
        return "would_apply" if is_dry_run else "applied", report, content


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
