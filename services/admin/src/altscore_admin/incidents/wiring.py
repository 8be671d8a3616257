"""The use cases of incidents."""

from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.service import ApprovalService
from altscore_admin.clients import UpstreamClients
from altscore_admin.incidents.affected import AffectedService
from altscore_admin.incidents.notices import NoticeService
from altscore_admin.incidents.service import IncidentService, Timeline
from altscore_admin.incidents.switches import SwitchService, UpstreamSwitches
from altscore_admin.incidents.timeline import TimelineExport
from altscore_admin.lender_access.service import LenderAccessService
from altscore_admin.switches.service import SwitchService as ServiceSwitches


def incident_services(
    *,
    pool: asyncpg.Pool,
    outbox: Outbox,
    clock: Clock,
    upstream: UpstreamClients,
    lender_access: LenderAccessService,
    switches: ServiceSwitches,
    approvals: ApprovalService,
) -> dict[str, Any]:
    """By their names in `Services`."""
    timeline = Timeline(outbox, clock)
    return {
        "incidents": IncidentService(pool=pool, clock=clock, timeline=timeline),
        "incident_switches": SwitchService(
            pool=pool, timeline=timeline, switches=UpstreamSwitches(upstream, lender_access, switches)
        ),
        "incident_affected": AffectedService(pool=pool, outbox=outbox, timeline=timeline, upstream=upstream),
        "incident_notices": NoticeService(pool=pool, timeline=timeline, approvals=approvals),
        "incident_timeline": TimelineExport(pool=pool, outbox=outbox, upstream=upstream),
    }
