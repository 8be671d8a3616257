"""Anomalies: the open ones, and all of a retailer."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_admin.anomalies.schemas import AnomaliesIn, AnomaliesOut, AnomalyOut, page_of
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, Ticket, require
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.retailers.routes import RetailerId

router = make_router(prefix="/v1/admin", responses=error_responses(*SIGN_IN_ERRORS, InvalidRequest))
Reader = Annotated[Operator, Depends(require(Permission.READ_ANOMALIES))]


@router.get("/anomalies")
async def get_anomalies(
    services: ServicesDependency,
    operator: Reader,
    query: Annotated[AnomaliesIn, Query()],
    x_justification_ticket: Ticket = None,
) -> AnomaliesOut:
    """Open anomalies of all retailers, the newest first."""
    rows = await services.anomalies.newest(
        operator, before=query.before(), limit=query.limit, ticket=x_justification_ticket
    )
    return page_of([AnomalyOut(**dict(row)) for row in rows], query.limit)


@router.get("/retailers/{retailer_id}/anomalies")
async def get_anomalies_of_retailer(
    services: ServicesDependency,
    operator: Reader,
    retailer_id: RetailerId,
    query: Annotated[AnomaliesIn, Query()],
    x_justification_ticket: Ticket = None,
) -> AnomaliesOut:
    """Open and closed anomalies of a retailer, the newest first."""
    rows = await services.anomalies.newest(
        operator,
        before=query.before(),
        limit=query.limit,
        retailer_id=retailer_id,
        ticket=x_justification_ticket,
    )
    return page_of([AnomalyOut(**dict(row)) for row in rows], query.limit)
