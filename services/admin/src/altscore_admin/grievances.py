"""Grievances: taken in from score, shown with their clocks, acknowledged, resolved, escalated when late."""

import asyncio
import base64
import binascii
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import PoisonEvent, Received
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound, Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.periodic import sleep_or_stop
from prometheus_client import Gauge

from altscore_admin import grievance_store as store
from altscore_admin.desk import Desk
from altscore_admin.errors import GrievanceResolved
from altscore_admin.operators import Operator

LOOK_S = 60.0
_STATE = ("grievance_id", "retailer_id", "lender_id", "version", "status")
_log = logging.getLogger("altscore.admin.grievances")
_overdue = Gauge("altscore_admin_grievances_overdue", "Grievances whose promise is missed.", ["promise"])

SlaState = Literal["on_time", "acknowledgement_overdue", "resolution_overdue", "met", "missed"]


class Sla(NamedTuple):
    """The promise that runs: how it stands and when it is due."""

    state: SlaState
    due_at: datetime


def sla_of(row: Mapping[str, Any], now: datetime) -> Sla:
    """Acknowledgement first, then resolution; a resolved one tells whether it was in time."""
    if row["resolved_at"] is not None:
        return Sla("met" if row["resolved_at"] <= row["resolution_by"] else "missed", row["resolution_by"])
    if now > row["resolution_by"]:
        return Sla("resolution_overdue", row["resolution_by"])
    if row["status"] == "open":
        return Sla("acknowledgement_overdue" if now > row["ack_by"] else "on_time", row["ack_by"])
    return Sla("on_time", row["resolution_by"])


async def grievance_filed(connection: asyncpg.Connection, event: Received) -> None:
    """Takes a grievance in, its description still sealed.

    Raises:
        PoisonEvent: the description is no box.
    """
    try:
        sealed = base64.b64decode(event.data["sealed_description"], validate=True)
    except (binascii.Error, ValueError):
        raise PoisonEvent("the description is not base64") from None
    await store.add(connection, event.data, sealed)


async def unresolved(desk: Desk, limit: int) -> list[asyncpg.Record]:
    """What waits for a person, the longest overdue first; without descriptions."""
    async with transaction(desk.pool) as connection:
        return await store.unresolved(connection, limit)


async def read(desk: Desk, operator: Operator, grievance_id: str) -> tuple[asyncpg.Record, str | None]:
    """A grievance and the lender's words, None where no key of ours opens them; the reading is audited first.

    Raises:
        NotFound: no such grievance.
    """
    async with transaction(desk.pool) as connection:
        row = await store.find(connection, grievance_id)
        if row is None:
            raise NotFound("no such grievance")
        details = {"grievance_id": grievance_id}
        await desk.outbox.audit(
            connection,
            "admin_data_access",
            actor=operator.operator_id,
            subject=row["retailer_id"],
            outcome="ok",
            details={**details, "what": "grievance"},
        )
    try:
        text = desk.box.decrypt(row["sealed_description"], context=grievance_id.encode()).decode()
    except ValueError:
        _log.error("a description does not open", extra={"grievance_id": grievance_id})
        return row, None
    return row, text


async def acknowledge(desk: Desk, operator: Operator, grievance_id: str) -> asyncpg.Record:
    """Notes that a person has it, and tells; again, or after it is resolved, nothing changes.

    Raises:
        NotFound: no such grievance.
    """
    async with transaction(desk.pool) as connection:
        row = await _locked(connection, grievance_id)
        if row["status"] != "open":
            return row
        await store.acknowledge(connection, grievance_id, by=operator.operator_id, at=desk.clock.now())
        return await _announce(desk, connection, operator, grievance_id, action="grievance_acknowledged")


async def resolve(desk: Desk, operator: Operator, grievance_id: str, resolution: str) -> asyncpg.Record:
    """Ends it with words that the lender reads; the same words again change nothing.

    Raises:
        NotFound: no such grievance.
        GrievanceResolved: it was resolved with other words.
    """
    async with transaction(desk.pool) as connection:
        row = await _locked(connection, grievance_id)
        if row["status"] == "resolved":
            if row["resolution"] != resolution:
                raise GrievanceResolved("it was resolved with other words")
            return row
        at = desk.clock.now()
        await store.resolve(connection, grievance_id, by=operator.operator_id, at=at, resolution=resolution)
        return await _announce(desk, connection, operator, grievance_id, action="grievance_resolved")


async def _locked(connection: asyncpg.Connection, grievance_id: str) -> asyncpg.Record:
    row = await store.find(connection, grievance_id, lock=True)
    if row is None:
        raise NotFound("no such grievance")
    return row


async def _announce(
    desk: Desk, connection: asyncpg.Connection, operator: Operator, grievance_id: str, *, action: str
) -> asyncpg.Record:
    row = await _locked(connection, grievance_id)
    data = {name: row[name] for name in (*_STATE, "acknowledged_at", "resolved_at", "resolution")}
    await desk.outbox.add(connection, "grievance.status_changed", key=row["retailer_id"], data=data)
    await desk.outbox.audit(
        connection,
        action,
        actor=operator.operator_id,
        subject=row["retailer_id"],
        outcome=row["status"],
        details={
            "grievance_id": grievance_id,
            "lender_id": row["lender_id"],
            "sla": sla_of(row, desk.clock.now()).state,
        },
    )
    return row


@dataclass(frozen=True)
class SlaWatch:
    """Counts what is overdue, and audits each missed promise once; the gauge raises the alarm.

    Args:
        pool: of admin's database.
        outbox: of this service.
        clock: that promises are measured by.
    """

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock

    async def run(self, stop: asyncio.Event) -> None:
        """Looks every minute until `stop`."""
        while not stop.is_set():
            try:
                await self.look()
            except (Unavailable, OSError, asyncpg.PostgresError) as error:
                _log.warning("promises are not watched", extra={"reason": type(error).__name__})
            if await sleep_or_stop(stop, LOOK_S):
                return

    async def look(self) -> int:
        """One look; returns how many promises were found newly missed."""
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            missed = await store.escalate(connection, now)
            for promise, row in missed:
                details = {"grievance_id": row["grievance_id"], "lender_id": row["lender_id"], "promise": promise}
                await self.outbox.audit(
                    connection,
                    "grievance_overdue",
                    actor="admin",
                    subject=row["retailer_id"],
                    outcome="overdue",
                    details=details,
                )
            for promise, count in (await store.overdue(connection, now)).items():
                _overdue.labels(promise).set(count)
        return len(missed)
