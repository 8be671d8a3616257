"""What operations see first, in figures."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.overview.schemas import OverviewOut

router = make_router(responses=error_responses(*SIGN_IN_ERRORS))


@router.get("/v1/admin/overview")
async def get_overview(
    services: ServicesDependency, _operator: Annotated[Operator, Depends(require(Permission.READ_OVERVIEW))]
) -> OverviewOut:
    """Partners, invites, promotions and anomalies in figures."""
    return await services.overview.read()
