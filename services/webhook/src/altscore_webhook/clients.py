"""Calls to vault and consent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.identifiers import Phone

NOT_FOUND, CONFLICT = 404, 409


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite as consent shows it."""

    invite_id: str
    retailer_id: str
    distributor_id: str
    lender_scope: tuple[str, ...]
    purpose: str

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Invite":
        """From consent's answer."""
        return cls(
            body["invite_id"],
            body["retailer_id"],
            body["distributor_id"],
            tuple(body["lender_scope"]),
            body["purpose"],
        )


class Vault:
    """Who stands behind a phone number."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def retailers_of(self, phone: Phone) -> list[str]:
        """Retailers with this number, sorted; a number may be shared."""
        body = await self._client.call(
            "POST", "/internal/phones/resolve", json={"phone": phone.get_secret_value()}, retry_safe=True
        )
        return sorted({one["retailer_id"] for one in body["retailers"]})


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

    async def grant(self, invite: Invite, message_hash: str, sent_at: datetime) -> str | None:
        """Reports a HAAN; returns the code of a refusal that is an answer, None when consent stands."""
        body = {
            "retailer_id": invite.retailer_id,
            "invite_id": invite.invite_id,
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

    async def unclear(self, retailer_id: str, invite_id: str | None, message_hash: str) -> None:
        """Reports a reply that is neither."""
        body = {"retailer_id": retailer_id, "message_hash": message_hash}
        if invite_id is not None:
            body["invite_id"] = invite_id
        await self._client.call("POST", "/internal/replies/unclear", json=body, retry_safe=True)
