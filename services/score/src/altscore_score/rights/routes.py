"""What admin may ask about one retailer, by mutual TLS."""

from typing import Annotated

from altscore_libs.errors import Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers, router, services_of
from fastapi import Depends, Path, Request

from altscore_score.dependencies import Services
from altscore_score.rights.schemas import (
    HeldBlockItem,
    HeldResponse,
    HeldScoreItem,
    RescoringRequest,
    RescoringResponse,
)

_BASE = "/internal/admin/retailers/{retailer_id}"
RetailerPath = Annotated[str, Path(pattern=r"^ret_[0-9a-f]{16}$")]
routes = router(
    tags=["Internal"],
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(InvalidRequest, Forbidden, Unavailable),
)


@routes.get(f"{_BASE}/scores", operation_id="listHeldScores", summary="Everything that is held of a retailer")
async def get_held(retailer_id: RetailerPath, request: Request) -> HeldResponse:
    """For the retailer's request of access and for the handler of a grievance."""
    held = await services_of(request, Services).rights.held(retailer_id)
    return HeldResponse(
        retailer_id=retailer_id,
        scores=[HeldScoreItem(is_verified=score.is_verified, record=score.content) for score in held.scores],
        blocks=[HeldBlockItem(**block) for block in held.blocks],
    )


@routes.post(f"{_BASE}/rescoring", operation_id="requestRescoring", summary="Ask for a score from the newest records")
async def post_rescoring(retailer_id: RetailerPath, body: RescoringRequest, request: Request) -> RescoringResponse:
    """After a correction; scoring answers it from its newest run."""
    lenders = await services_of(request, Services).rights.request_rescoring(retailer_id, body.reference)
    return RescoringResponse(retailer_id=retailer_id, lenders=lenders)
