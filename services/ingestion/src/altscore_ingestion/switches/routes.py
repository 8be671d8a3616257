"""The switch of ingestion, for admin by mutual TLS."""

from uuid import UUID

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.dependencies import ServicesDep
from altscore_ingestion.switches.domain import Switch, SwitchOrder
from altscore_ingestion.switches.schemas import SwitchIn, SwitchOut

router = strict_router(
    prefix="/internal/admin/ingestion",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(Forbidden, Unavailable),
)


@router.get("")
async def get_ingestion(services: ServicesDep) -> SwitchOut:
    """Whether batches are accepted."""
    return _out(await services.switches.read())


@router.post("")
async def post_ingestion(services: ServicesDep, body: SwitchIn) -> SwitchOut:
    """While it is off every authenticated connector is refused with 503, and files put by SFTP wait."""
    order = SwitchOrder(UUID(body.order_id), body.is_off, by=body.by, reason=body.reason)
    return _out(await services.switches.switch(order))


def _out(switch: Switch | None) -> SwitchOut:
    if switch is None:
        return SwitchOut(is_off=False)
    return SwitchOut(is_off=switch.is_off, changed_at=switch.changed_at, reason=switch.reason)
