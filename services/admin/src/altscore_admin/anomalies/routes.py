"""Anomalies: the open ones, and all of a retailer."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest, NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query

from altscore_admin.anomalies.schemas import AnomaliesIn, AnomaliesOut, AnomalyOut, ReviewIn, page_of
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, Ticket, require
from altscore_admin.errors import AnomalyReviewed
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


@router.post("/anomalies/{anomaly_id}/review", responses=error_responses(NotFound, AnomalyReviewed))
async def post_review(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.REVIEW_ANOMALIES))],
    anomaly_id: Annotated[str, Path(pattern=r"^anm_[0-9a-f]{32}$")],
    body: ReviewIn,
) -> AnomalyOut:
    """Closes an anomaly: released, the data are what they should be; confirmed, they are not. A review stands."""
    return AnomalyOut(**dict(await services.anomalies.review(operator, anomaly_id, body.decision, ticket=body.ticket)))


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
