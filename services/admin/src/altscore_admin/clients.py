"""Calls to the services that own the data; admin decides who may ask, they decide what happens."""

from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from altscore_libs.errors import InvalidRequest, NotFound, Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient

from altscore_admin.errors import UpstreamGone, UpstreamRefused

_PAGE = 500
UPSTREAM_ERRORS = (InvalidRequest, NotFound, UpstreamRefused, Unavailable)


class Contact(NamedTuple):
    """A retailer, and the confirmed phone of record in the distributor's own ledger; None when there is none."""

    retailer_id: str
    contact_ref: str | None


@dataclass(frozen=True)
class UpstreamClients:
    """The five services that admin calls."""

    ingestion: ServiceClient
    score: ServiceClient
    consent: ServiceClient
    vault: ServiceClient
    audit: ServiceClient

    async def close(self) -> None:
        """Closes the connections to all of them."""
        for client in (self.ingestion, self.score, self.consent, self.vault, self.audit):
            await client.close()

    async def put_distributor(self, distributor_id: str, name: str, csr_pem: str) -> dict[str, Any]:
        """Onboards a distributor at ingestion; only the first response holds the secrets."""
        return await _call(
            self.ingestion,
            "PUT",
            f"/internal/admin/distributors/{distributor_id}",
            json={"name": name, "csr_pem": csr_pem},
        )

    async def open_backfill(self, distributor_id: str, hours: int) -> str:
        """Opens the window of the higher quota; returns when it closes."""
        path = f"/internal/admin/distributors/{distributor_id}/backfill"
        response = await _call(self.ingestion, "POST", path, json={"hours": hours}, retry_safe=True)
        return str(response["open_until"])

    async def set_max_amount(self, distributor_id: str, max_amount_inr: int) -> None:
        """Sets the largest amount that ingestion accepts from the distributor, whole rupees."""
        path = f"/internal/admin/distributors/{distributor_id}/max-amount"
        await _call(self.ingestion, "POST", path, json={"max_amount_inr": max_amount_inr}, retry_safe=True)

    async def rotate_connector_key(
        self, distributor_id: str, *, csr_pem: str | None, end_previous: bool
    ) -> dict[str, Any]:
        """Issues a distributor's API key and signing secret anew; not repeated, since each call issues others."""
        path = f"/internal/admin/distributors/{distributor_id}/rotate-key"
        return await _call(self.ingestion, "POST", path, json={"csr_pem": csr_pem, "end_previous": end_previous})

    async def revoke_connector(self, distributor_id: str) -> dict[str, Any]:
        """Revokes every API key and certificate of a distributor; safe to repeat."""
        path = f"/internal/admin/distributors/{distributor_id}/revoke"
        return await _call(self.ingestion, "POST", path, json={}, retry_safe=True)

    async def reprocess_quarantine(self, distributor_id: str, batch_id: str) -> dict[str, Any]:
        """Brings to Bronze what passes of a batch's quarantined records; a record is taken once.

        Not repeated here: the second answer would tell only what the first one left.
        """
        path = f"/internal/admin/distributors/{distributor_id}/quarantine/{batch_id}/reprocess"
        return await _call(self.ingestion, "POST", path, json={})

    async def put_lender(self, lender_id: str, name: str) -> dict[str, Any]:
        """Onboards a lender at score; only the first response holds the secrets."""
        return await _call(self.score, "PUT", f"/internal/admin/lenders/{lender_id}", json={"name": name})

    async def change_access(self, lender_id: str, kind: str, command: dict[str, Any]) -> dict[str, Any]:
        """Changes a lender's access, once per `order_id`; only the first response holds a new secret."""
        path = f"/internal/admin/lenders/{lender_id}/{kind}"
        return await _call(self.score, "POST", path, json=command, retry_safe=kind != "rotate-secret")

    async def retailers(self, distributor_id: str, after: str | None) -> tuple[list[Contact], str | None]:
        """A page of the distributor's retailers, and where the next page begins."""
        params: dict[str, Any] = {"limit": _PAGE} | ({"after": after} if after else {})
        response = await _call(
            self.vault, "GET", f"/internal/admin/distributors/{distributor_id}/retailers", params=params
        )
        page = [Contact(str(item["retailer_id"]), item.get("contact_ref")) for item in response["retailers"]]
        return page, response.get("next")

    async def confirm_phone(self, retailer_id: str, distributor_id: str) -> str:
        """Confirms the phone that a distributor's ledger holds for a retailer; returns its contact_ref."""
        path = f"/internal/admin/retailers/{retailer_id}/phones/confirm"
        response = await _call(self.vault, "POST", path, json={"distributor_id": distributor_id}, retry_safe=True)
        return str(response["contact_ref"])

    async def invite(self, invite: dict[str, Any]) -> bool:
        """Opens an invite; False when it was open already."""
        response = await _call(self.consent, "POST", "/internal/admin/invites", json=invite, retry_safe=True)
        return bool(response["created"])

    async def audit_entries(self, params: dict[str, Any]) -> dict[str, Any]:
        """A page of the audit chain."""
        return await _call(self.audit, "GET", "/internal/entries", params=params)

    async def search_audit(self, params: dict[str, Any]) -> dict[str, Any]:
        """A page of the search through all chains, newest first."""
        return await _call(self.audit, "GET", "/internal/search", params=params)

    async def consent_history(self, retailer_id: str) -> dict[str, Any]:
        """Every invite and every signed record of a retailer."""
        return await _call(self.consent, "GET", f"/v1/consent/{retailer_id}/history")


async def _call(client: ServiceClient, method: str, path: str, **options: Any) -> dict[str, Any]:
    try:
        response = await client.call(method, path, **options)
    except RemoteError as error:
        _refuse(error)
    if not isinstance(response, dict):
        raise Unavailable("another service gave no usable answer")
    return response


def _refuse(error: RemoteError) -> NoReturn:
    detail = f"the owning service answers {error.code or error.status}"
    kinds = {400: InvalidRequest, 404: NotFound, 409: UpstreamRefused, 410: UpstreamGone}
    # Unavailable: it refuses our certificate, is overloaded or broken; none of these is the operator's doing.
    raise kinds.get(error.status, Unavailable)(detail) from error
