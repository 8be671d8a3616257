"""Endpoints about retailers and ledgers; each allows the one caller that needs it."""

import base64

from altscore_libs.errors import FieldError, Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.vault.dependencies import CallerDep, ServicesDep
from altscore_ingestion.vault.identities.domain import LedgerClaim, StoredIdentity
from altscore_ingestion.vault.identities.schemas import (
    ErasedIn,
    ErasedOut,
    IdentitiesIn,
    IdentitiesOut,
    IdentityOut,
    LookupIn,
    LookupOut,
    MapIn,
    MapOut,
    MappedOut,
)

router = strict_router(prefix="/internal", responses=error_responses(Forbidden, Unavailable))


@router.post("/identities", dependencies=[Depends(allow_callers("ingestion"))])
async def post_identities(services: ServicesDep, caller: CallerDep, body: IdentitiesIn) -> IdentitiesOut:
    """Stores the ledgers of a batch and answers with tokens and encrypted identities."""
    references = {item.retailer_ref for item in body.identities}
    if len(references) != len(body.identities):
        raise InvalidRequest("a ledger is named twice", errors=[FieldError("identities", "retailer_ref repeats")])
    claims = [
        LedgerClaim(retailer_ref=item.retailer_ref, gst=item.gst, phone=item.phone, shop_name=item.shop_name)
        for item in body.identities
    ]
    stored = await services.identities.store(body.distributor_id, claims, caller=caller, keeps_known=body.keeps_known)
    return IdentitiesOut(
        identities=[_identity_out(identity) for identity in stored.identities],
        erased=list(stored.erased_refs),
        not_intact=list(stored.not_intact_refs),
    )


def _identity_out(identity: StoredIdentity) -> IdentityOut:
    return IdentityOut.model_validate(
        {
            "retailer_ref": identity.retailer_ref,
            "subject_token": identity.subject_token.hex(),
            "sealed_identity": base64.b64encode(identity.encrypted_identity).decode("ascii"),
            "gst_status": identity.gst_status,
        }
    )


@router.post("/identities/erased", dependencies=[Depends(allow_callers("ingestion"))])
async def post_erased(services: ServicesDep, caller: CallerDep, body: ErasedIn) -> ErasedOut:
    """Which of these ledgers belonged to retailers who were erased."""
    tokens = [bytes.fromhex(token) for token in body.subject_tokens]
    erased = await services.identities.erased_tokens(tokens, caller=caller)
    return ErasedOut(erased=[token.hex() for token in erased])


@router.post("/identities/map", dependencies=[Depends(allow_callers("pipeline"))])
async def post_map(services: ServicesDep, caller: CallerDep, body: MapIn) -> MapOut:
    """All tokens of the given retailers."""
    mappings = await services.identities.map_tokens(body.retailer_ids, caller=caller)
    return MapOut(
        map=[
            MappedOut(
                subject_token=mapping.subject_token.hex(),
                retailer_id=mapping.retailer_id,
                gst_verified=mapping.is_gst_verified,
                gst_state=mapping.gst_state,
            )
            for mapping in mappings
        ]
    )


@router.post("/lookup", dependencies=[Depends(allow_callers("score"))])
async def post_lookup(services: ServicesDep, caller: CallerDep, body: LookupIn) -> LookupOut:
    """The retailer of a GSTIN; null when no retailer of ours has it."""
    return LookupOut(retailer_id=await services.identities.look_up(body.gst, caller=caller))
