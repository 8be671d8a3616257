"""Grievances: the list with its SLAs, one with its description, acknowledged, resolved."""

from typing import Annotated

from altscore_libs.errors import NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query

from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import GrievanceResolved
from altscore_admin.grievances.schemas import (
    AssignIn,
    EvidenceOut,
    GrievanceOut,
    GrievancesIn,
    GrievancesOut,
    GrievanceWhole,
    NoteIn,
    NoteOut,
    NotesOut,
    ResolutionIn,
    grievance_out,
    grievance_whole,
    page_of,
)
from altscore_admin.operators.domain import Operator, Permission

router = make_router(prefix="/v1/admin/grievances", responses=error_responses(*SIGN_IN_ERRORS))
GrievanceId = Annotated[str, Path(pattern=r"^grv_[0-9a-f]{32}$")]
Lister = Annotated[Operator, Depends(require(Permission.LIST_GRIEVANCES))]
Handler = Annotated[Operator, Depends(require(Permission.HANDLE_GRIEVANCES))]


@router.get("")
async def get_grievances(
    services: ServicesDependency, _operator: Lister, query: Annotated[GrievancesIn, Query()]
) -> GrievancesOut:
    """Grievances with the state of their SLA; without a status those that are not resolved."""
    grievances = await services.grievances.page(
        status=query.status,
        assignee=query.assignee,
        only_overdue=query.overdue,
        after=query.after(),
        limit=query.limit,
    )
    return page_of(grievances, query.limit)


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
    """Ends it with an answer to the lender; the retailer is told what came of it, in their language."""
    grievance = await services.grievances.resolve(
        operator, grievance_id, body.resolution, outcome=body.outcome, language=body.language
    )
    return grievance_out(grievance)


@router.post("/{grievance_id}/assign", responses=error_responses(NotFound, GrievanceResolved))
async def post_assign(
    services: ServicesDependency, operator: Handler, grievance_id: GrievanceId, body: AssignIn
) -> GrievanceOut:
    """Says who handles it."""
    return grievance_out(await services.grievances.assign(operator, grievance_id, body.assignee))


@router.post("/{grievance_id}/notes", status_code=204, responses=error_responses(NotFound))
async def post_note(services: ServicesDependency, operator: Handler, grievance_id: GrievanceId, body: NoteIn) -> None:
    """Adds a note for the other handlers, kept encrypted."""
    await services.grievances.add_note(operator, grievance_id, body.note)


@router.get("/{grievance_id}/notes", responses=error_responses(NotFound))
async def get_notes(services: ServicesDependency, operator: Handler, grievance_id: GrievanceId) -> NotesOut:
    """The notes of handlers; the reading is audited."""
    notes = await services.grievances.notes(operator, grievance_id)
    return NotesOut(items=[NoteOut(**note._asdict()) for note in notes])


@router.get("/{grievance_id}/evidence", responses=error_responses(NotFound, *UPSTREAM_ERRORS))
async def get_evidence(services: ServicesDependency, operator: Handler, grievance_id: GrievanceId) -> EvidenceOut:
    """The score that was complained about, with its reasons; the reading is audited first."""
    return EvidenceOut(**(await services.grievances.evidence(operator, grievance_id))._asdict())


@router.post(
    "/{grievance_id}/request-rescoring",
    responses=error_responses(NotFound, GrievanceResolved, *UPSTREAM_ERRORS),
)
async def post_rescoring(services: ServicesDependency, operator: Handler, grievance_id: GrievanceId) -> GrievanceOut:
    """Asks for a score from corrected records."""
    return grievance_out(await services.grievances.request_rescoring(operator, grievance_id))
