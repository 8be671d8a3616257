"""Signing in by the identity provider: a request that a browser keeps the other half of, a response used once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError
from altscore_libs.outbox import Outbox

from altscore_admin.errors import NoRole, SamlNotConfigured, SamlRefused
from altscore_admin.operator_saml import domain
from altscore_admin.operators.domain import Operator, Role
from altscore_admin.saml.domain import Statement, new_request
from altscore_admin.saml.identity_provider import IdentityProvider
from altscore_admin.saml.precheck import Unacceptable
from altscore_admin.saml.service import Answer, Verified, use_once, verified
from altscore_admin.sessions.domain import relative_path
from altscore_admin.sessions.row_macs import SignInMacs
from altscore_admin.sessions.service import NewCookie, open_session

HOME = "/"


class Redirect(NamedTuple):
    """Where the browser goes, and what it keeps meanwhile."""

    url: str
    state: str


class Accepted(NamedTuple):
    """A session, and where the person wanted to go."""

    cookie: NewCookie
    next_path: str


@dataclass(frozen=True)
class SamlService:
    """Signs operators in; `provider` is None where none is configured (a development profile).

    Attributes:
        roles_attribute: whose values name roles.
        roles: our role behind a value.
    """

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    provider: IdentityProvider | None
    roles_attribute: str
    roles: Mapping[str, Role]
    macs: SignInMacs

    def request(self, next_path: str | None) -> Redirect:
        """Where the browser goes to sign in, and the state it keeps; nothing is stored for it.

        Raises:
            SamlNotConfigured: there is no identity provider.
        """
        provider, request = self._provider(), new_request(self.clock.now())
        return Redirect(provider.request_url(request, relative_path(next_path) or HOME), request.state)

    def metadata(self) -> bytes:
        """Our metadata.

        Raises:
            SamlNotConfigured: there is no identity provider.
        """
        return self._provider().service_provider.metadata()

    async def accept(self, encoded: str, *, state: str | None, relay_state: str | None, source: str) -> Accepted:
        """Opens a session for a response of the identity provider.

        Args:
            encoded: form field SAMLResponse.
            state: that this browser kept since its request.
            relay_state: form field RelayState; anything but a path of ours counts as none.
            source: address of the caller.

        Raises:
            SamlNotConfigured: there is no identity provider.
            SamlRefused: the response does not hold, or answers no request of this browser; audited.
            NoRole: the person has no role here; audited.
        """
        provider = self._provider()
        try:
            response = await verified(provider, Answer(encoded, state), self.clock.now())
            operator = self._operator(response.statement)
            return await self._open(operator, response, next_path=relative_path(relay_state) or HOME)
        except Unacceptable as error:
            await self._audit_refusal(source, str(error), "unknown")
            raise SamlRefused("the identity provider's response is refused; sign in again") from error
        except _Roleless as error:
            await self._audit_refusal(source, "no_role", error.operator_id)
            raise NoRole("you have no role here; ask who manages operators") from error

    def _operator(self, statement: Statement) -> Operator:
        operator_id = domain.operator_id_of(statement.name_id)
        if operator_id is None:
            raise Unacceptable("name_id_form")
        roles = domain.roles_of(statement.attributes.get(self.roles_attribute, ()), self.roles)
        if not roles:
            raise _Roleless(operator_id)
        return Operator(operator_id, roles)

    async def _open(self, operator: Operator, response: Verified, *, next_path: str) -> Accepted:
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            await use_once(connection, response, issuer="", now=now)
            cookie = await open_session(
                connection, operator, now=now, provider_end=response.statement.session_end, macs=self.macs
            )
            await self.outbox.audit(
                connection,
                "operator_signed_in",
                actor=operator.operator_id,
                outcome="done",
                details={
                    "assertion_id": response.shape.assertion_id,
                    "roles": ",".join(sorted(operator.roles)),
                    "expires_at": cookie.expires_at.isoformat(),
                },
            )
        return Accepted(cookie, next_path)

    async def _audit_refusal(self, source: str, reason: str, actor: str) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "failed_auth",
                actor=actor,
                subject=f"{domain.PREFIX}/acs",
                outcome="refused",
                reason=f"saml: {reason}",
                details={"source": source},
            )

    def _provider(self) -> IdentityProvider:
        if self.provider is None:
            raise SamlNotConfigured("no identity provider is configured here")
        return self.provider


class _Roleless(AltScoreError):
    def __init__(self, operator_id: str) -> None:
        super().__init__("no role")
        self.operator_id = operator_id
