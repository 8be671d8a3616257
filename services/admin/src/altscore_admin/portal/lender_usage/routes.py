"""What a lender's people read of their own access."""

from altscore_libs.errors import Forbidden
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router

from altscore_admin.portal.clients import UPSTREAM_ERRORS
from altscore_admin.portal.dependencies import SESSION_ERRORS, ServicesDependency
from altscore_admin.portal.lender_portfolio.routes import Officer
from altscore_admin.portal.lender_usage.schemas import CallsByDayOut, ClientsOut, UsageOut

router = make_router(prefix="/v1/lender", responses=error_responses(*SESSION_ERRORS, *UPSTREAM_ERRORS, Forbidden))


@router.get("/usage")
async def get_usage(services: ServicesDependency, person: Officer) -> UsageOut:
    """How much of each limit of the API counts now; looking spends nothing."""
    return await services.lenders.read(person, "usage", UsageOut)


@router.get("/usage/days")
async def get_calls_by_day(services: ServicesDependency, person: Officer) -> CallsByDayOut:
    """The lender's calls of the last 31 days: how many were answered, and refused with which code."""
    return await services.lenders.read(person, "usage/days", CallsByDayOut)


@router.get("/credentials")
async def get_credentials(services: ServicesDependency, person: Officer) -> ClientsOut:
    """Age of the client secrets, and whether one is due to be rotated."""
    return await services.lenders.read(person, "credentials", ClientsOut)
