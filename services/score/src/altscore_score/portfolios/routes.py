"""What the portal may read of a lender's portfolio, by mutual TLS; the lender is that of the person's session."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from altscore_libs.errors import Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers, router, services_of
from fastapi import Depends, Query, Request

from altscore_score.access.schemas import LenderId
from altscore_score.dependencies import Services
from altscore_score.portfolios.domain import Filters, Place, Row, Viewer
from altscore_score.portfolios.schemas import (
    AlertItem,
    AlertsIn,
    AlertsOut,
    CountItem,
    DownloadIn,
    DownloadOut,
    MonthItem,
    MonthsOut,
    PortfolioOut,
    RowItem,
    RowsIn,
    RowsOut,
    ViewerIn,
)

BASE = "/internal/portal/lenders/{lender_id}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
routes = router(
    tags=["Internal"],
    dependencies=[Depends(allow_callers("portal"))],
    responses=error_responses(InvalidRequest, Forbidden, Unavailable),
)


@routes.get(f"{BASE}/portfolio", operation_id="getPortfolio", summary="Count a lender's portfolio")
async def get_portfolio(lender_id: LenderId, query: Annotated[ViewerIn, Query()], request: Request) -> PortfolioOut:
    counts = await services_of(request, Services).dashboards.portfolios.counts(Viewer(lender_id, query.person_id))
    items = [
        CountItem(standing=part.standing, retailers=part.retailers, recommended_limit_inr=part.recommended_limit_inr)
        for part in sorted(counts.parts)
    ]
    return PortfolioOut(
        counted_at=counts.counted_at,
        retailers=sum(part.retailers for part in counts.parts),
        recommended_limit_inr=sum(part.recommended_limit_inr for part in counts.parts),
        low_confidence=sum(part.low_confidence for part in counts.parts),
        blocked=sum(part.retailers for part in counts.parts if part.standing == "blocked"),
        consents_ending=sum(part.consents_ending for part in counts.parts),
        items=items,
    )


@routes.get(f"{BASE}/portfolio/history", operation_id="getPortfolioHistory", summary="Count a portfolio by month")
async def get_portfolio_history(
    lender_id: LenderId, query: Annotated[ViewerIn, Query()], request: Request
) -> MonthsOut:
    months = await services_of(request, Services).dashboards.portfolios.months(Viewer(lender_id, query.person_id))
    return MonthsOut(items=[MonthItem(**month._asdict()) for month in months])


@routes.get(f"{BASE}/retailers", operation_id="listPortfolio", summary="List a portfolio by retailer")
async def get_retailers(lender_id: LenderId, query: Annotated[RowsIn, Query()], request: Request) -> RowsOut:
    page = await services_of(request, Services).dashboards.portfolios.page(
        Viewer(lender_id, query.person_id), after=query.cursor, filters=Filters(query.band, query.expiring)
    )
    return RowsOut(items=list(map(row_item, page.rows)), next_cursor=page.next_cursor)


@routes.get(f"{BASE}/alerts", operation_id="listAlerts", summary="List what happened to retailers of a portfolio")
async def get_alerts(lender_id: LenderId, query: Annotated[AlertsIn, Query()], request: Request) -> AlertsOut:
    page = await services_of(request, Services).dashboards.portfolios.alerts(
        Viewer(lender_id, query.person_id), _place_of(query.cursor)
    )
    items = [AlertItem(kind=alert.kind, retailer_id=alert.retailer_id, at=alert.at) for alert in page.alerts]
    return AlertsOut(items=items, next_cursor=_cursor_of(page.next_place))


@routes.get(f"{BASE}/download", operation_id="downloadPortfolio", summary="Read a part of a portfolio as CSV")
async def get_download(lender_id: LenderId, query: Annotated[DownloadIn, Query()], request: Request) -> DownloadOut:
    """In parts, so that no call lasts long: the portal puts them together while the browser receives them."""
    part = await services_of(request, Services).dashboards.portfolios.download(
        Viewer(lender_id, query.person_id), after=query.cursor
    )
    return DownloadOut(lines=part.lines, next_cursor=part.next_cursor)


def row_item(row: Row) -> RowItem:
    """A row as its body holds it."""
    item = RowItem(
        retailer_id=row.retailer_id,
        state=row.state,
        code=row.code,
        purposes=list(row.purposes),
        consent_expires_at=row.consent_expires_at,
    )
    if row.score is None:
        return item
    record = row.score.record
    return item.model_copy(
        update={
            "score_id": record.score_id,
            "altscore": record.altscore,
            "risk_band": record.risk_band,
            "probability_of_default": float(record.probability_of_default),
            "recommended_limit_inr": record.recommended_limit_inr,
            "low_confidence": row.is_low_confidence,
            "scored_at": record.scored_at,
            "expires_at": record.expires_at,
        }
    )


def _place_of(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    micros, kind, retailer_id = cursor.split(".")
    try:
        return Place(_EPOCH + timedelta(microseconds=int(micros)), kind, retailer_id)
    except OverflowError:
        raise InvalidRequest("the cursor is of no page") from None


def _cursor_of(place: Place | None) -> str | None:
    if place is None:
        return None
    return f"{(place.at - _EPOCH) // timedelta(microseconds=1)}.{place.kind}.{place.retailer_id}"
