"""Calls to the services that own things; admin decides who may ask, they decide what happens."""

from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from altscore_libs.errors import InvalidRequest, NotFound, Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient

from altscore_admin.errors import PartnerRefused

_PAGE = 500
REFUSALS = (InvalidRequest, NotFound, PartnerRefused, Unavailable)


class Contact(NamedTuple):
    """A retailer, and the confirmed phone of record in the distributor's own ledger; None when there is none."""

    retailer_id: str
    contact_ref: str | None


@dataclass(frozen=True)
class Owners:
    """The five services that admin calls."""

    ingestion: ServiceClient
    score: ServiceClient
    consent: ServiceClient
    vault: ServiceClient
    audit: ServiceClient

    async def put_distributor(self, distributor_id: str, name: str, csr_pem: str) -> dict[str, Any]:
        """Onboards at ingestion; secrets stand in the first answer alone."""
        return await _call(
            self.ingestion,
            "PUT",
            f"/internal/admin/distributors/{distributor_id}",
            json={"name": name, "csr_pem": csr_pem},
        )

    async def open_backfill(self, distributor_id: str, hours: int) -> str:
        """Opens the window; returns when it closes."""
        path = f"/internal/admin/distributors/{distributor_id}/backfill"
        answer = await _call(self.ingestion, "POST", path, json={"hours": hours}, retry_safe=True)
        return str(answer["open_until"])

    async def put_lender(self, lender_id: str, name: str) -> dict[str, Any]:
        """Onboards at score; the secret stands in the first answer alone."""
        return await _call(self.score, "PUT", f"/internal/admin/lenders/{lender_id}", json={"name": name})

    async def order_access(self, lender_id: str, kind: str, order: dict[str, Any]) -> dict[str, Any]:
        """An order about a lender's access, carried out once by its id; a secret stands in the first answer alone."""
        path = f"/internal/admin/lenders/{lender_id}/{kind}"
        return await _call(self.score, "POST", path, json=order, retry_safe=kind != "rotate-secret")

    async def retailers(self, distributor_id: str, after: str | None) -> tuple[list[Contact], str | None]:
        """A page of the distributor's retailers, and where the next one begins."""
        params: dict[str, Any] = {"limit": _PAGE} | ({"after": after} if after else {})
        answer = await _call(
            self.vault, "GET", f"/internal/admin/distributors/{distributor_id}/retailers", params=params
        )
        page = [Contact(str(item["retailer_id"]), item.get("contact_ref")) for item in answer["retailers"]]
        return page, answer.get("next")

    async def confirm_phone(self, retailer_id: str, distributor_id: str) -> str:
        """Confirms the phone that a distributor's ledger holds for a retailer; returns its contact_ref."""
        path = f"/internal/admin/retailers/{retailer_id}/phones/confirm"
        answer = await _call(self.vault, "POST", path, json={"distributor_id": distributor_id}, retry_safe=True)
        return str(answer["contact_ref"])

    async def invite(self, invite: dict[str, Any]) -> bool:
        """Opens an invite; False when it was open."""
        answer = await _call(self.consent, "POST", "/internal/admin/invites", json=invite, retry_safe=True)
        return bool(answer["created"])

    async def audit_entries(self, params: dict[str, Any]) -> dict[str, Any]:
        """A page of the audit chain."""
        return await _call(self.audit, "GET", "/internal/entries", params=params)


async def _call(client: ServiceClient, method: str, path: str, **more: Any) -> dict[str, Any]:
    try:
        answer = await client.call(method, path, **more)
    except RemoteError as error:
        _refuse(error)
    if not isinstance(answer, dict):
        raise Unavailable("another service gave no usable answer")
    return answer


def _refuse(error: RemoteError) -> NoReturn:
    detail = f"the owning service answers {error.code or error.status}"
    if error.status == 400:
        raise InvalidRequest(detail) from error
    if error.status == 404:
        raise NotFound(detail) from error
    if error.status == 409:
        raise PartnerRefused(detail) from error
    raise Unavailable(
        detail
    ) from error  # it refuses our certificate, is overloaded, or broken: not the operator's doing
