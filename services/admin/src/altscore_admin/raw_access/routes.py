"""Access to raw data, which another super admin approves, and what may be read while it runs."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import ApprovalConflict
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.partners.schemas import DISTRIBUTOR_PATTERN
from altscore_admin.raw_access.domain import KIND
from altscore_admin.raw_access.schemas import IdentityOut, LedgerOut, RawAccessIn
from altscore_admin.retailers.routes import RetailerId

router = make_router(prefix="/v1/admin", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS))
Requester = Annotated[Operator, Depends(require(Permission.RAW_ACCESS, is_sensitive=True))]
Reader = Annotated[Operator, Depends(require(Permission.RAW_ACCESS))]


@router.post("/raw-access", status_code=202, responses=error_responses(ApprovalConflict))
async def post_raw_access(services: ServicesDependency, operator: Requester, body: RawAccessIn) -> RequestedOut:
    """Requests to see who a retailer is, or a distributor's retailers; another super admin approves it."""
    request = await services.approvals.ask(operator, kind=KIND, subject=body.subject, content=body.content())
    return requested_out(request)


@router.get("/retailers/{retailer_id}/identity")
async def get_identity(
    services: ServicesDependency,
    operator: Reader,
    retailer_id: RetailerId,
    distributor_id: Annotated[
        str | None, Query(pattern=DISTRIBUTOR_PATTERN, description="Under an access to this distributor's retailers.")
    ] = None,
) -> IdentityOut:
    """Phone, GSTIN and shop name in the clear, while an access of the operator runs; each reading is audited."""
    ledgers, access = await services.raw_access.identity(operator, retailer_id, distributor_id)
    return IdentityOut(
        retailer_id=retailer_id,
        ledgers=[LedgerOut.model_validate(ledger) for ledger in ledgers],
        approval_id=access.approval_id,
        approved_by=access.approved_by,
        ends_at=access.ends_at,
    )
