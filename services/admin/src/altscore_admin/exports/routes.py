"""The export of everything that is held of a retailer."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Header

from altscore_admin.dependencies import SIGN_IN_ERRORS, TICKET_PATTERN, ServicesDependency, require
from altscore_admin.errors import ExportIncomplete, NoVerifiedRequest
from altscore_admin.exports.schemas import ExportOut, export_out
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.retailers.routes import RetailerId

router = make_router(prefix="/v1/admin/retailers", responses=error_responses(*SIGN_IN_ERRORS, InvalidRequest))


@router.get("/{retailer_id}/export", responses=error_responses(NoVerifiedRequest, ExportIncomplete))
async def get_export(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.HANDLE_RIGHTS, is_sensitive=True))],
    retailer_id: RetailerId,
    x_justification_ticket: Annotated[str, Header(pattern=TICKET_PATTERN)],
) -> ExportOut:
    """Everything that is held, whole or not at all, for an open and verified request of access; audited first."""
    return export_out(await services.exports.export(operator, retailer_id, x_justification_ticket))
