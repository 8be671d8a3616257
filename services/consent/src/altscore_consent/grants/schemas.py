"""Bodies of grant and revoke (API §04)."""

from base64 import b64decode
from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, Field, StringConstraints, model_validator

from altscore_consent.dependencies import (
    ConsentId,
    ContactRef,
    DistributorId,
    InviteId,
    KeyedHash,
    LenderId,
    Purpose,
    RetailerId,
)
from altscore_consent.evidence.domain import Delivery

LONGEST_BODY = 4_194_304  # 3 MiB, the longest delivery that webhook takes, in Base64
Index = Annotated[int, Field(ge=0, le=10_000)]
Reason = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]


class DeliveryBody(StrictModel):
    """The provider's delivery that an answer came in: it is verified, read and forgotten."""

    body: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=LONGEST_BODY)]
    signature: Annotated[str, StringConstraints(pattern=r"^sha256=[0-9A-Fa-f]{64}$")]
    place: Annotated[list[Index], Field(min_length=3, max_length=3)]

    @model_validator(mode="after")
    def _is_base64(self) -> "DeliveryBody":
        self.raw()
        return self

    def raw(self) -> bytes:
        """The body byte by byte.

        Raises:
            ValueError: not Base64.
        """
        return b64decode(self.body, validate=True)

    def delivery(self) -> Delivery:
        """The delivery."""
        entry, change, message = self.place
        return Delivery(self.raw(), self.signature, (entry, change, message))


class GrantRequest(StrictModel):
    """An affirmative; `wa_message_id` is the keyed hash of the message's id, `retailer_phone_hash` is not kept.

    `contact_ref` names the phone that answered: it must be the one that the invite was put to. `delivery` proves it.
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
    delivery: DeliveryBody


class GrantResponse(BaseModel):
    """The signed consent."""

    consent_id: str
    retailer_id: str
    signed_at: datetime
    expires_at: datetime
    signature: str
    key_id: str


class RevokeRequest(StrictModel):
    """A withdrawal of one consent, or of all of a retailer's (then open invites are declined too).

    The webhook's comes from a message and brings the delivery that proves it.
    """

    retailer_id: RetailerId | None = None
    consent_id: ConsentId | None = None
    reason: Reason
    wa_message_id: KeyedHash | None = None
    sent_at: IsoInstant | None = None
    delivery: DeliveryBody | None = None

    @model_validator(mode="after")
    def _names_exactly_one(self) -> "RevokeRequest":
        if (self.retailer_id is None) == (self.consent_id is None):
            raise ValueError("name either retailer_id or consent_id")
        return self


class RevokeResponse(BaseModel):
    """What ended; `outdated` means that a HAAN sent later is in force."""

    status: Literal["revoked", "outdated"]
    consent_id: str | None
    revoked: list[str]
    declined: list[str]
    processing_halt_by: datetime
