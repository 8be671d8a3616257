"""Sign-in of lenders' officers by SAML; every refusal is audited, and the caller can tell no two of them apart."""

from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox

from altscore_admin.errors import BadSignInConfiguration
from altscore_admin.portal.errors import NoProvider, ProviderRefused
from altscore_admin.portal.oidc.domain import is_own_path
from altscore_admin.portal.saml import domain, store
from altscore_admin.portal.saml.domain import Kept, SamlProvider
from altscore_admin.portal.sessions.service import CompletedLogin, SessionService
from altscore_admin.portal.sessions.vouching import NotVouched, Vouched
from altscore_admin.saml.domain import new_request
from altscore_admin.saml.identity_provider import IdentityProvider
from altscore_admin.saml.precheck import Unacceptable
from altscore_admin.saml.service import Answer, use_once, verified


class BegunLogin(NamedTuple):
    """Where the browser is sent, and what its cookie holds until it comes back."""

    address: str
    cookie: str


class Posted(NamedTuple):
    """What a browser brings to a lender's ACS."""

    encoded: str
    cookie: str | None
    source: str


@dataclass(frozen=True)
class LenderSamlService:
    """Begins and completes sign-ins at lenders' SAML providers.

    Args:
        pool: of the portal's database.
        outbox: for the audit.
        clock: for lifetimes.
        sessions: that an assertion opens.
        public_origin: where browsers reach us.
    """

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    sessions: SessionService
    public_origin: str

    def metadata(self, lender_id: str) -> bytes:
        """What this lender's provider needs to know of us; the same for a lender that nobody knows."""
        return domain.service_provider(self.public_origin, lender_id).metadata()

    async def begin(self, lender_id: str, next_path: str) -> BegunLogin:
        """Begins a sign-in; nothing is stored for it.

        Raises:
            NoProvider: the lender has no SAML provider, or is suspended.
        """
        provider = await self._provider(lender_id)
        request = new_request(self.clock.now(), domain.context_of(lender_id, provider.draft_id, next_path))
        # Without RelayState: what comes back is read from our own cookie.
        address = self._identity_provider(lender_id, provider).request_url(request, "")
        return BegunLogin(address, domain.cookie_of(Kept(request.state, next_path)))

    async def complete(self, lender_id: str, posted: Posted, *, former_token: str | None) -> CompletedLogin:
        """Opens a session for the officer whom the lender's provider vouches for.

        Raises:
            ProviderRefused: something does not hold; what, only the audit says.
        """
        try:
            return await self._complete(lender_id, posted, former_token)
        except (Unacceptable, NotVouched, NoProvider) as error:
            reason = "no_provider" if isinstance(error, NoProvider) else str(error)
            known = {} if isinstance(error, NoProvider) else {"lender_id": lender_id}
            async with transaction(self.pool) as connection:
                await self.outbox.audit(
                    connection,
                    "failed_auth",
                    actor="unknown",
                    subject=f"{domain.ROUTE}/acs",
                    outcome="refused",
                    reason=f"saml: {reason}",
                    details={"source": posted.source, **known},
                )
            raise ProviderRefused("the sign-in could not be completed; begin again") from None

    async def _complete(self, lender_id: str, posted: Posted, former_token: str | None) -> CompletedLogin:
        provider = await self._provider(lender_id)
        kept = domain.kept_of(posted.cookie)
        if kept is None or not is_own_path(kept.next_path):
            raise Unacceptable("no_request")
        answer = Answer(posted.encoded, kept.state, domain.context_of(lender_id, provider.draft_id, kept.next_path))
        response = await verified(self._identity_provider(lender_id, provider), answer, self.clock.now())
        address = domain.address_of(response.statement, provider.email_attribute)
        if address is None:
            raise Unacceptable("address")
        vouched = Vouched(
            kind="lender",
            organisation_id=lender_id,
            issuer=provider.entity_id,
            subject=response.statement.name_id,
            email=address,
            sign_in="saml",
            ends_at=response.statement.session_end,
        )
        async with transaction(self.pool) as connection:
            await use_once(connection, response, issuer=lender_id, now=self.clock.now())
            opened = await self.sessions.open_vouched(connection, vouched, former_token=former_token)
        if opened is None:
            raise NotVouched("suspended")
        return CompletedLogin(opened, kept.next_path)

    async def _provider(self, lender_id: str) -> SamlProvider:
        async with transaction(self.pool) as connection:
            provider = await store.provider_of_lender(connection, lender_id)
        if provider is None:
            raise NoProvider("no identity provider is configured")
        return provider

    def _identity_provider(self, lender_id: str, provider: SamlProvider) -> IdentityProvider:
        settings = domain.settings_of(
            self.public_origin,
            lender_id,
            entity_id=provider.entity_id,
            sso_url=provider.sso_url,
            certificates_pem=provider.certificates_pem,
            email_attribute=provider.email_attribute,
        )
        try:
            return IdentityProvider(settings)
        except BadSignInConfiguration:  # kept by a release with other rules: operators give it again
            raise NoProvider("no identity provider is configured") from None
