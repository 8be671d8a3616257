"""Months of the audit log: what is kept, what is due, what was deleted by whose decision."""

from typing import Annotated

from altscore_libs.errors import NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.audit_segments.schemas import Chain, DeletionIn, SegmentsOut
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, Ticket, require
from altscore_admin.errors import ApprovalConflict
from altscore_admin.operators.domain import Operator, Permission

router = make_router(prefix="/v1/admin/audit/segments", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS))


@router.get("")
async def get_segments(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.READ_AUDIT))],
    *,
    chain: Chain = "general",
    x_justification_ticket: Ticket = None,
) -> SegmentsOut:
    """The signed months of a chain, oldest first, each with its proof; those that are deleted stay."""
    answer = await services.audit_events.segments(operator, chain, x_justification_ticket)
    return SegmentsOut(segments=answer["segments"])


@router.post("/deletion", status_code=202, responses=error_responses(NotFound, ApprovalConflict))
async def post_deletion(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.DELETE_AUDIT, is_sensitive=True))],
    body: DeletionIn,
) -> RequestedOut:
    """Requests that the oldest month of a chain is deleted, which must be due; another super admin approves it."""
    request = await services.audit_segments.ask(operator, chain=body.chain, month=body.month, ticket=body.ticket)
    return requested_out(request)
