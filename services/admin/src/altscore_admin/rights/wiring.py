"""The use cases of retailers' rights and complaints."""

from datetime import timedelta
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.hpke import HpkeDecryptor, HpkeEncryptor
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys, Signer

from altscore_admin.approvals.service import ApprovalService
from altscore_admin.clients import UpstreamClients
from altscore_admin.erasures.approval import Trail
from altscore_admin.erasures.domain import Stores
from altscore_admin.erasures.service import ErasureService
from altscore_admin.exports.service import ExportService
from altscore_admin.grievances.service import GrievanceService
from altscore_admin.rights.service import RightsService, StepLog


def rights_services(
    *,
    pool: asyncpg.Pool,
    outbox: Outbox,
    clock: Clock,
    upstream: UpstreamClients,
    keys: PublicKeys,
    decryptor: HpkeDecryptor,
    encryptor: HpkeEncryptor,
    report_signer: Signer,
    stores: Stores,
    approvals: ApprovalService,
    notice: timedelta,
) -> dict[str, Any]:
    """By their names in `Services`."""
    log = StepLog(outbox, clock)
    grievances = GrievanceService(
        pool=pool, outbox=outbox, clock=clock, decryptor=decryptor, encryptor=encryptor, upstream=upstream
    )
    return {
        "grievances": grievances,
        "rights": RightsService(pool=pool, outbox=outbox, clock=clock, upstream=upstream, log=log, notice=notice),
        "erasures": ErasureService(
            pool=pool,
            outbox=outbox,
            clock=clock,
            upstream=upstream,
            log=log,
            approvals=approvals,
            trail=Trail(pool, upstream, log),
            signer=report_signer,
            keys=keys,
            stores=stores,
            notice=notice,
        ),
        "exports": ExportService(
            pool=pool, outbox=outbox, clock=clock, upstream=upstream, log=log, grievances=grievances
        ),
    }
