"""Each missed SLA is escalated once."""

import asyncpg
from altscore_admin.grievances.worker import SlaMonitor
from altscore_libs.clock import FixedClock

from ..conftest import Operations
from .test_service import filed


async def test_a_missed_sla_is_escalated_once(pool: asyncpg.Pool, operations: Operations, clock: FixedClock) -> None:
    await filed(pool)
    monitor = SlaMonitor(pool=pool, outbox=operations.services.grievances.outbox, clock=clock)
    assert await monitor.escalate() == 0
    clock.advance(seconds=86_401)
    assert [await monitor.escalate(), await monitor.escalate()] == [1, 0]
    clock.advance(seconds=6 * 86_400)
    assert [await monitor.escalate(), await monitor.escalate()] == [1, 0]
    events = [event for event in await operations.events() if event["action"] == "grievance_overdue"]
    assert [event["details"]["promise"] for event in events] == ["acknowledgement", "resolution"]
