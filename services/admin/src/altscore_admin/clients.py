"""Calls to the services that own the data; admin decides who may ask, they decide what happens."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, NoReturn

from altscore_libs.errors import InvalidRequest, NotFound, Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient

from altscore_admin.errors import UpstreamGone, UpstreamRefused
from altscore_admin.switches.domain import SwitchCommand, Target

_PAGE = 500
PARKED, ORDERS, SUMMARY = (f"/internal/admin/parked-{name}" for name in ("events", "orders", "summary"))
ParkedOwner = Literal["score", "consent", "webhook", "notification", "scoring"]
"""Services that set events aside in a database of their own; admin itself is one too."""
UPSTREAM_ERRORS = (InvalidRequest, NotFound, UpstreamRefused, Unavailable)


class Contact(NamedTuple):
    """A retailer, and the confirmed phone of record in the distributor's own ledger; None when there is none."""

    retailer_id: str
    contact_ref: str | None


@dataclass(frozen=True)
class UpstreamClients:
    """The services that admin calls."""

    ingestion: ServiceClient
    score: ServiceClient
    consent: ServiceClient
    vault: ServiceClient
    audit: ServiceClient
    portal: ServiceClient
    webhook: ServiceClient
    notification: ServiceClient
    scoring: ServiceClient

    async def close(self) -> None:
        """Closes the connections to all of them."""
        for client in (self.ingestion, self.vault, self.audit, self.portal, *self._owners().values()):
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

    async def register_sftp_key(self, distributor_id: str, public_key: str) -> dict[str, Any]:
        """Accepts a further SSH key of a distributor; not repeated: the second answer would be a refusal."""
        path = f"/internal/admin/distributors/{distributor_id}/sftp-keys"
        return await _call(self.ingestion, "POST", path, json={"public_key": public_key})

    async def revoke_sftp_keys(self, distributor_id: str) -> int:
        """Ends every SSH key of a distributor; how many were accepted before. Safe to repeat."""
        path = f"/internal/admin/distributors/{distributor_id}/sftp-keys/revoke"
        return int((await _call(self.ingestion, "POST", path, json={}, retry_safe=True))["sftp_keys"])

    async def reprocess_quarantine(self, distributor_id: str, batch_id: str) -> dict[str, Any]:
        """Brings to Bronze what passes of a batch's quarantined records; a record is taken once.

        Not repeated here: the second answer would tell only what the first one left.
        """
        path = f"/internal/admin/distributors/{distributor_id}/quarantine/{batch_id}/reprocess"
        return await _call(self.ingestion, "POST", path, json={})

    async def put_lender(self, lender_id: str, name: str) -> dict[str, Any]:
        """Onboards a lender at score; only the first response holds the secrets."""
        return await _call(self.score, "PUT", f"/internal/admin/lenders/{lender_id}", json={"name": name})

    async def lender_access(self) -> dict[str, Any]:
        """Lenders' access at score and the orders that it carried out."""
        return await _call(self.score, "GET", "/internal/admin/lenders")

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

    async def suspend_distributor(self, distributor_id: str, *, is_suspended: bool) -> None:
        """Refuses a distributor everything, or ends that; safe to repeat."""
        path = f"/internal/admin/distributors/{distributor_id}/{'suspend' if is_suspended else 'reactivate'}"
        await _call(self.ingestion, "POST", path, json={}, retry_safe=True)

    async def read_switch(self, target: Target) -> dict[str, Any]:
        """A switch as its owner has it."""
        client, path = self._switch(target)
        return await _call(client, "GET", path)

    async def switch(self, command: SwitchCommand, *, by: str) -> dict[str, Any]:
        """Switches serving or ingestion; safe to repeat."""
        client, path = self._switch(command.target)
        order = {"order_id": command.order_id, "by": by, "reason": command.reason, "is_off": command.is_off}
        return await _call(client, "POST", path, json=order, retry_safe=True)

    def _switch(self, target: Target) -> tuple[ServiceClient, str]:
        client = self.score if target is Target.SERVING else self.ingestion
        return client, f"/internal/admin/{target.value}"

    async def reveal_identity(
        self, retailer_id: str, approval_id: str, distributor_id: str | None
    ) -> list[dict[str, Any]]:
        """What ledgers say of a retailer, in the clear; the vault audits the approval."""
        path = f"/internal/admin/retailers/{retailer_id}/reveal"
        body = {"approval_id": approval_id, "distributor_id": distributor_id}
        return list((await _call(self.vault, "POST", path, json=body, retry_safe=True))["ledgers"])

    async def parked_summary(self, owner: ParkedOwner) -> dict[str, Any]:
        """How much a service has set aside, and since when."""
        return await _call(self._owners()[owner], "GET", SUMMARY)

    async def parked_events(self, owner: ParkedOwner, *, kind: str, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """The oldest events that a service has set aside, and whether there are more."""
        response = await _call(self._owners()[owner], "GET", PARKED, params={"kind": kind, "limit": limit})
        return list(response["events"]), bool(response["has_more"])

    async def parked_event(self, owner: ParkedOwner, number: int) -> dict[str, Any]:
        """One event that a service has set aside."""
        return await _call(self._owners()[owner], "GET", f"{PARKED}/{number}")

    async def order_parked(self, owner: ParkedOwner, order: dict[str, Any]) -> dict[str, Any]:
        """Orders something about what a service has set aside; the same order again changes nothing."""
        body = {name: value for name, value in order.items() if name != "event"}
        path = f"{PARKED}/{order['event']}/orders"
        return await _call(self._owners()[owner], "POST", path, json=body, retry_safe=True)

    async def parked_order(self, owner: ParkedOwner, order_id: str) -> dict[str, Any]:
        """How an order about what a service has set aside stands."""
        return await _call(self._owners()[owner], "GET", f"{ORDERS}/{order_id}")

    def _owners(self) -> dict[ParkedOwner, ServiceClient]:
        return {
            "score": self.score,
            "consent": self.consent,
            "webhook": self.webhook,
            "notification": self.notification,
            "scoring": self.scoring,
        }

    async def audit_entries(self, params: dict[str, Any]) -> dict[str, Any]:
        """A page of the audit chain."""
        return await _call(self.audit, "GET", "/internal/entries", params=params)

    async def search_audit(self, params: dict[str, Any]) -> dict[str, Any]:
        """A page of the search through all chains, newest first."""
        return await _call(self.audit, "GET", "/internal/search", params=params)

    async def search_audit_whole(self, params: dict[str, Any], most_pages: int) -> list[dict[str, Any]]:
        """Every entry of a search.

        Raises:
            Unavailable: there are more than so many pages; a part of them is no answer.
        """
        entries: list[dict[str, Any]] = []
        query = dict(params)
        for _ in range(most_pages):
            page = await self.search_audit(query)
            entries += page["entries"]
            if page["next"] is None:
                return entries
            query["cursor"] = page["next"]
        raise Unavailable("the audit trail has too many entries about this")

    async def audit_daily_counts(self, params: dict[str, Any]) -> dict[str, Any]:
        """Entries of a range of days in India by action, producer, outcome and reason."""
        return await _call(self.audit, "GET", "/internal/daily-counts", params=params)

    async def audit_heads(self) -> dict[str, Any]:
        """Head and newest checkpoint of every chain."""
        return await _call(self.audit, "GET", "/internal/head")

    async def audit_balance(self) -> dict[str, Any]:
        """What producers sent against what arrived."""
        return await _call(self.audit, "GET", "/internal/counts")

    async def audit_segments(self, params: dict[str, Any]) -> dict[str, Any]:
        """The signed months of a chain of the audit log, oldest first, each with its proof."""
        return await _call(self.audit, "GET", "/internal/audit/segments", params=params)

    async def audit_proofs(self, params: dict[str, Any]) -> dict[str, Any]:
        """Proofs of an event's or a request's entries, for the offline verifier."""
        return await _call(self.audit, "GET", "/internal/audit/proofs", params=params)

    async def erase(self, retailer_id: str, request_id: str) -> dict[str, Any]:
        """Erases a retailer at the vault; repeated, it answers with the first certificate."""
        path = f"/internal/admin/retailers/{retailer_id}/erase"
        return await _call(self.vault, "POST", path, json={"request_id": request_id}, retry_safe=True)

    async def held_identities(self, retailer_id: str, request_id: str) -> dict[str, Any]:
        """Every ledger that the vault holds of a retailer, in the clear; kept nowhere."""
        path = f"/internal/admin/retailers/{retailer_id}/export"
        return await _call(self.vault, "POST", path, json={"request_id": request_id}, retry_safe=True)

    async def held_scores(self, retailer_id: str) -> dict[str, Any]:
        """Every signed score and every block that score holds of a retailer."""
        return await _call(self.score, "GET", f"/internal/admin/retailers/{retailer_id}/scores")

    async def request_rescoring(self, retailer_id: str, reference: str) -> int:
        """Asks for a score from the newest records; for how many lenders with a consent it was asked."""
        path = f"/internal/admin/retailers/{retailer_id}/rescoring"
        response = await _call(self.score, "POST", path, json={"reference": reference}, retry_safe=True)
        return int(response["lenders"])

    async def consent_export(self, retailer_id: str) -> dict[str, Any]:
        """Every signed record of a retailer with the signed list of them, to be verified offline."""
        return await _call(self.consent, "GET", f"/v1/consent/{retailer_id}/export")

    async def consent_history(self, retailer_id: str) -> dict[str, Any]:
        """Every invite and every signed record of a retailer."""
        return await _call(self.consent, "GET", f"/v1/consent/{retailer_id}/history")

    async def enrol(self, person: dict[str, Any]) -> dict[str, Any]:
        """Lets a person of an organisation sign in at the portal; the same address again changes that person."""
        return await _call(self.portal, "POST", "/internal/admin/people", json=person)

    async def people(self, kind: str, organisation_id: str, params: dict[str, Any]) -> dict[str, Any]:
        """A page of an organisation's people, contacts masked."""
        path = f"/internal/admin/organisations/{kind}/{organisation_id}/people"
        return await _call(self.portal, "GET", path, params=params)

    async def change_portal_access(self, kind: str, subject: str, change: str) -> dict[str, Any]:
        """Changes the access of a person or a whole organisation at the portal.

        Safe to repeat but for a removal, whose second answer would be that nobody has this id.
        """
        path = f"/internal/admin/organisations/{kind}/{subject}/{change}"
        return await _call(self.portal, "POST", path, json={}, retry_safe=change != "remove")

    async def draft_provider(
        self, kind: str, organisation_id: str, provider: dict[str, Any], *, is_saml: bool
    ) -> dict[str, Any]:
        """Keeps an organisation's identity provider as a draft; repeated, a further draft that is never used."""
        path = f"{_provider_of(kind, organisation_id)}/drafts{'/saml' if is_saml else ''}"
        return await _call(self.portal, "POST", path, json=provider, retry_safe=True)

    async def activate_provider(self, kind: str, organisation_id: str, approved: dict[str, Any]) -> dict[str, Any]:
        """Has an organisation's people sign in at the provider of a draft; safe to repeat."""
        path = f"{_provider_of(kind, organisation_id)}/activate"
        return await _call(self.portal, "POST", path, json=approved, retry_safe=True)

    async def identity_provider(self, kind: str, organisation_id: str) -> dict[str, Any]:
        """Where an organisation's people sign in by a provider of its own."""
        return await _call(self.portal, "GET", _provider_of(kind, organisation_id))


def _provider_of(kind: str, organisation_id: str) -> str:
    return f"/internal/admin/organisations/{kind}/{organisation_id}/identity-provider"


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
