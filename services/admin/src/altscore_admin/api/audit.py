"""The audit log for people: read through the audit service, and every reading is itself audited."""

from typing import Annotated, Any, Literal

from altscore_libs.db import transaction
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Header, Query
from pydantic import BaseModel

from altscore_admin import clients
from altscore_admin.api.auth import REFUSALS, TheDesk, require
from altscore_admin.operators import Operator
from altscore_admin.roles import Permission

router = make_router(prefix="/v1/admin/audit", responses=error_responses(*REFUSALS, *clients.REFUSALS))


class AuditEventsOut(BaseModel):
    """A page of a chain as the audit service keeps it; `next` is the `after` of the following page."""

    events: list[dict[str, Any]]
    next: int | None


@router.get("/events")
async def get_events(
    desk: TheDesk,
    operator: Annotated[Operator, Depends(require(Permission.READ_AUDIT))],
    *,
    chain: Literal["general", "failed_auth"] = "general",
    after: Annotated[int, Query(ge=0, le=2**53 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    action: Annotated[str | None, Query(pattern=r"^[a-z0-9_.]{1,64}$")] = None,
    x_justification_ticket: Annotated[str | None, Header(pattern=r"^[A-Za-z0-9-]{1,64}$")] = None,
) -> AuditEventsOut:
    """Entries behind `after`, in the chain's order."""
    asked = {"chain": chain, "after": str(after), "limit": str(limit)} | ({"action": action} if action else {})
    async with transaction(desk.pool) as connection:  # durable before anything is shown
        await desk.outbox.audit(
            connection,
            "admin_data_access",
            actor=operator.operator_id,
            subject="audit_log",
            outcome="ok",
            details={**asked, "justification_ticket": x_justification_ticket or "none"},
        )
    answer = await desk.owners.audit_entries(dict(asked))
    return AuditEventsOut(events=answer["entries"], next=answer["next"])
