"""The SLA monitor: counts what is overdue and audits each missed SLA once."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from prometheus_client import Gauge

from altscore_admin.grievances import store

INTERVAL_S = 60.0
# The label's name and values are a contract with dashboards.
_overdue = Gauge("altscore_admin_grievances_overdue", "Grievances whose SLA is missed.", ["promise"])


@dataclass(frozen=True)
class SlaMonitor:
    """Watches the SLAs of unresolved grievances; the gauge raises the alarm."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock

    async def step(self) -> None:
        """One turn of the worker."""
        await self.escalate()

    async def escalate(self) -> int:
        """Audits newly missed SLAs; returns how many."""
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            missed = await store.escalate(connection, now)
            for sla, row in missed:
                await self.outbox.audit(
                    connection,
                    "grievance_overdue",
                    actor="admin",
                    subject=row["retailer_id"],
                    outcome="overdue",
                    details={"grievance_id": row["grievance_id"], "lender_id": row["lender_id"], "promise": sla},
                )
            for sla, count in (await store.overdue(connection, now)).items():
                _overdue.labels(sla).set(count)
        return len(missed)
