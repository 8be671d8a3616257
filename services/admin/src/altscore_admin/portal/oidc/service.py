"""Sign-in at an identity provider; every refusal is audited, and no two of them can be told apart by the caller."""

import hmac
import json
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox

from altscore_admin.portal.crypto import PortalKeys, Undecryptable, new_token, token_digest
from altscore_admin.portal.errors import NoProvider, ProviderRefused, SignInBySaml
from altscore_admin.portal.oidc import domain, store
from altscore_admin.portal.oidc.domain import NotProven, Proof, Provider, Secrets
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.people import store as people
from altscore_admin.portal.sessions.domain import Kind, Person
from altscore_admin.portal.sessions.service import CompletedLogin, OpenedSession, SessionService

PREFIXES: dict[Kind, str] = {"distributor": "/v1/portal", "lender": "/v1/lender"}


class BegunLogin(NamedTuple):
    """Where the browser is sent, and what its cookie holds until it comes back."""

    address: str
    browser_token: str


class Callback(NamedTuple):
    """What a browser brings back from a provider."""

    state: str
    code: str | None
    issuer: str | None
    browser_token: str | None
    source: str


@dataclass(frozen=True)
class OidcService:
    """Begins and completes sign-ins.

    Args:
        pool: of the portal's database.
        outbox: for the audit.
        clock: for lifetimes.
        keys: for what only we know of a sign-in.
        sessions: that a proof opens.
        client: of the providers.
        public_origin: where browsers reach us.
        distributors: the distributors' provider, None without one; lenders have one each, in the database.
    """

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PortalKeys
    sessions: SessionService
    client: ProviderClient
    public_origin: str
    distributors: Provider | None = None

    async def begin(self, kind: Kind, organisation_id: str | None, next_path: str) -> BegunLogin:
        """Begins a sign-in.

        Raises:
            NoProvider: none is configured.
            ProviderRefused: the provider's own document does not hold.
            Unavailable: the provider does not answer.
        """
        provider = await self._provider(kind, organisation_id)
        try:
            metadata = await self.client.metadata(provider.issuer)
        except NotProven:
            raise ProviderRefused("the identity provider cannot be used") from None
        state, browser_token, secrets = new_token(), new_token(), Secrets(new_token(), new_token())
        async with transaction(self.pool) as connection:
            await store.add_login(
                connection,
                state_digest=token_digest(state),
                browser_digest=token_digest(browser_token),
                kind=kind,
                organisation_id=organisation_id,
                issuer=provider.issuer,
                ciphertext=self.keys.encrypt(json.dumps(secrets), f"login {token_digest(state).hex()}"),
                next_path=next_path,
                expires_at=self.clock.now() + domain.LOGIN_LIFETIME,
            )
        address = domain.authorization_address(
            provider, metadata, redirect_uri=self.redirect_uri(kind), state=state, secrets=secrets
        )
        return BegunLogin(address, browser_token)

    def redirect_uri(self, kind: Kind) -> str:
        """Where the provider sends the browser back to; registered there."""
        return f"{self.public_origin}{PREFIXES[kind]}/oidc/callback"

    async def _provider(self, kind: Kind, organisation_id: str | None) -> Provider:
        if kind == "distributor":
            if self.distributors is None:
                raise NoProvider("sign in with codes")
            return self.distributors
        async with transaction(self.pool) as connection:
            row = await store.provider_of_lender(connection, organisation_id or "")
        if row is None:
            raise NoProvider("no identity provider is configured")
        if row["protocol"] == "saml":
            raise SignInBySaml("this lender's people sign in by SAML")
        try:
            secret = self.keys.decrypt(bytes(row["client_secret_ciphertext"]), f"provider {organisation_id}")
        except Undecryptable:  # of a key that was replaced: operators give it again
            raise NoProvider("no identity provider is configured") from None
        return Provider(row["issuer"], row["client_id"], secret)

    async def complete(self, kind: Kind, callback: Callback, *, former_token: str | None) -> CompletedLogin:
        """Opens a session for whom the provider vouches.

        Raises:
            ProviderRefused: something does not hold; what, only the audit says.
            Unavailable: the provider does not answer.
        """
        try:
            return await self._complete(kind, callback, former_token)
        except (NotProven, NoProvider, Undecryptable) as error:
            reason = str(error) if isinstance(error, NotProven) else type(error).__name__
            async with transaction(self.pool) as connection:
                await self.outbox.audit(
                    connection,
                    "failed_auth",
                    actor="unknown",
                    subject=f"{PREFIXES[kind]}/oidc/callback",
                    outcome="refused",
                    reason=reason,
                    details={"source": callback.source},
                )
            raise ProviderRefused("the sign-in could not be completed; begin again") from None

    async def _complete(self, kind: Kind, callback: Callback, former_token: str | None) -> CompletedLogin:
        now, state_digest = self.clock.now(), token_digest(callback.state)
        async with transaction(self.pool) as connection:
            login = await store.take_login(connection, state_digest)
        if login is None or login["kind"] != kind or login["expires_at"] <= now:
            raise NotProven("state unknown, used or too old")
        if not hmac.compare_digest(token_digest(callback.browser_token or ""), bytes(login["browser_digest"])):
            raise NotProven("state of another browser")
        provider = await self._provider(kind, login["organisation_id"])
        if provider.issuer != login["issuer"]:
            raise NotProven("the provider was changed meanwhile")
        metadata = await self.client.metadata(provider.issuer)
        domain.check_issuer(callback.issuer, issuer=provider.issuer, metadata=metadata)
        if callback.code is None:
            raise NotProven("refused at the provider")
        plain = self.keys.decrypt(bytes(login["ciphertext"]), f"login {state_digest.hex()}")
        secrets = Secrets(*json.loads(plain))
        token = await self.client.exchange(
            provider, code=callback.code, verifier=secrets.verifier, redirect_uri=self.redirect_uri(kind)
        )
        claims = await self.client.claims(provider.issuer, token)
        proof = domain.proof_of(claims, provider=provider, nonce=secrets.nonce, now=self.clock.now())
        opened = await self._open(kind, login["organisation_id"], provider, proof=proof, former_token=former_token)
        return CompletedLogin(opened, str(login["next_path"]))

    async def _open(
        self, kind: Kind, organisation_id: str | None, provider: Provider, *, proof: Proof, former_token: str | None
    ) -> OpenedSession:
        email = self.keys.digest("email", proof.email.get_secret_value())
        subject = self.keys.digest("subject", f"{provider.issuer} {proof.subject}")
        opened = None
        async with transaction(self.pool) as connection:
            row = await people.of_email(connection, kind, email)
            if row is None or (organisation_id is not None and row["organisation_id"] != organisation_id):
                raise NotProven("nobody is enrolled with this address")
            if not await people.pin_subject(connection, row["person_id"], subject):
                raise NotProven("the address belongs to another subject now")
            person = Person(row["person_id"], kind, row["organisation_id"])
            opened = await self.sessions.open(connection, person, sign_in="oidc", former_token=former_token)
        if opened is None:
            raise NotProven("suspended")
        return opened
