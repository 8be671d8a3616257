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
from altscore_admin.portal.oidc.domain import NotProven, Provider, Secrets
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.sessions.domain import Kind
from altscore_admin.portal.sessions.service import CompletedLogin, SessionService
from altscore_admin.portal.sessions.vouching import NotVouched, Reason, Vouched

_NOT_VOUCHED: dict[Reason, str] = {
    "nobody_enrolled": "nobody is enrolled with this address",
    "another_provider": "the organisation has an identity provider of its own",
    "another_subject": "the address belongs to another subject now",
    "suspended": "suspended",
}
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
        distributors: the provider that distributors share, None without one; those of lenders and of single
            distributors are in the database.
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
        """That of an organisation, or the one that distributors without one of their own share."""
        if organisation_id is None:
            if kind == "lender" or self.distributors is None:
                raise NoProvider("no identity provider is configured")
            return self.distributors
        async with transaction(self.pool) as connection:
            row = await store.provider_of(connection, kind, organisation_id)
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
        except (NotProven, NotVouched, NoProvider, Undecryptable) as error:
            reason = _reason_of(error)
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
        vouched = Vouched(
            kind=kind,
            organisation_id=login["organisation_id"],
            issuer=provider.issuer,
            subject=proof.subject,
            email=proof.email,
            sign_in="oidc",
        )
        async with transaction(self.pool) as connection:
            opened = await self.sessions.open_vouched(connection, vouched, former_token=former_token)
        if opened is None:
            raise NotVouched("suspended")
        return CompletedLogin(opened, str(login["next_path"]))


def _reason_of(error: NotProven | NotVouched | NoProvider | Undecryptable) -> str:
    """What the audit says of it."""
    if isinstance(error, NotVouched):
        return _NOT_VOUCHED[error.reason]
    return str(error) if isinstance(error, NotProven) else type(error).__name__
