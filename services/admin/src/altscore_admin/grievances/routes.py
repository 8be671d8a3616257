"""Grievances: the list with its SLAs, one with its description, acknowledged, resolved."""

from typing import Annotated

from altscore_libs.errors import NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query

from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import GrievanceResolved
from altscore_admin.grievances.schemas import (
    GrievanceOut,
    GrievancesOut,
    GrievanceWhole,
    ResolutionIn,
    grievance_out,
    grievance_whole,
)
from altscore_admin.operators.domain import Operator, Permission

router = make_router(prefix="/v1/admin/grievances", responses=error_responses(*SIGN_IN_ERRORS))
GrievanceId = Annotated[str, Path(pattern=r"^grv_[0-9a-f]{32}$")]
Lister = Annotated[Operator, Depends(require(Permission.LIST_GRIEVANCES))]
Handler = Annotated[Operator, Depends(require(Permission.HANDLE_GRIEVANCES))]


@router.get("")
async def get_grievances(
    services: ServicesDependency, _operator: Lister, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> GrievancesOut:
    """Unresolved grievances with the state of their SLA."""
    grievances = await services.grievances.unresolved(limit)
    return GrievancesOut(grievances=[grievance_out(grievance) for grievance in grievances])


@router.get("/{grievance_id}", responses=error_responses(NotFound))
async def get_grievance(services: ServicesDependency, operator: Handler, grievance_id: GrievanceId) -> GrievanceWhole:
    """One grievance with its description; the reading is audited."""
    grievance, description = await services.grievances.read(operator, grievance_id)
    return grievance_whole(grievance, description)


@router.post("/{grievance_id}/acknowledge", responses=error_responses(NotFound))
async def post_acknowledge(services: ServicesDependency, operator: Handler, grievance_id: GrievanceId) -> GrievanceOut:
    """Tells the lender that a person handles it."""
    return grievance_out(await services.grievances.acknowledge(operator, grievance_id))


@router.post("/{grievance_id}/resolve", responses=error_responses(NotFound, GrievanceResolved))
async def post_resolve(
    services: ServicesDependency, operator: Handler, grievance_id: GrievanceId, body: ResolutionIn
) -> GrievanceOut:
    """Ends it with an answer to the lender."""
    return grievance_out(await services.grievances.resolve(operator, grievance_id, body.resolution))
