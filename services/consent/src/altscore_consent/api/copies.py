"""Export of a retailer's records, and the receipt of a consent."""

from typing import Annotated, Any

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends, Request
from pydantic import BaseModel, Field

from altscore_consent.api.ids import RetailerId
from altscore_consent.api.parts import Caller, ConsentId
from altscore_consent.disclosure import Disclosure
from altscore_consent.errors import ConsentUnknown, RecordDamaged

router = make_router(tags=["copies"], responses=error_responses(Forbidden, Unavailable))


def _disclosure(request: Request) -> Disclosure:
    found: Disclosure = request.app.state.disclosure
    return found


TheDisclosure = Annotated[Disclosure, Depends(_disclosure)]


class ExportedRecord(BaseModel):
    """A signed record: exactly the bytes that were signed, and the key that did."""

    consent_id: str
    kind: str
    record: str
    signature: str
    key_id: str | None


class Uses(BaseModel):
    """How often a lender was shown something under a consent."""

    consent_id: str
    lender_id: str
    uses: int
    last_at: str


class Manifest(BaseModel):
    """The signed list of what the export holds."""

    document: str
    signature: str
    key_id: str


class ExportResponse(BaseModel):
    """All records of a retailer; `altscore-consent-verify` checks it with nothing but public keys."""

    form: str = Field(alias="schema")
    retailer_id: str
    exported_at: str
    uses: list[Uses]
    records: list[ExportedRecord]
    manifest: Manifest


class ReceiptResponse(BaseModel):
    """A receipt shaped after ISO/IEC TS 27560, with the signed records it was made from."""

    schema_version: str
    receipt_id: str
    pii_principal_id: str
    consent_record: dict[str, Any]
    signed_records: list[ExportedRecord]


@router.get("/v1/consent/{retailer_id}/export", dependencies=[Depends(allow_callers("admin"))])
async def export(retailer_id: RetailerId, disclosure: TheDisclosure, caller: Caller) -> ExportResponse:
    """Every signed record of a retailer, to be kept and verified elsewhere."""
    return ExportResponse.model_validate(await disclosure.export(retailer_id, actor=caller))


@router.get(
    "/v1/consent/{consent_id}/receipt",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(ConsentUnknown, RecordDamaged),
)
async def receipt(consent_id: ConsentId, disclosure: TheDisclosure, caller: Caller) -> ReceiptResponse:
    """The receipt of one consent."""
    return ReceiptResponse.model_validate(await disclosure.receipt(consent_id, actor=caller))
