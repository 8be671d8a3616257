"""Calls to vault and consent."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.identifiers import Phone

from altscore_webhook.answers.domain import Invite, ProvenAnswer

NOT_FOUND, CONFLICT = 404, 409


class VaultClient:
    """Calls to the vault, which knows whose phone a number is."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def contacts_of(self, phone: Phone) -> dict[str, str]:
        """Retailers whose confirmed phone this is, sorted, each with the contact that names the pair of both."""
        body = await self._client.call(
            "POST", "/internal/phones/resolve", json={"phone": phone.get_secret_value()}, retry_safe=True
        )
        return dict(sorted((item["retailer_id"], item["contact_ref"]) for item in body["retailers"]))


class ConsentClient:
    """Calls to consent; every call may be repeated."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def invite(self, invite_id: str) -> Invite | None:
        """One invite, None when there is none."""
        try:
            return _invite_of(await self._client.call("GET", f"/internal/invites/{invite_id}"))
        except RemoteError as error:
            if error.status != NOT_FOUND:
                raise
            return None

    async def open_invites(self, retailer_id: str) -> list[Invite]:
        """The invites that a typed HAAN of this retailer may answer."""
        body = await self._client.call("GET", "/internal/invites/open", params={"retailer_id": retailer_id})
        return [_invite_of(item) for item in body["invites"]]

    async def grant(self, invite: Invite, contact_ref: str, answer: ProvenAnswer) -> str | None:
        """Reports a HAAN from this contact; returns the code of a final refusal, None when consent is granted."""
        body = {
            "retailer_id": invite.retailer_id,
            "invite_id": invite.invite_id,
            "contact_ref": contact_ref,
            "distributor_id": invite.distributor_id,
            "lender_scope": list(invite.lender_scope),
            "purpose": invite.purpose,
            "consent_channel": "whatsapp",
            **_proof_of(answer),
        }
        try:
            await self._client.call("POST", "/v1/consent/grant", json=body, retry_safe=True)
        except RemoteError as error:
            if error.status not in (NOT_FOUND, CONFLICT):
                raise
            return error.code
        return None

    async def revoke(self, retailer_id: str, answer: ProvenAnswer) -> str:
        """Reports a NAHI; returns `revoked`, or `outdated` when there is a later HAAN."""
        body = {"retailer_id": retailer_id, "reason": "retailer_request", **_proof_of(answer)}
        result = await self._client.call("POST", "/v1/consent/revoke", json=body, retry_safe=True)
        return str(result["status"])

    async def unclear(self, retailer_id: str, contact_ref: str, invite_id: str | None, message_hash: str) -> None:
        """Reports a reply that is neither; consent has this contact asked again."""
        body = {"retailer_id": retailer_id, "contact_ref": contact_ref, "message_hash": message_hash}
        if invite_id is not None:
            body["invite_id"] = invite_id
        await self._client.call("POST", "/internal/replies/unclear", json=body, retry_safe=True)


def _proof_of(answer: ProvenAnswer) -> dict[str, Any]:
    """What identifies and proves an answer: consent verifies the delivery itself (ADR 0046)."""
    delivery = {
        "body": b64encode(answer.raw).decode(),
        "signature": answer.signature,
        "place": list(answer.place),
    }
    return {"wa_message_id": answer.message_hash, "sent_at": answer.sent_at.isoformat(), "delivery": delivery}


def _invite_of(body: Mapping[str, Any]) -> Invite:
    return Invite(
        invite_id=body["invite_id"],
        retailer_id=body["retailer_id"],
        distributor_id=body["distributor_id"],
        lender_scope=tuple(body["lender_scope"]),
        purpose=body["purpose"],
        contact_ref=body["contact_ref"],
    )
