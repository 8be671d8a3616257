"""What arrived, and what is missing."""

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_audit.counts.schemas import CountsOut
from altscore_audit.dependencies import ServicesDependency, only_admin

router = make_router(
    prefix="/internal", dependencies=[Depends(only_admin)], responses=error_responses(Forbidden, Unavailable)
)


@router.get("/counts")
async def get_counts(services: ServicesDependency) -> CountsOut:
    """What arrived by topic and producer, and whether anything is missing."""
    return await services.counts.read()
