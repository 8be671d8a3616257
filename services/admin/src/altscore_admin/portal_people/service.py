"""Operators decide who may sign in at the portal; the portal keeps the people, admin keeps nothing of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, FieldError, InvalidRequest, NotFound
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.service import Approved
from altscore_admin.clients import UpstreamClients
from altscore_admin.operators.domain import Operator
from altscore_admin.partners.store import distributor_name, lender_name, unknown_lenders

Protocol = Literal["oidc", "saml"]
_APPROVED_FIELDS: Mapping[Protocol, tuple[str, ...]] = {
    "oidc": ("draft_id", "issuer", "client_id"),
    "saml": ("draft_id", "protocol", "entity_id", "sso_url", "certificates_sha256", "email_attribute"),
}


class Organisation(NamedTuple):
    """A distributor or a lender."""

    kind: Literal["distributor", "lender"]
    organisation_id: str


@dataclass(frozen=True)
class PortalPeopleService:
    """Says who of distributors and lenders may sign in, and where."""

    pool: asyncpg.Pool
    outbox: Outbox
    upstream: UpstreamClients

    async def enrol(self, operator: Operator, organisation: Organisation, person: dict[str, Any]) -> dict[str, Any]:
        """Lets a person of an organisation sign in; nothing of the person enters the audit but their id.

        Raises:
            NotFound: no such distributor or lender.
            InvalidRequest: a lender that is not onboarded, or what the portal does not take.
            UpstreamRefused: the address is enrolled for another organisation.
        """
        name = await self._name(organisation)
        async with transaction(self.pool) as connection:
            if await unknown_lenders(connection, person.get("lender_scope") or []):
                raise InvalidRequest(
                    "every lender must be onboarded", errors=[FieldError("lender_scope", "names an unknown lender")]
                )
        order = {**organisation._asdict(), "organisation_name": name, **person}
        details = {"kind": "portal_enrolment"}
        async with self._refusals_audited(operator, organisation, details):
            answer = await self.upstream.enrol(order)
        await self._audit(operator, organisation, "ok", details={**details, "person_id": str(answer["person_id"])})
        return answer

    async def listed(self, operator: Operator, organisation: Organisation, params: dict[str, Any]) -> dict[str, Any]:
        """A page of an organisation's people, masked by the portal; audited first."""
        await self._audit(operator, organisation, "requested", details={"kind": "portal_people"})
        return await self.upstream.people(organisation.kind, organisation.organisation_id, params)

    async def change(
        self, operator: Operator, organisation: Organisation, person_id: str | None, *, change: str
    ) -> dict[str, Any]:
        """Suspends or reactivates one person, or everybody of an organisation; open sessions end with it.

        `end-sessions` ends them alone, `remove` (of one person) takes their contacts away as well.

        Raises:
            NotFound: nobody of that organisation.
        """
        subject = organisation.organisation_id + ("" if person_id is None else f"/people/{person_id}")
        kind = f"portal_{change.replace('-', '_')}"
        details = {"kind": kind, **({} if person_id is None else {"person_id": person_id})}
        async with self._refusals_audited(operator, organisation, details):
            answer = await self.upstream.change_portal_access(organisation.kind, subject, change)
        await self._audit(operator, organisation, "ok", details=details)
        return answer

    async def draft_provider(
        self, operator: Operator, organisation: Organisation, provider: dict[str, Any], *, protocol: Protocol
    ) -> dict[str, Any]:
        """Has the portal keep a provider that signs nobody in.

        Returns:
            What a second person shall approve: without a secret, certificates by their digests.

        Raises:
            NotFound: no such distributor or lender.
            InvalidRequest: what the portal does not take.
        """
        name = await self._name(organisation)
        stated = {**provider, "organisation_name": name}
        details = {"kind": f"{organisation.kind}_provider_draft"}
        async with self._refusals_audited(operator, organisation, details):
            draft = await self.upstream.draft_provider(*organisation, stated, is_saml=protocol == "saml")
        await self._audit(operator, organisation, "ok", details={**details, "draft_id": str(draft["draft_id"])})
        return {field: draft[field] for field in _APPROVED_FIELDS[protocol]}

    async def provider_approved(self, _connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Has the portal use a lender's provider, as two persons want it; the portal does it once for a draft."""
        return await self._activate(Organisation("lender", approved.subject), approved)

    async def distributor_provider_approved(
        self, _connection: asyncpg.Connection, approved: Approved
    ) -> Mapping[str, Any]:
        """As `provider_approved`, of a distributor."""
        return await self._activate(Organisation("distributor", approved.subject), approved)

    async def _activate(self, organisation: Organisation, approved: Approved) -> Mapping[str, Any]:
        stated = dict(approved.fields)
        details = {"kind": f"{organisation.kind}_provider", "draft_id": str(stated["draft_id"])}
        async with self._refusals_audited(approved.operator, organisation, details):
            answer = await self.upstream.activate_provider(*organisation, stated)
        await self._audit(approved.operator, organisation, "ok", details=details)
        return {"sessions_ended": int(answer["sessions_ended"])}

    async def provider(self, operator: Operator, organisation: Organisation) -> dict[str, Any]:
        """Where an organisation's people sign in by a provider of its own; audited first.

        Raises:
            NotFound: it has none.
        """
        await self._audit(operator, organisation, "requested", details={"kind": f"{organisation.kind}_provider_read"})
        return await self.upstream.identity_provider(*organisation)

    async def _name(self, organisation: Organisation) -> str:
        read = distributor_name if organisation.kind == "distributor" else lender_name
        async with transaction(self.pool) as connection:
            name = await read(connection, organisation.organisation_id)
        if name is None:
            raise NotFound(f"no such {organisation.kind}")
        return name

    @asynccontextmanager
    async def _refusals_audited(
        self, operator: Operator, organisation: Organisation, details: dict[str, str]
    ) -> AsyncIterator[None]:
        """Around a call of the portal, which is audited before it is sent."""
        await self._audit(operator, organisation, "requested", details=details)
        try:
            yield
        except AltScoreError as error:
            await self._audit(operator, organisation, "refused", reason=error.code, details=details)
            raise

    async def _audit(
        self,
        operator: Operator,
        organisation: Organisation,
        outcome: str,
        *,
        details: dict[str, str],
        reason: str | None = None,
    ) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "admin_action",
                actor=operator.operator_id,
                subject=organisation.organisation_id,
                outcome=outcome,
                reason=reason,
                details=details,
            )
