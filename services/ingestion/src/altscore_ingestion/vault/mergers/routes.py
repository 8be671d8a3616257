"""Endpoints that merge two ids of one shop, and part them again."""

from altscore_libs.errors import Conflict, Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.vault.dependencies import CallerDep, ServicesDep
from altscore_ingestion.vault.mergers.schemas import MergeIn, MergerOut, UnmergeIn
from altscore_ingestion.vault.phones.schemas import RetailerPath

router = strict_router(
    prefix="/internal/admin/retailers",
    responses=error_responses(Forbidden, Unavailable),
    dependencies=[Depends(allow_callers("admin"))],
)


@router.post("/{retailer_id}/merge", responses=error_responses(NotFound, Conflict))
async def post_merge(services: ServicesDep, caller: CallerDep, retailer_id: RetailerPath, body: MergeIn) -> MergerOut:
    """Makes the id an alias of another id of the same shop; a consent given to it opens nothing from then on."""
    result = await services.mergers.merge(retailer_id, body.into, ticket=body.ticket, caller=caller)
    return MergerOut.model_validate(result._asdict())


@router.post("/{retailer_id}/unmerge", responses=error_responses(Conflict))
async def post_unmerge(
    services: ServicesDep, caller: CallerDep, retailer_id: RetailerPath, body: UnmergeIn
) -> MergerOut:
    """Parts an id from the one that it was merged into."""
    result = await services.mergers.unmerge(retailer_id, ticket=body.ticket, caller=caller)
    return MergerOut.model_validate(result._asdict())
