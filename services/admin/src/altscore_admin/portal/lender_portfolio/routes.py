"""What a lender's people read; no route takes the id of a lender."""

from collections.abc import AsyncIterator
from typing import Annotated

from altscore_libs.errors import Forbidden
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from altscore_admin.portal.clients import UPSTREAM_ERRORS
from altscore_admin.portal.dependencies import SESSION_ERRORS, ServicesDependency, require_person
from altscore_admin.portal.lender_portfolio.schemas import (
    AlertsIn,
    AlertsOut,
    MonthsOut,
    PortfolioOut,
    RetailerOut,
    RetailerPath,
    RowsIn,
    RowsOut,
)
from altscore_admin.portal.sessions.domain import Person

router = make_router(prefix="/v1/lender", responses=error_responses(*SESSION_ERRORS, *UPSTREAM_ERRORS, Forbidden))
Officer = Annotated[Person, Depends(require_person("lender"))]


@router.get("/portfolio")
async def get_portfolio(services: ServicesDependency, person: Officer) -> PortfolioOut:
    """Retailers and recommended limits by band, now."""
    return await services.lenders.read(person, "portfolio", PortfolioOut)


@router.get("/portfolio/history")
async def get_portfolio_history(services: ServicesDependency, person: Officer) -> MonthsOut:
    """The same by month."""
    return await services.lenders.read(person, "portfolio/history", MonthsOut)


@router.get("/retailers")
async def get_retailers(services: ServicesDependency, person: Officer, query: Annotated[RowsIn, Query()]) -> RowsOut:
    """Retailers with an active consent that names this lender, fifty a page."""
    return await services.lenders.read(person, "retailers", RowsOut, **query.model_dump(exclude_defaults=True))


@router.get("/retailers/{retailer_id}")
async def get_retailer(services: ServicesDependency, person: Officer, retailer_id: RetailerPath) -> RetailerOut:
    """One retailer's score: a query like POST /v1/score; the same score again within 24 hours spends none."""
    return await services.lenders.read(person, f"retailers/{retailer_id}", RetailerOut)


@router.get("/alerts")
async def get_alerts(services: ServicesDependency, person: Officer, query: Annotated[AlertsIn, Query()]) -> AlertsOut:
    """What happened to the lender's retailers in the last thirty days, the newest first."""
    return await services.lenders.read(person, "alerts", AlertsOut, **query.model_dump(exclude_defaults=True))


@router.get(
    "/download.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A row per retailer."}},
)
async def get_download(services: ServicesDependency, person: Officer) -> StreamingResponse:
    """Every retailer as CSV: score, band, probability, limit and reason codes, as the specification permits."""
    parts = services.lenders.download(person)
    first = await anext(parts)  # a refusal is still a refusal then
    headers = {"Content-Disposition": 'attachment; filename="portfolio.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(_with_first(first, parts), media_type="text/csv; charset=utf-8", headers=headers)


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part
