"""What operators decide about a single retailer, and what they may read of one."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path

from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, Ticket, require
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.retailers.schemas import ConsentHistoryOut, PhoneConfirmIn, PhoneConfirmOut

router = make_router(prefix="/v1/admin/retailers", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS))
RetailerId = Annotated[str, Path(pattern=r"^ret_[0-9a-f]{16}$")]


@router.post("/{retailer_id}/phones/confirm")
async def post_confirm_phone(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.CONFIRM_PHONE, is_sensitive=True))],
    retailer_id: RetailerId,
    body: PhoneConfirmIn,
) -> PhoneConfirmOut:
    """Confirms a second phone of a retailer, once operations have made sure that it belongs to the retailer."""
    await services.retailers.confirm_phone(operator, retailer_id, body.distributor_id)
    return PhoneConfirmOut(retailer_id=retailer_id, distributor_id=body.distributor_id)


@router.get("/{retailer_id}/consent-history")
async def get_consent_history(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.READ_CONSENT))],
    retailer_id: RetailerId,
    x_justification_ticket: Ticket = None,
) -> ConsentHistoryOut:
    """Every invite and every signed record of a retailer; the reading is audited."""
    history = await services.retailers.consent_history(operator, retailer_id, x_justification_ticket)
    return ConsentHistoryOut(retailer_id=retailer_id, invites=history["invites"], records=history["records"])
