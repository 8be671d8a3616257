"""The endpoint that exports what is held of a retailer."""

from altscore_libs.errors import Conflict, Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.vault.dependencies import CallerDep, ServicesDep
from altscore_ingestion.vault.exports.schemas import (
    ExportIn,
    ExportOut,
    HeldLedgerOut,
    HeldRetailerOut,
    RevealedLedgerOut,
    RevealIn,
    RevealOut,
)
from altscore_ingestion.vault.phones.schemas import RetailerPath

router = strict_router(prefix="/internal/admin", responses=error_responses(Forbidden, Unavailable))


@router.post(
    "/retailers/{retailer_id}/export",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(NotFound, Conflict),
)
async def post_export(services: ServicesDep, caller: CallerDep, retailer_id: RetailerPath, body: ExportIn) -> ExportOut:
    """Everything that the vault holds of a retailer, in the clear, for their request of access."""
    export = await services.exports.export(retailer_id, body.request_id, caller=caller)
    return ExportOut(
        retailers=[HeldRetailerOut.model_validate(retailer._asdict()) for retailer in export.retailers],
        ledgers=[
            HeldLedgerOut(
                distributor_id=ledger.distributor_id,
                retailer_id=ledger.retailer_id,
                gst=ledger.gst,
                phone=ledger.phone,
                shop_name=ledger.shop_name,
                gst_status=ledger.gst_status,
                phone_confirmed=ledger.is_phone_confirmed,
                updated_at=ledger.updated_at,
            )
            for ledger in export.ledgers
        ],
        refused_rows=export.refused_rows,
    )


@router.post(
    "/retailers/{retailer_id}/reveal",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(NotFound),
)
async def post_reveal(services: ServicesDep, caller: CallerDep, retailer_id: RetailerPath, body: RevealIn) -> RevealOut:
    """Phone, GSTIN and name of a shop in the clear, for an operator whose access another one approved."""
    ledgers = await services.exports.reveal(
        retailer_id, body.approval_id, distributor_id=body.distributor_id, caller=caller
    )
    return RevealOut(
        ledgers=[
            RevealedLedgerOut(
                distributor_id=ledger.distributor_id, gst=ledger.gst, phone=ledger.phone, shop_name=ledger.shop_name
            )
            for ledger in ledgers
        ]
    )
