"""The audit log for operators."""

from typing import Annotated, Literal

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_admin.audit_events.schemas import (
    AuditEventsOut,
    AuditProofsIn,
    AuditProofsOut,
    AuditSearchIn,
    AuditSearchOut,
)
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, Ticket, require
from altscore_admin.operators.domain import Operator, Permission

router = make_router(prefix="/v1/admin/audit", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS))


@router.get("/events")
async def get_events(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.READ_AUDIT))],
    *,
    chain: Literal["general", "failed_auth"] = "general",
    after: Annotated[int, Query(ge=0, le=2**53 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    action: Annotated[str | None, Query(pattern=r"^[a-z0-9_.]{1,64}$")] = None,
    x_justification_ticket: Ticket = None,
) -> AuditEventsOut:
    """Entries behind `after`, in the chain's order."""
    query = {"chain": chain, "after": str(after), "limit": str(limit)} | ({"action": action} if action else {})
    page = await services.audit_events.read(operator, query, x_justification_ticket)
    return AuditEventsOut(events=page["entries"], next=page["next"])


@router.get("/search")
async def get_search(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.READ_AUDIT))],
    query: Annotated[AuditSearchIn, Query()],
    x_justification_ticket: Ticket = None,
) -> AuditSearchOut:
    """Entries of all chains that meet every given criterion, newest first."""
    page = await services.audit_events.search(operator, query.parameters(), x_justification_ticket)
    return AuditSearchOut(events=page["entries"], next=page["next"])


@router.get("/proofs")
async def get_proofs(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.READ_AUDIT))],
    query: Annotated[AuditProofsIn, Query()],
    x_justification_ticket: Ticket = None,
) -> AuditProofsOut:
    """Proofs that an event's, a request's or a record's entries stand in the signed log, for the offline verifier."""
    answer = await services.audit_events.proofs(operator, query.parameters(), x_justification_ticket)
    return AuditProofsOut(proofs=answer["proofs"], unsigned=answer["unsigned"])
