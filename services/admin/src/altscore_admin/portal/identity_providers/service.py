"""Where an organisation's people sign in: kept as a draft until admin says that two operators agreed, then used."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, NotFound
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.errors import BadSignInConfiguration
from altscore_admin.portal.crypto import PortalKeys
from altscore_admin.portal.identity_providers import store
from altscore_admin.portal.identity_providers.domain import Facts, Stated, facts_of
from altscore_admin.portal.oidc.domain import Provider
from altscore_admin.portal.people import store as people
from altscore_admin.portal.people.domain import Organisation
from altscore_admin.portal.saml.domain import settings_of
from altscore_admin.portal.sessions import store as sessions
from altscore_admin.portal.sessions.domain import Kind
from altscore_admin.saml.identity_provider import IdentityProvider
from altscore_admin.saml.schemas import SamlProviderIn

# Longer than a request waits for its second person (24 hours at admin).
DRAFT_LIFETIME = timedelta(hours=25)


class Owner(NamedTuple):
    """Whose people sign in at a provider."""

    kind: Kind
    organisation_id: str


class Draft(NamedTuple):
    """A provider that waits, and what operators are shown of it; two of them agree to exactly this."""

    draft_id: str
    facts: Facts


@dataclass(frozen=True)
class IdentityProviderService:
    """Keeps organisations' identity providers; a secret comes in and never goes out."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PortalKeys
    public_origin: str

    async def propose(self, organisation: Organisation, provider: Provider, *, caller: str) -> Draft:
        """Keeps an OpenID Connect provider that signs nobody in yet."""
        secret = self.keys.encrypt(provider.client_secret, f"provider {organisation.organisation_id}")
        stated = Stated("oidc", provider.issuer, provider.client_id, client_secret_ciphertext=secret)
        return await self._keep(organisation, stated, caller=caller)

    async def propose_saml(self, organisation: Organisation, provider: SamlProviderIn, *, caller: str) -> Draft:
        """Keeps a SAML provider that signs nobody in yet.

        Raises:
            InvalidRequest: our library takes no such provider.
        """
        fields = provider.model_dump(include=set(SamlProviderIn.model_fields))
        try:
            IdentityProvider(settings_of(self.public_origin, organisation.organisation_id, **fields))
        except BadSignInConfiguration:
            raise InvalidRequest("no such provider", errors=[FieldError("sso_url", "is refused")]) from None
        return await self._keep(organisation, Stated("saml", **fields), caller=caller)

    async def _keep(self, organisation: Organisation, stated: Stated, *, caller: str) -> Draft:
        """Drafts that nobody approved in time go."""
        draft_id, now, whose = new_id("idp"), self.clock.now(), Owner(organisation.kind, organisation.organisation_id)
        async with transaction(self.pool) as connection:
            await store.remove_drafts(connection, organisation.kind, now - DRAFT_LIFETIME)
            await store.add_draft(connection, draft_id, organisation, stated=stated, at=now)
            await self._audit(connection, whose, "provider_proposed", caller=caller, draft_id=draft_id)
        return Draft(draft_id, facts_of(stated._asdict()))

    async def activate(self, whose: Owner, approved: Draft, *, caller: str) -> int:
        """Has the organisation's people sign in at the approved provider; asked again, it changes nothing.

        Every session of theirs ends, since what they signed in by before may have opened it, and each person is bound
        to the new provider's subject at their next sign-in.

        Returns:
            How many sessions ended.

        Raises:
            NotFound: no such draft, one that is too old, or one that says something else than was approved.
        """
        now, (kind, organisation_id) = self.clock.now(), whose
        async with transaction(self.pool) as connection:
            draft = await store.draft_of(connection, kind, organisation_id, draft_id=approved.draft_id)
            if draft is None:
                current = await store.configured_provider(connection, kind, organisation_id)
                if current is not None and current["draft_id"] == approved.draft_id:
                    return 0
                raise NotFound("no such draft")
            if draft["created_at"] < now - DRAFT_LIFETIME or facts_of(draft) != approved.facts:
                raise NotFound("no such draft")
            await people.put_organisation(connection, Organisation(kind, organisation_id, draft["organisation_name"]))
            await store.activate(connection, kind, approved.draft_id, at=now)
            await people.unbind_subjects(connection, kind, organisation_id)
            ended = await sessions.end_all_of_organisation(connection, kind, organisation_id, at=now)
            await self._audit(connection, whose, "provider_changed", caller=caller, draft_id=approved.draft_id)
        return ended

    async def current(self, whose: Owner) -> asyncpg.Record:
        """The provider that is used, without its secret.

        Raises:
            NotFound: the organisation has none of its own.
        """
        async with transaction(self.pool) as connection:
            row = await store.configured_provider(connection, *whose)
        if row is None:
            raise NotFound(f"this {whose.kind} has no identity provider of its own")
        return row

    async def _audit(
        self, connection: asyncpg.Connection, whose: Owner, outcome: str, *, caller: str, draft_id: str
    ) -> None:
        await self.outbox.audit(
            connection,
            "portal_access_changed",
            actor=caller,
            subject=whose.organisation_id,
            outcome=outcome,
            details={"kind": whose.kind, "draft_id": draft_id},
        )
