"""The clock monitor: counts overdue requests and audits each missed clock once."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from prometheus_client import Gauge

from altscore_admin.rights import store
from altscore_admin.rights.domain import Kind, Step

INTERVAL_S = 60.0
_overdue = Gauge("altscore_admin_rights_overdue", "Rights requests whose clock ran out.", ["kind"])


@dataclass(frozen=True)
class RightsMonitor:
    """Watches the clocks of open requests; the gauge raises the alarm."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock

    async def step(self) -> None:
        """One turn of the worker."""
        await self.escalate()

    async def escalate(self) -> int:
        """Audits newly missed clocks; returns how many."""
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            missed = await store.escalate(connection, now)
            for row in missed:
                details = {"rights_request_id": row["request_id"], "kind": row["kind"], "state": row["state"]}
                await store.add_step(
                    connection, row["request_id"], Step.OVERDUE, actor="admin", at=now, details={"state": row["state"]}
                )
                await self.outbox.audit(
                    connection,
                    "rights_overdue",
                    actor="admin",
                    subject=row["retailer_id"],
                    outcome="overdue",
                    details=details,
                )
            counts = await store.overdue(connection, now)
            for kind in Kind:
                _overdue.labels(kind).set(counts.get(kind, 0))
        return len(missed)
