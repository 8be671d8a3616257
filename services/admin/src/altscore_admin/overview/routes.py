"""What operations see first: the same figures as JSON and as one plain page."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends
from fastapi.responses import HTMLResponse

from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.overview.schemas import OverviewOut
from altscore_admin.overview.service import PAGE_HEADERS, render_page

router = make_router(responses=error_responses(*SIGN_IN_ERRORS))


@router.get("/v1/admin/overview")
async def get_overview(
    services: ServicesDependency, _operator: Annotated[Operator, Depends(require(Permission.READ_OVERVIEW))]
) -> OverviewOut:
    """Partners, invites, promotions and anomalies in figures."""
    return await services.overview.read()


@router.get("/", response_class=HTMLResponse)
async def get_page(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.READ_OVERVIEW, by_browser=True))],
) -> HTMLResponse:
    """The same for a browser."""
    return HTMLResponse(render_page(await services.overview.read(), operator.operator_id), headers=PAGE_HEADERS)
