"""The endpoint that erases a retailer."""

from altscore_libs.errors import Conflict, Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.vault.dependencies import CallerDep, ServicesDep
from altscore_ingestion.vault.erasures.schemas import ErasedOut, EraseIn
from altscore_ingestion.vault.phones.schemas import RetailerPath

router = strict_router(prefix="/internal/admin", responses=error_responses(Forbidden, Unavailable))


@router.post(
    "/retailers/{retailer_id}/erase",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(NotFound, Conflict),
)
async def post_erase(services: ServicesDep, caller: CallerDep, retailer_id: RetailerPath, body: EraseIn) -> ErasedOut:
    """Erases a retailer for good, aliases included; repeated, it answers with the first certificate."""
    erasure = await services.erasures.erase(retailer_id, body.request_id, caller=caller)
    return ErasedOut(certificate=erasure.content, signature=erasure.signature.hex())
