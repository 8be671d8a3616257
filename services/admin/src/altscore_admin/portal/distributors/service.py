"""Readings and invites of one distributor: that of the session, whatever the request says; each is audited."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound, Unavailable
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.portal.clients import Contact, PortalClients
from altscore_admin.portal.distributors import domain
from altscore_admin.portal.distributors.domain import InviteOrder, Reading
from altscore_admin.portal.errors import InvitesNotEnabled
from altscore_admin.portal.people import store as people
from altscore_admin.portal.sessions.domain import Person

MAX_CONCURRENT = 8


@dataclass(frozen=True)
class DistributorService:
    """Asks the owning services for what a person's own distributor may see."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    clients: PortalClients

    async def read(self, person: Person, what: Reading, **page: Any) -> dict[str, Any]:
        """Something of the person's distributor, audited before it is asked for.

        Args:
            person: who reads.
            what: which reading.
            page: `cursor` and `limit`; of a batch its `batch_id`.

        Raises:
            NotFound: this distributor has no such thing.
            Unavailable: the owning service does not answer.
        """
        batch_id = page.pop("batch_id", None)
        await self._audit(person, what, "requested", details={"batch_id": batch_id} if batch_id else {})
        distributor_id = person.organisation_id
        try:
            if what == "retailers":
                return await self.clients.retailers(distributor_id, **page)
            if what == "invites":
                return await self.clients.invites(distributor_id, **page)
            path = f"batches/{batch_id}" if what == "batch" else what
            return await self.clients.read_ingestion(distributor_id, path, **page)
        except NotFound:
            await self._audit(person, what, "refused", details={"batch_id": batch_id} if batch_id else {})
            raise

    async def _audit(self, person: Person, kind: str, outcome: str, *, details: dict[str, str]) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "portal_data_access",
                actor=person.person_id,
                subject=person.organisation_id,
                outcome=outcome,
                details={"kind": kind, **details},
            )

    async def invite(self, person: Person, order: InviteOrder) -> dict[str, int]:
        """Invites retailers of the person's own distributor; repeating invites nobody twice.

        Returns:
            invited, already_open, unreachable (no confirmed phone in this distributor's own ledger, decision 89),
            refused (by consent, for that retailer), unknown (no retailer of this distributor).

        Raises:
            InvitesNotEnabled: operations have named no lenders for it.
            Unavailable: vault or consent; the invites sent so far stay open.
        """
        invite, run_id = await self._begin(person, order)
        outcomes: list[str] = []
        known = 0
        try:
            contacts = await self.clients.contacts(person.organisation_id, list(order.retailer_ids))
            known = len(contacts)
            await self._send(person.organisation_id, invite, contacts, outcomes=outcomes)
        except Unavailable:
            await self._finish(person, run_id, domain.complete_counts(outcomes, 0), "interrupted")
            raise
        counts = domain.complete_counts(outcomes, len(order.retailer_ids) - known)
        await self._finish(person, run_id, counts, "ok")
        return counts

    async def _begin(self, person: Person, order: InviteOrder) -> tuple[dict[str, Any], str]:
        """What every invite of this run says."""
        run_id = new_id("ivr")
        async with transaction(self.pool) as connection:
            row = await people.organisation(connection, person.kind, person.organisation_id)
            is_enabled = row is not None and bool(row["lender_scope"]) and row["purpose"] is not None
            await self.outbox.audit(
                connection,
                "portal_action",
                actor=person.person_id,
                subject=person.organisation_id,
                outcome="requested" if is_enabled else "refused",
                reason=None if is_enabled else InvitesNotEnabled.code,
                details={"kind": "invites", "run_id": run_id, "retailers": str(len(order.retailer_ids))},
            )
        if row is None or not is_enabled:
            raise InvitesNotEnabled("operations have not said yet for which lenders you may invite")
        invite = {
            "distributor_name": row["name"],
            "lender_scope": list(row["lender_scope"]),
            "purpose": row["purpose"],
            "language": order.language,
        }
        return invite, run_id

    async def _send(
        self, distributor_id: str, invite: dict[str, Any], contacts: list[Contact], *, outcomes: list[str]
    ) -> None:
        """Adds what became of each to `outcomes`, also where another one fails."""
        limit = asyncio.Semaphore(MAX_CONCURRENT)

        async def send(contact: Contact) -> str:
            if contact.contact_ref is None:
                return "unreachable"
            whom = {"retailer_id": contact.retailer_id, "contact_ref": contact.contact_ref}
            async with limit:
                return await self.clients.invite(distributor_id, invite | whom)

        results = await asyncio.gather(*(send(contact) for contact in contacts), return_exceptions=True)
        outcomes.extend(result for result in results if isinstance(result, str))
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _finish(self, person: Person, run_id: str, counts: dict[str, int], outcome: str) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "portal_action",
                actor=person.person_id,
                subject=person.organisation_id,
                outcome=outcome,
                details={"kind": "invites", "run_id": run_id} | {kind: str(count) for kind, count in counts.items()},
            )
