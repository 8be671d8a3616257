"""Where a lender's people sign in: kept as a draft until admin says that two operators agreed, then used."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.portal.crypto import PortalKeys
from altscore_admin.portal.lender_providers import store
from altscore_admin.portal.oidc.domain import Provider
from altscore_admin.portal.people import store as people
from altscore_admin.portal.people.domain import Organisation
from altscore_admin.portal.sessions import store as sessions

# Longer than a request waits for its second person (24 hours at admin).
DRAFT_LIFETIME = timedelta(hours=25)


class Approved(NamedTuple):
    """What two persons agreed to; the draft must say exactly this."""

    draft_id: str
    issuer: str
    client_id: str


@dataclass(frozen=True)
class LenderProviderService:
    """Keeps lenders' identity providers; a secret comes in and never goes out."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PortalKeys

    async def propose(self, organisation: Organisation, provider: Provider, *, caller: str) -> str:
        """Keeps a provider that signs nobody in yet; its id. Drafts that nobody approved in time go."""
        draft_id, now, organisation_id = new_id("idp"), self.clock.now(), organisation.organisation_id
        async with transaction(self.pool) as connection:
            await store.remove_drafts(connection, now - DRAFT_LIFETIME)
            await store.add_draft(
                connection,
                draft_id=draft_id,
                organisation_id=organisation_id,
                organisation_name=organisation.name,
                issuer=provider.issuer,
                client_id=provider.client_id,
                client_secret_ciphertext=self.keys.encrypt(provider.client_secret, f"provider {organisation_id}"),
                created_at=now,
            )
            await self._audit(connection, organisation_id, "provider_proposed", caller=caller, draft_id=draft_id)
        return draft_id

    async def activate(self, organisation_id: str, approved: Approved, *, caller: str) -> int:
        """Has the lender's people sign in at the approved provider; asked again, it changes nothing.

        Every session of theirs ends, since the provider before may have opened it, and each person is bound to the
        new provider's subject at their next sign-in.

        Returns:
            How many sessions ended.

        Raises:
            NotFound: no such draft, one that is too old, or one that says something else than was approved.
        """
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            draft = await store.draft_of(connection, organisation_id, approved.draft_id)
            if draft is None:
                current = await store.configured_provider(connection, organisation_id)
                if current is not None and current["draft_id"] == approved.draft_id:
                    return 0
                raise NotFound("no such draft")
            if draft["created_at"] < now - DRAFT_LIFETIME or (draft["issuer"], draft["client_id"]) != approved[1:]:
                raise NotFound("no such draft")
            await people.put_organisation(
                connection, Organisation("lender", organisation_id, draft["organisation_name"])
            )
            await store.activate(connection, approved.draft_id, now)
            await people.unbind_subjects(connection, "lender", organisation_id)
            ended = await sessions.end_all_of_organisation(connection, "lender", organisation_id, at=now)
            await self._audit(
                connection, organisation_id, "provider_changed", caller=caller, draft_id=approved.draft_id
            )
        return ended

    async def current(self, organisation_id: str) -> asyncpg.Record:
        """The provider that is used, without its secret.

        Raises:
            NotFound: the lender has none.
        """
        async with transaction(self.pool) as connection:
            row = await store.configured_provider(connection, organisation_id)
        if row is None:
            raise NotFound("this lender has no identity provider")
        return row

    async def _audit(
        self, connection: asyncpg.Connection, organisation_id: str, outcome: str, *, caller: str, draft_id: str
    ) -> None:
        await self.outbox.audit(
            connection,
            "portal_access_changed",
            actor=caller,
            subject=organisation_id,
            outcome=outcome,
            details={"kind": "lender", "draft_id": draft_id},
        )
