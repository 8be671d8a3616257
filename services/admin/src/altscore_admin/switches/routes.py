"""Switches of serving and of ingestion, for a breach."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import ApprovalConflict
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.switches.domain import Target
from altscore_admin.switches.schemas import SwitchesOut, SwitchIn, SwitchOut, state_out
from altscore_admin.switches.service import SWITCH_ON

router = make_router(prefix="/v1/admin/switches", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS))
Reader = Annotated[Operator, Depends(require(Permission.READ_OVERVIEW))]
Switcher = Annotated[Operator, Depends(require(Permission.SWITCH_OFF, is_sensitive=True))]


@router.get("")
async def get_switches(services: ServicesDependency, _operator: Reader) -> SwitchesOut:
    """Whether lenders are served and distributors' data accepted, as far as their owners answer."""
    states = await services.switches.read()
    return SwitchesOut(items=[state_out(target, state) for target, state in states.items()])


@router.post("/{target}/off")
async def post_off(services: ServicesDependency, operator: Switcher, target: Target, body: SwitchIn) -> SwitchOut:
    """Off at once, by one person: refused with 503 by every replica within a second, until two switch it on."""
    state = await services.switches.switch_off(operator, target, reason=body.reason, ticket=body.ticket)
    return SwitchOut(target=target, **state)


@router.post("/{target}/on", status_code=202, responses=error_responses(ApprovalConflict))
async def post_on(services: ServicesDependency, operator: Switcher, target: Target, body: SwitchIn) -> RequestedOut:
    """Requests that it goes on again; another person approves it."""
    content = {"is_off": False, "reason": body.reason, "ticket": body.ticket}
    request = await services.approvals.ask(operator, kind=SWITCH_ON, subject=target.value, content=content)
    return requested_out(request)
