"""Segments of the chains: what is kept, what is due, what was deleted by whose decision, and its proof."""

from typing import Annotated

from altscore_libs.errors import Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_audit.dependencies import ServicesDependency, only_admin
from altscore_audit.segments.schemas import SegmentsIn, SegmentsOut, segment_out

router = make_router(
    prefix="/internal/audit",
    dependencies=[Depends(only_admin)],
    responses=error_responses(Forbidden, InvalidRequest, Unavailable),
)


@router.get("/segments")
async def get_segments(services: ServicesDependency, query: Annotated[SegmentsIn, Query()]) -> SegmentsOut:
    """The segments of a chain, oldest first, each with its proof."""
    return SegmentsOut(segments=[segment_out(proven) for proven in await services.segments.known(query.chain)])
