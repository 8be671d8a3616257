"""Requests that wait for another person: read, approved, rejected."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest, NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query

from altscore_admin.approvals.schemas import (
    ApprovalOut,
    ApprovalsIn,
    ApprovalsOut,
    ApproveIn,
    RejectIn,
    approval_out,
    page_of,
)
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import ApprovalConflict, ApprovalInProgress, SameOperator
from altscore_admin.operators.domain import Operator, Permission

router = make_router(prefix="/v1/admin/approvals", responses=error_responses(*SIGN_IN_ERRORS, InvalidRequest))
ApprovalId = Annotated[str, Path(pattern=r"^apr_[0-9a-f]{32}$")]
Reader = Annotated[Operator, Depends(require(Permission.READ_APPROVALS))]
# Which permission an approval needs depends on its kind; the service demands it.
Approver = Annotated[Operator, Depends(require(Permission.READ_APPROVALS, is_sensitive=True))]
_CONFLICTS = error_responses(*UPSTREAM_ERRORS, NotFound, SameOperator, ApprovalConflict, ApprovalInProgress)


@router.get("")
async def get_approvals(
    services: ServicesDependency, operator: Reader, query: Annotated[ApprovalsIn, Query()]
) -> ApprovalsOut:
    """Requests in a state, the newest first."""
    requests = await services.approvals.page(operator, query.state, before=query.before(), limit=query.limit)
    return page_of(requests, query.limit)


@router.get("/{approval_id}", responses=error_responses(NotFound))
async def get_approval(services: ServicesDependency, operator: Reader, approval_id: ApprovalId) -> ApprovalOut:
    """One request with everything that its approver approves."""
    return approval_out(await services.approvals.read(operator, approval_id))


@router.post("/{approval_id}/approve", responses=_CONFLICTS)
async def post_approve(
    services: ServicesDependency, operator: Approver, approval_id: ApprovalId, body: ApproveIn
) -> ApprovalOut:
    """Carries out another person's request, once; repeated, it answers the same. A failure leaves it open."""
    return approval_out(await services.approvals.approve(operator, approval_id, body.content_sha256))


@router.post("/{approval_id}/reject", responses=_CONFLICTS)
async def post_reject(
    services: ServicesDependency, operator: Approver, approval_id: ApprovalId, body: RejectIn
) -> ApprovalOut:
    """Ends an open request; the person who made it withdraws it so."""
    return approval_out(await services.approvals.reject(operator, approval_id, body.reason))
