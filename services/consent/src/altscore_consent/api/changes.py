"""Grant and revoke (API §04)."""

import json
from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.clock import Clock
from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import refusals
from altscore_libs.types import IsoInstant, StrictModel
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends, Request
from pydantic import BaseModel, Field, StringConstraints, model_validator

from altscore_consent.api.ids import RetailerId
from altscore_consent.api.parts import (
    Caller,
    ConsentId,
    ContactRef,
    DistributorId,
    InviteId,
    KeyedHash,
    LenderId,
    Purpose,
    TheAuthority,
)
from altscore_consent.domain import PROCESSING_HALT, Answer, Withdrawal
from altscore_consent.errors import AnswerOutdated, ConsentUnknown, InviteClosed, InviteMismatch, InviteUnknown

router = make_router(tags=["consent"], responses=refusals(Forbidden, Unavailable))
Reason = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]


class GrantRequest(StrictModel):
    """An affirmative; `wa_message_id` is the keyed hash of the message's id, `retailer_phone_hash` is not kept.

    `contact_ref` names the phone that answered: it must be the one that the invite was put to.
    """

    retailer_phone_hash: KeyedHash | None = None
    retailer_id: RetailerId
    invite_id: InviteId
    contact_ref: ContactRef
    distributor_id: DistributorId
    lender_scope: list[LenderId] = Field(min_length=1, max_length=50)
    purpose: Purpose
    consent_channel: Literal["whatsapp"]
    wa_message_id: KeyedHash
    sent_at: IsoInstant


class GrantResponse(BaseModel):
    """The signed consent."""

    consent_id: str
    retailer_id: str
    signed_at: datetime
    expires_at: datetime
    signature: str
    key_id: str


class RevokeRequest(StrictModel):
    """A withdrawal of one consent, or of all of a retailer's (then open invites are declined too)."""

    retailer_id: RetailerId | None = None
    consent_id: ConsentId | None = None
    reason: Reason
    wa_message_id: KeyedHash | None = None
    sent_at: IsoInstant | None = None

    @model_validator(mode="after")
    def _names_exactly_one(self) -> "RevokeRequest":
        if (self.retailer_id is None) == (self.consent_id is None):
            raise ValueError("name either retailer_id or consent_id")
        return self


class RevokeResponse(BaseModel):
    """What ended; `outdated` means that a HAAN sent later stands."""

    status: Literal["revoked", "outdated"]
    consent_id: str | None
    revoked: list[str]
    declined: list[str]
    processing_halt_by: datetime


@router.post(
    "/v1/consent/grant",
    dependencies=[Depends(allow_callers("webhook"))],
    responses=refusals(InviteUnknown, InviteMismatch, InviteClosed, AnswerOutdated),
)
async def grant(body: GrantRequest, authority: TheAuthority, caller: Caller) -> GrantResponse:
    """Records a HAAN; the same message again returns the same consent."""
    answer = Answer(
        invite_id=body.invite_id,
        retailer_id=body.retailer_id,
        distributor_id=body.distributor_id,
        contact_ref=body.contact_ref,
        lender_scope=tuple(body.lender_scope),
        purpose=body.purpose,
        channel=body.consent_channel,
        message_hash=body.wa_message_id,
        sent_at=body.sent_at,
    )
    record = await authority.grant(answer, actor=caller)
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
    responses=refusals(ConsentUnknown),
)
async def revoke(body: RevokeRequest, request: Request, authority: TheAuthority, caller: Caller) -> RevokeResponse:
    """Withdraws; processing halts within the hour, serving within seconds."""
    clock: Clock = request.app.state.clock
    retailer_id = body.retailer_id or await authority.retailer_of(body.consent_id or "")
    withdrawal = Withdrawal(
        retailer_id=retailer_id,
        reason=body.reason,
        requested_by=caller,
        said_at=body.sent_at or clock.now(),
        message_hash=body.wa_message_id,
        consent_id=body.consent_id,
    )
    done = await authority.revoke(withdrawal)
    return RevokeResponse(
        status="outdated" if done.is_outdated else "revoked",
        consent_id=body.consent_id,
        revoked=list(done.revoked),
        declined=list(done.declined),
        processing_halt_by=done.at + PROCESSING_HALT,
    )
