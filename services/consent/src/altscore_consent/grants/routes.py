"""Grant and revoke (API §04)."""

import json

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_consent.dependencies import Caller, TheServices
from altscore_consent.errors import (
    AnswerOutdated,
    ConfirmationNeeded,
    ConsentUnknown,
    EvidenceInvalid,
    InviteClosed,
    InviteMismatch,
    InviteUnknown,
    RecordDamaged,
    RetailerErased,
)
from altscore_consent.grants.domain import PROCESSING_HALT, Affirmative, WithdrawalRequest
from altscore_consent.grants.schemas import GrantRequest, GrantResponse, RevokeRequest, RevokeResponse

router = make_router(tags=["consent"], responses=error_responses(Forbidden, Unavailable))
WEBHOOK = "webhook"


@router.post(
    "/v1/consent/grant",
    dependencies=[Depends(allow_callers("webhook"))],
    responses=error_responses(
        EvidenceInvalid,
        InviteUnknown,
        InviteMismatch,
        InviteClosed,
        AnswerOutdated,
        ConfirmationNeeded,
        RecordDamaged,
        RetailerErased,
    ),
)
async def grant(body: GrantRequest, services: TheServices, caller: Caller) -> GrantResponse:
    """Records a proven HAAN; the same message again returns the same consent."""
    proof = await services.evidence.prove_grant(
        body.delivery.delivery(), invite_id=body.invite_id, sent_at=body.sent_at, retailer_id=body.retailer_id
    )
    answer = Affirmative(
        invite_id=body.invite_id,
        retailer_id=body.retailer_id,
        distributor_id=body.distributor_id,
        contact_ref=body.contact_ref,
        lender_scope=tuple(body.lender_scope),
        purpose=body.purpose,
        channel=body.consent_channel,
        message_hash=body.wa_message_id,
        sent_at=body.sent_at,
        proof=proof,
    )
    record = await services.consents.grant(answer, actor=caller)
    content = json.loads(record.record)
    return GrantResponse(
        consent_id=record.consent_id,
        retailer_id=record.retailer_id,
        signed_at=content["signed_at"],
        expires_at=content["expires_at"],
        signature=record.signature.hex(),
        key_id=content["key_id"],
    )


@router.post(
    "/v1/consent/revoke",
    dependencies=[Depends(allow_callers("webhook", "admin"))],
    responses=error_responses(ConsentUnknown, EvidenceInvalid),
)
async def revoke(body: RevokeRequest, services: TheServices, caller: Caller) -> RevokeResponse:
    """Withdraws; processing halts within the hour, serving within seconds."""
    proof = None
    if caller == WEBHOOK or body.delivery is not None:
        delivery = body.delivery.delivery() if body.delivery is not None else None
        proof = await services.evidence.prove_withdrawal(delivery, sent_at=body.sent_at, retailer_id=body.retailer_id)
    request = WithdrawalRequest(
        reason=body.reason,
        requested_by=caller,
        retailer_id=body.retailer_id,
        consent_id=body.consent_id,
        sent_at=body.sent_at,
        message_hash=body.wa_message_id,
        proof=proof,
    )
    revocation = await services.consents.revoke(request)
    return RevokeResponse(
        status="outdated" if revocation.is_outdated else "revoked",
        consent_id=body.consent_id,
        revoked=list(revocation.revoked),
        declined=list(revocation.declined),
        processing_halt_by=revocation.at + PROCESSING_HALT,
    )
