"""Calls to the services that own the data; every path names the session's own organisation."""

from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from altscore_libs.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient

UPSTREAM_ERRORS = (InvalidRequest, NotFound, Unavailable)
_LENDERS = "/internal/portal/lenders"


class Contact(NamedTuple):
    """A retailer of this distributor, and the confirmed phone of its own ledgers; None when there is none."""

    retailer_id: str
    contact_ref: str | None


@dataclass(frozen=True)
class PortalClients:
    """The services that the portal calls."""

    ingestion: ServiceClient
    consent: ServiceClient
    vault: ServiceClient
    score: ServiceClient

    async def close(self) -> None:
        """Closes the connections to all of them."""
        for client in (self.ingestion, self.consent, self.vault, self.score):
            await client.close()

    async def read_ingestion(self, distributor_id: str, what: str, **page: Any) -> dict[str, Any]:
        """Sync, batches, quarantine or credentials of a distributor."""
        return await _call(self.ingestion, "GET", f"{_of(distributor_id)}/{what}", params=_present(page))

    async def retailers(self, distributor_id: str, **page: Any) -> dict[str, Any]:
        """A page of a distributor's retailers, masked by the vault."""
        return await _call(self.vault, "GET", f"{_of(distributor_id)}/retailers", params=_present(page))

    async def contacts(self, distributor_id: str, retailer_ids: list[str]) -> list[Contact]:
        """Those of these retailers that are the distributor's own."""
        path = f"{_of(distributor_id)}/contacts"
        answer = await _call(self.vault, "POST", path, json={"retailer_ids": retailer_ids}, retry_safe=True)
        return [Contact(str(item["retailer_id"]), item["contact_ref"]) for item in answer["items"]]

    async def invites(self, distributor_id: str, **page: Any) -> dict[str, Any]:
        """A page of a distributor's invites."""
        return await _call(self.consent, "GET", f"{_of(distributor_id)}/invites", params=_present(page))

    async def read_lender(self, lender_id: str, what: str, **page: Any) -> dict[str, Any]:
        """Something of a lender's dashboard; `what` is a path below the lender."""
        try:
            response = await self.score.call("GET", f"{_LENDERS}/{lender_id}/{what}", params=_present(page))
        except RemoteError as error:
            if error.code == "CONSENT_NOT_GRANTED":  # unknown, another lender's or unconsented, all alike
                raise NotFound("no such retailer in this portfolio") from error
            if error.code == "FORBIDDEN":
                raise Forbidden("the lender's access is suspended") from error
            _refuse(error)
        if not isinstance(response, dict):
            raise Unavailable("another service gave no usable answer")
        return response

    async def invite(self, distributor_id: str, invite: dict[str, Any]) -> str:
        """Opens an invite: invited, already_open, or refused by consent for this retailer."""
        try:
            answer = await self.consent.call("POST", f"{_of(distributor_id)}/invites", json=invite, retry_safe=True)
        except RemoteError as error:
            if error.status in (400, 404, 409, 410):
                return "refused"
            _refuse(error)
        if not isinstance(answer, dict):
            raise Unavailable("another service gave no usable answer")
        return "invited" if answer["created"] else "already_open"


def _of(distributor_id: str) -> str:
    return f"/internal/portal/distributors/{distributor_id}"


def _present(page: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in page.items() if value is not None}


async def _call(client: ServiceClient, method: str, path: str, **options: Any) -> dict[str, Any]:
    try:
        response = await client.call(method, path, **options)
    except RemoteError as error:
        _refuse(error)
    if not isinstance(response, dict):
        raise Unavailable("another service gave no usable answer")
    return response


def _refuse(error: RemoteError) -> NoReturn:
    kinds = {400: InvalidRequest, 404: NotFound}
    # Unavailable: it refuses our certificate, is overloaded or broken; none of these is the person's doing.
    raise kinds.get(error.status, Unavailable)("the owning service does not answer this") from error
