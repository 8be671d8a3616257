"""Export of a retailer's records, the receipt of a consent, and the history of a retailer."""

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_consent.dependencies import Caller, ConsentId, RetailerId, TheServices
from altscore_consent.errors import ConsentUnknown, RecordDamaged
from altscore_consent.exports.schemas import (
    ExportResponse,
    HistoryResponse,
    InviteEntry,
    ReceiptResponse,
    RecordEntry,
)

router = make_router(tags=["exports"], responses=error_responses(Forbidden, Unavailable))


@router.get("/v1/consent/{retailer_id}/export", dependencies=[Depends(allow_callers("admin"))])
async def export(retailer_id: RetailerId, services: TheServices, caller: Caller) -> ExportResponse:
    """Every signed record of a retailer, to be kept and verified elsewhere."""
    return ExportResponse.model_validate(await services.exports.export(retailer_id, actor=caller))


@router.get(
    "/v1/consent/{consent_id}/receipt",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(ConsentUnknown, RecordDamaged),
)
async def receipt(consent_id: ConsentId, services: TheServices, caller: Caller) -> ReceiptResponse:
    """The receipt of one consent."""
    return ReceiptResponse.model_validate(await services.exports.receipt(consent_id, actor=caller))


@router.get("/v1/consent/{retailer_id}/history", dependencies=[Depends(allow_callers("admin"))])
async def history(retailer_id: RetailerId, services: TheServices) -> HistoryResponse:
    """Every invite and every signed record of a retailer."""
    invites, records = await services.exports.history(retailer_id)
    return HistoryResponse(
        retailer_id=retailer_id,
        invites=[InviteEntry.model_validate(invite, from_attributes=True) for invite in invites],
        records=[
            RecordEntry(
                consent_id=record.consent_id,
                kind=record.kind,
                is_verified=content is not None,
                record=content,
                signature=record.signature.hex(),
            )
            for record, content in records
        ],
    )
