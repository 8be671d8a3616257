"""What arrived, and what is missing."""

from typing import Annotated

from altscore_libs.errors import FieldError, Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.types import IsoDate
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_audit.counts.schemas import CountsOut, DailyCountsOut
from altscore_audit.counts.store import Unit
from altscore_audit.dependencies import ServicesDependency, only_admin

router = make_router(
    prefix="/internal", dependencies=[Depends(only_admin)], responses=error_responses(Forbidden, Unavailable)
)


@router.get("/counts")
async def get_counts(services: ServicesDependency) -> CountsOut:
    """What arrived by topic and producer, and whether anything is missing."""
    return await services.counts.read()


@router.get("/daily-counts", responses=error_responses(InvalidRequest))
async def get_daily_counts(
    services: ServicesDependency,
    first: Annotated[IsoDate, Query(alias="from")],
    last: Annotated[IsoDate, Query(alias="to")],
    *,
    unit: Unit = "range",
    actions: Annotated[str | None, Query(pattern=r"^[a-z0-9_.]{1,64}(,[a-z0-9_.]{1,64}){0,49}$")] = None,
) -> DailyCountsOut:
    """Entries of the days from `from` to `to` in India, both included, by action, producer, outcome and reason."""
    if first > last:
        raise InvalidRequest("a range begins before it ends", errors=[FieldError("from", "lies after `to`")])
    return await services.counts.daily(first, last, unit=unit, actions=actions.split(",") if actions else None)
