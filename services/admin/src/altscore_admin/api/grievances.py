"""Grievances: the list with its clocks, one with the lender's words, acknowledged, resolved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from altscore_libs.errors import NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.types import StrictModel
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field, StringConstraints

from altscore_admin import grievances
from altscore_admin.api.auth import REFUSALS, TheDesk, require
from altscore_admin.errors import GrievanceResolved
from altscore_admin.grievances import SlaState, sla_of
from altscore_admin.operators import Operator
from altscore_admin.roles import Permission

router = make_router(prefix="/v1/admin/grievances", responses=error_responses(*REFUSALS))
InPath = Annotated[str, Path(pattern=r"^grv_[0-9a-f]{32}$")]
Lister = Annotated[Operator, Depends(require(Permission.LIST_GRIEVANCES))]
Handler = Annotated[Operator, Depends(require(Permission.HANDLE_GRIEVANCES))]
# Line breaks and tabs are text; other control characters are not.
Words = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{1,2000}$")]


class SlaOut(BaseModel):
    """The promise that runs, or how the last one ended."""

    state: SlaState
    due_at: datetime
    seconds_left: int


class GrievanceOut(BaseModel):
    """A grievance without the lender's words."""

    grievance_id: str
    retailer_id: str
    lender_id: str
    score_id: str
    grievance_type: str
    status: Literal["open", "acknowledged", "resolved"]
    filed_at: datetime
    ack_by: datetime
    resolution_by: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    resolved_by: str | None
    resolved_at: datetime | None
    resolution: str | None
    sla: SlaOut


class GrievanceWhole(GrievanceOut):
    """With the lender's words; null where no key of ours opens them."""

    description: str | None


class GrievancesOut(BaseModel):
    """What waits for a person, the longest overdue first."""

    grievances: list[GrievanceOut]


class ResolutionIn(StrictModel):
    """The answer to the lender; it is shown to him as it stands, so it holds no personal data."""

    resolution: Annotated[Words, Field(description="At most 2,000 characters.")]


def _shown(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    sla = sla_of(row, now)
    left_s = 0 if row["resolved_at"] is not None else int((sla.due_at - now).total_seconds())
    names = GrievanceOut.model_fields.keys() - {"sla"}
    return {name: row[name] for name in names} | {
        "sla": SlaOut(state=sla.state, due_at=sla.due_at, seconds_left=left_s)
    }


@router.get("")
async def get_grievances(
    desk: TheDesk, _operator: Lister, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> GrievancesOut:
    """Unresolved grievances with the state of their promise."""
    rows, now = await grievances.unresolved(desk, limit), desk.clock.now()
    return GrievancesOut(grievances=[GrievanceOut(**_shown(row, now)) for row in rows])


@router.get("/{grievance_id}", responses=error_responses(NotFound))
async def get_grievance(desk: TheDesk, operator: Handler, grievance_id: InPath) -> GrievanceWhole:
    """One grievance with the lender's words; the reading is audited."""
    row, description = await grievances.read(desk, operator, grievance_id)
    return GrievanceWhole(**_shown(row, desk.clock.now()), description=description)


@router.post("/{grievance_id}/acknowledge", responses=error_responses(NotFound))
async def post_acknowledge(desk: TheDesk, operator: Handler, grievance_id: InPath) -> GrievanceOut:
    """Tells the lender that a person has it."""
    row = await grievances.acknowledge(desk, operator, grievance_id)
    return GrievanceOut(**_shown(row, desk.clock.now()))


@router.post("/{grievance_id}/resolve", responses=error_responses(NotFound, GrievanceResolved))
async def post_resolve(desk: TheDesk, operator: Handler, grievance_id: InPath, body: ResolutionIn) -> GrievanceOut:
    """Ends it with an answer to the lender."""
    row = await grievances.resolve(desk, operator, grievance_id, body.resolution)
    return GrievanceOut(**_shown(row, desk.clock.now()))
