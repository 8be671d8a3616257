"""The monitor of incidents' clocks: each is escalated when it is about to run out, and when it has."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from prometheus_client import Gauge

from altscore_admin.incidents import store

INTERVAL_S = 30.0
_late = Gauge(
    "altscore_admin_incident_clocks_late",
    "Clocks of incidents that are about to run out (due_soon) or have (overdue); exercises are told apart.",
    ["clock", "state", "is_drill"],
)


@dataclass(frozen=True)
class ClockMonitor:
    """Watches the clocks of incidents; the gauge raises the alarm."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock

    async def step(self) -> None:
        """One turn of the worker."""
        await self.escalate()

    async def escalate(self) -> int:
        """Audits each clock that came close to its end, and each that passed it, once; how many."""
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            escalated = await store.escalate(connection, now)
            for state, row in escalated:
                await self.outbox.audit(
                    connection,
                    "incident_clock_escalated",
                    actor="admin",
                    subject=row["incident_id"],
                    outcome=state,
                    details={
                        "clock": row["clock"],
                        "severity": row["severity"],
                        "is_drill": "yes" if row["is_drill"] else "no",
                    },
                )
            late = await store.running_late(connection, now)
        _late.clear()
        for row in late:
            for state in ("due_soon", "overdue"):
                _late.labels(row["clock"], state, "yes" if row["is_drill"] else "no").set(row[state])
        return len(escalated)
