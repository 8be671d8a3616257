"""One retailer, for a person at a lender who signed in to the portal."""

from typing import Annotated

from altscore_libs.errors import Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers, router, services_of
from fastapi import Depends, Query, Request

from altscore_score.access.schemas import LenderId
from altscore_score.dependencies import Services
from altscore_score.errors import ConsentNotGranted
from altscore_score.history.schemas import SnapshotItem
from altscore_score.portfolios.domain import Viewer
from altscore_score.portfolios.routes import BASE
from altscore_score.portfolios.schemas import ViewerIn
from altscore_score.score_views.schemas import ViewedRetailer, ViewOut
from altscore_score.scores.schemas import ScoreResponse

routes = router(
    tags=["Internal"],
    dependencies=[Depends(allow_callers("portal"))],
    responses=error_responses(InvalidRequest, Forbidden, ConsentNotGranted, Unavailable),
)


@routes.get(f"{BASE}/retailers/{{retailer_id}}", operation_id="viewRetailer", summary="View one retailer's score")
async def get_retailer(
    lender_id: LenderId, retailer_id: ViewedRetailer, query: Annotated[ViewerIn, Query()], request: Request
) -> ViewOut:
    """Counts as a call and as a disclosure of the lender; the same score again within 24 hours counts as neither."""
    view = await services_of(request, Services).dashboards.score_views.view(
        Viewer(lender_id, query.person_id), retailer_id
    )
    return ViewOut(
        retailer_id=retailer_id,
        score=ScoreResponse(**view.body) if view.body is not None else None,
        code=view.code,
        retry_after_s=view.retry_after_s,
        is_repeated=view.is_repeated,
        purpose=view.allow.key.purpose,
        consent_expires_at=view.allow.expires_at,
        history=[SnapshotItem(**month._asdict()) for month in view.months],
    )
