"""What the portal reads of one distributor; its caller is the portal alone."""

from altscore_libs.errors import Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.dependencies import ServicesDep
from altscore_ingestion.distributors.schemas import DistributorId
from altscore_ingestion.installations.schemas import InstallationOut
from altscore_ingestion.portal.schemas import (
    BatchCursor,
    BatchDetailOut,
    BatchesOut,
    BatchOut,
    BatchPath,
    CertificateOut,
    CountedReason,
    Coverage,
    CredentialsOut,
    Heartbeat,
    KeyOut,
    Limit,
    QuarantineOut,
    RecordCursor,
    SshKeyOut,
    Summary,
    SyncOut,
    batch_place,
    record_place,
)
from altscore_ingestion.totals.schemas import Totals

router = strict_router(
    prefix="/internal/portal/distributors/{distributor_id}",
    dependencies=[Depends(allow_callers("portal"))],
    responses=error_responses(Forbidden, Unavailable),
)


@router.get("/sync", responses=error_responses(NotFound))
async def get_sync(services: ServicesDep, distributor_id: DistributorId) -> SyncOut:
    """How far the ledger has come, and whether it agrees with the ERP month by month."""
    sync = await services.portal.sync(distributor_id)
    return SyncOut(
        summary=Summary(**dict(sync.summary)),
        coverage=[
            Coverage(table=row["table_name"], first_on=row["first_on"], last_on=row["last_on"]) for row in sync.coverage
        ],
        heartbeat=None if sync.heartbeat is None else Heartbeat(**dict(sync.heartbeat)),
        installation=None if sync.installation is None else InstallationOut.of(sync.installation),
        totals=Totals.of(sync.comparison),
    )


@router.get("/batches")
async def get_batches(
    services: ServicesDep, distributor_id: DistributorId, cursor: BatchCursor = None, limit: Limit = 50
) -> BatchesOut:
    """Batches, the newest first."""
    rows = await services.portal.batches(distributor_id, before=batch_place(cursor), limit=limit)
    return BatchesOut.page(rows, limit)


@router.get("/batches/{batch_id}", responses=error_responses(NotFound))
async def get_batch(services: ServicesDep, distributor_id: DistributorId, batch_id: BatchPath) -> BatchDetailOut:
    """One batch of this distributor, and why records of it stay in quarantine."""
    row, reasons = await services.portal.batch(distributor_id, batch_id)
    counted = [
        CountedReason(table=item["table_name"], field=item["field"], reason=item["reason"], records=item["records"])
        for item in reasons
    ]
    return BatchDetailOut(batch=BatchOut(**dict(row)), reasons=counted)


@router.get("/quarantine")
async def get_quarantine(
    services: ServicesDep, distributor_id: DistributorId, cursor: RecordCursor = None, limit: Limit = 50
) -> QuarantineOut:
    """Quarantined records that nobody has brought to Bronze since."""
    before, after = record_place(cursor)
    rows = await services.portal.quarantined(distributor_id, before=before, after=after, limit=limit)
    return QuarantineOut.page(rows, limit)


@router.get("/credentials")
async def get_credentials(services: ServicesDep, distributor_id: DistributorId) -> CredentialsOut:
    """Certificates and keys: when they count, and nothing that proves them."""
    held = await services.portal.credentials(distributor_id)
    return CredentialsOut(
        certificates=[CertificateOut(**dict(row)) for row in held.certificates],
        api_keys=[KeyOut(**dict(row)) for row in held.api_keys],
        ssh_keys=[SshKeyOut(**dict(row)) for row in held.ssh_keys],
    )
