"""The switch of serving, for admin by mutual TLS."""

from uuid import UUID

from altscore_libs.errors import Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers, router, services_of
from fastapi import Depends, Request

from altscore_score.dependencies import Services
from altscore_score.switches.domain import StoredSwitch, SwitchOrder
from altscore_score.switches.schemas import SwitchRequest, SwitchResponse

_PATH = "/internal/admin/serving"
routes = router(
    tags=["Internal"],
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(InvalidRequest, Forbidden, Unavailable),
)


@routes.get(_PATH, operation_id="readServingSwitch", summary="Whether lenders are served")
async def get_serving(request: Request) -> SwitchResponse:
    """As it stands in the database."""
    return _response(await services_of(request, Services).switches.read())


@routes.post(_PATH, operation_id="switchServing", summary="Switch serving off or on")
async def post_serving(body: SwitchRequest, request: Request) -> SwitchResponse:
    """While it is off every authenticated call is refused with 503; holds at every replica within a second."""
    order = SwitchOrder(UUID(body.order_id), body.is_off, by=body.by, reason=body.reason)
    return _response(await services_of(request, Services).switches.switch(order))


def _response(stored: StoredSwitch | None) -> SwitchResponse:
    if stored is None:
        return SwitchResponse(is_off=False)
    return SwitchResponse(is_off=stored.is_off, changed_at=stored.changed_at, reason=stored.reason)
