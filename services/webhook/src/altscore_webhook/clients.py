"""Calls to vault and consent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from altscore_libs.http_client import RemoteError, ServiceClient

from altscore_webhook.domain import Phone

NOT_FOUND, CONFLICT = 404, 409


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite as consent shows it."""

    invite_id: str
    retailer_id: str
    distributor_id: str
    lender_scope: tuple[str, ...]
    purpose: str
    contact_ref: str | None

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Invite":
        """From consent's answer."""
        return cls(
            invite_id=body["invite_id"],
            retailer_id=body["retailer_id"],
            distributor_id=body["distributor_id"],
            lender_scope=tuple(body["lender_scope"]),
            purpose=body["purpose"],
            contact_ref=body["contact_ref"],
        )


class Vault:
    """Who stands behind a phone number."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def contacts_of(self, phone: Phone) -> dict[str, str]:
        """Retailers whose confirmed phone this is, sorted, each with the contact that names the pair of both."""
        body = await self._client.call(
            "POST", "/internal/phones/resolve", json={"phone": phone.reveal()}, retry_safe=True
        )
        return dict(sorted((item["retailer_id"], item["contact_ref"]) for item in body["retailers"]))


class Consent:
    """The consent authority; every call may be repeated."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def invite(self, invite_id: str) -> Invite | None:
        """One invite, None when there is none."""
        try:
            return Invite.of(await self._client.call("GET", f"/internal/invites/{invite_id}"))
        except RemoteError as error:
            if error.status != NOT_FOUND:
                raise
            return None

    async def open_invites(self, retailer_id: str) -> list[Invite]:
        """What a typed HAAN of this retailer may answer."""
        body = await self._client.call("GET", "/internal/invites/open", params={"retailer_id": retailer_id})
        return [Invite.of(one) for one in body["invites"]]

    async def grant(self, invite: Invite, contact_ref: str, message_hash: str, sent_at: datetime) -> str | None:
        """Reports a HAAN from this contact; returns the code of a final refusal, None when consent stands."""
        body = {
            "retailer_id": invite.retailer_id,
            "invite_id": invite.invite_id,
            "contact_ref": contact_ref,
            "distributor_id": invite.distributor_id,
            "lender_scope": list(invite.lender_scope),
            "purpose": invite.purpose,
            "consent_channel": "whatsapp",
            "wa_message_id": message_hash,
            "sent_at": sent_at.isoformat(),
        }
        try:
            await self._client.call("POST", "/v1/consent/grant", json=body, retry_safe=True)
        except RemoteError as error:
            if error.status not in (NOT_FOUND, CONFLICT):
                raise
            return error.code
        return None

    async def revoke(self, retailer_id: str, message_hash: str, sent_at: datetime) -> str:
        """Reports a NAHI; `outdated` when a later HAAN stands."""
        body = {
            "retailer_id": retailer_id,
            "reason": "retailer_request",
            "wa_message_id": message_hash,
            "sent_at": sent_at.isoformat(),
        }
        answer = await self._client.call("POST", "/v1/consent/revoke", json=body, retry_safe=True)
        return str(answer["status"])

    async def unclear(self, retailer_id: str, contact_ref: str, invite_id: str | None, message_hash: str) -> None:
        """Reports a reply that is neither; consent has this contact asked again."""
        body = {"retailer_id": retailer_id, "contact_ref": contact_ref, "message_hash": message_hash}
        if invite_id is not None:
            body["invite_id"] = invite_id
        await self._client.call("POST", "/internal/replies/unclear", json=body, retry_safe=True)
