"""Admin's endpoint about quarantined records."""

from dataclasses import asdict

from altscore_libs.errors import Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.dependencies import ServicesDep
from altscore_ingestion.distributors.schemas import DistributorId
from altscore_ingestion.errors import (
    BatchIncomplete,
    BatchInProgress,
    DistributorRevoked,
    QuarantineExpired,
    QuarantineUnreadable,
)
from altscore_ingestion.quarantine.schemas import BatchId, RemainingOut, ReprocessedOut

router = strict_router(
    prefix="/internal/admin/distributors",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(Forbidden, Unavailable),
)
_ERRORS = error_responses(
    NotFound,
    QuarantineExpired,
    DistributorRevoked,
    BatchIncomplete,
    QuarantineUnreadable,
    BatchInProgress,
    Unavailable,
)


@router.post("/{distributor_id}/quarantine/{batch_id}/reprocess", responses=_ERRORS)
async def post_reprocess(services: ServicesDep, distributor_id: DistributorId, batch_id: BatchId) -> ReprocessedOut:
    """Runs today's rules over the quarantined records of a batch; those that pass go to Bronze as a batch of their own.

    Safe to repeat: a record goes to Bronze once.
    """
    result = await services.quarantine.reprocess(distributor_id, batch_id)
    return ReprocessedOut(
        **{name: value for name, value in asdict(result).items() if name != "remaining"},
        remaining=[RemainingOut(**item._asdict()) for item in result.remaining],
    )
