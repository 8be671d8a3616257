"""Sign-in on every request: a SAML session with an admin token, or a development token (decisions 24, 25, ADR 0055).

Tokens of a file, kept as keyed hashes, are for a development profile alone; elsewhere the directory is empty.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Forbidden, Unauthorized
from altscore_libs.outbox import Outbox

from altscore_admin.confirmations.domain import Action
from altscore_admin.confirmations.service import ConfirmationService, note_confirmation
from altscore_admin.errors import AdminTokenRequired, BadOperatorsFile, ConfirmationRequired, CsrfRefused, SignInLocked
from altscore_admin.operators import domain, store
from altscore_admin.operators.domain import FAILURE_WINDOW, Operator, Permission, Role
from altscore_admin.sessions.domain import SAFE_METHODS, SignedIn, is_csrf_token
from altscore_admin.sessions.service import SessionService

MIN_KEY_BYTES = 32
TOKEN_BYTES = 32


def keyed_hash(key: bytes, token: str) -> str:
    """HMAC-SHA256 of a token, hex. Tokens are random, so no slow hash is needed to protect them."""
    return hmac.new(key, token.encode(), "sha256").hexdigest()


class DevelopmentOperators:
    """Operators of a file: {"key": hex, "operators": {name: {"token_hmac": hex, "roles": [..]}}}."""

    def __init__(self, key: bytes, operators: Mapping[str, Operator]) -> None:
        self._key = key
        self._by_hash = dict(operators)

    @classmethod
    def load(cls, path: Path) -> "DevelopmentOperators":
        """Reads the file.

        Raises:
            BadOperatorsFile: unreadable, a short key, an unknown role, a plain token.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            key = bytes.fromhex(content["key"])
            operators = {
                _checked_hash(entry["token_hmac"]): Operator(name, frozenset(Role(role) for role in entry["roles"]))
                for name, entry in content["operators"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadOperatorsFile(f"{path.name}: {type(error).__name__}") from None
        if len(key) < MIN_KEY_BYTES or not operators:
            raise BadOperatorsFile(f"{path.name}: a key of 32 bytes and at least one operator are needed")
        return cls(key, operators)

    @classmethod
    def nobody(cls) -> "DevelopmentOperators":
        """No operators: what every other profile than development has."""
        return cls(secrets.token_bytes(MIN_KEY_BYTES), {})

    def of_token(self, token: str) -> Operator | None:
        """Whose token it is."""
        presented, match = keyed_hash(self._key, token), None
        for stored, operator in self._by_hash.items():  # all of them, so that the time tells nothing
            if hmac.compare_digest(presented, stored):
                match = operator
        return match


def _checked_hash(value: Any) -> str:
    if len(bytes.fromhex(value)) != 32:
        raise ValueError("not a hash")
    return str(value).lower()


def new_file(names_and_roles: Iterable[tuple[str, Iterable[str]]]) -> tuple[dict[str, Any], dict[str, str]]:
    """A new operators file, and the tokens that it keeps no copy of."""
    key, operators, tokens = secrets.token_bytes(MIN_KEY_BYTES), {}, {}
    for name, roles in names_and_roles:
        tokens[name] = secrets.token_urlsafe(TOKEN_BYTES)
        operators[name] = {"token_hmac": keyed_hash(key, tokens[name]), "roles": sorted(Role(role) for role in roles)}
    return {"key": key.hex(), "operators": operators}, tokens


@dataclass(frozen=True)
class Attempt:
    """A request that needs an operator.

    Attributes:
        authorization: the header, None without one; where there is one, no cookie is looked at.
        route: template of the route, never the caller's own path.
        source: address of the caller.
        method: of HTTP; a safe one needs no CSRF token.
        session_cookie: of a SAML session.
        token_cookie: of an admin token.
        csrf_token: the header of that name.
    """

    authorization: str | None
    route: str
    source: str
    method: str = "GET"
    session_cookie: str | None = None
    token_cookie: str | None = None
    csrf_token: str | None = None


class Confirming(NamedTuple):
    """What confirms a sensitive action: the action as requested, and the header that may confirm it."""

    action: Action
    header: str | None
    has_query: bool


@dataclass(frozen=True)
class SignInService:
    """Decides who acts and whether they may; every refusal is audited."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    directory: DevelopmentOperators
    sessions: SessionService
    confirmations: ConfirmationService

    async def authorize(
        self, attempt: Attempt, permission: Permission, confirming: Confirming | None = None
    ) -> Operator:
        """The operator behind a request, who holds the permission.

        Args:
            attempt: the request.
            permission: one of the operator's roles must hold it.
            confirming: of a sensitive action; None for any other.

        Raises:
            Unauthorized: no operator of ours.
            AdminTokenRequired: a SAML session alone.
            SignInLocked: too many unknown tokens from that address; a good token still passes.
            CsrfRefused: cookies without the session's CSRF token.
            Forbidden: the operator's roles do not hold the permission.
            ConfirmationRequired, KeyRefused: a sensitive action that the operator's key did not confirm.
        """
        note_confirmation(None)
        signed_in = await self.recognize(attempt, needs_token=True)
        operator = signed_in.operator
        if not domain.may(operator.roles, permission):
            await self._audit_forbidden(attempt, operator, "FORBIDDEN", permission=permission.value)
            raise Forbidden(f"your roles do not hold the permission {permission.value}")
        if confirming is not None:
            try:
                await self.confirmations.confirm(
                    signed_in, confirming.action, confirming.header, has_query=confirming.has_query
                )
            except ConfirmationRequired:
                await self._audit_forbidden(attempt, operator, ConfirmationRequired.code)
                raise
        return operator

    async def recognize(self, attempt: Attempt, *, needs_token: bool, is_session: bool = False) -> SignedIn:
        """Who is behind a request, whatever they may do.

        Args:
            attempt: the request.
            needs_token: a SAML session must have a live admin token.
            is_session: a development token is not enough.

        Raises:
            Unauthorized, AdminTokenRequired, SignInLocked, CsrfRefused: as `authorize`.
        """
        signed_in = await self._signed_in(attempt)
        if signed_in is None or (is_session and signed_in.session_id is None):
            raise await self._unauthenticated(attempt, is_known=signed_in is not None)
        if signed_in.session_id is None:
            return signed_in
        is_ours = is_csrf_token(attempt.csrf_token, attempt.session_cookie or "")
        if attempt.method not in SAFE_METHODS and not is_ours:
            await self._audit_forbidden(attempt, signed_in.operator, "CSRF_TOKEN_REFUSED")
            raise CsrfRefused("send the session's CSRF token with this request")
        if needs_token and signed_in.token_expires_at is None:
            raise AdminTokenRequired("touch your security key for an admin token")
        return signed_in

    async def _signed_in(self, attempt: Attempt) -> SignedIn | None:
        if attempt.authorization is None:
            return await self.sessions.of_cookies(attempt.session_cookie, attempt.token_cookie)
        token = domain.token_of(attempt.authorization)
        operator = self.directory.of_token(token) if token else None
        return None if operator is None else SignedIn(operator, "development")

    async def _unauthenticated(self, attempt: Attempt, *, is_known: bool) -> Unauthorized | SignInLocked:
        # A cookie that ended guesses nothing: counted, one stale browser would lock its office's address.
        now, has_credential = self.clock.now(), attempt.authorization is not None and not is_known
        async with transaction(self.pool) as connection:
            await store.delete_failures(connection, now - FAILURE_WINDOW)
            failures = await store.failures_since(connection, attempt.source, now - FAILURE_WINDOW)
            if has_credential:
                await store.add_failure(connection, attempt.source, now)
            is_locked = domain.is_locked(failures, has_credential=has_credential)
            await self.outbox.audit(
                connection,
                "failed_auth",
                actor="unknown",
                subject=attempt.route,
                outcome="locked" if is_locked else "refused",
                reason="unknown credential" if has_credential else "no credential",
                details={"source": attempt.source},
            )
        if is_locked:
            return SignInLocked("too many failed sign-ins", headers={"Retry-After": "600"})
        return Unauthorized("sign in with an operator's token", headers={"WWW-Authenticate": "Bearer"})

    async def _audit_forbidden(self, attempt: Attempt, operator: Operator, reason: str, **details: str) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "admin_action",
                actor=operator.operator_id,
                subject=attempt.route,
                outcome="refused",
                reason=reason,
                details={**details, "source": attempt.source},
            )
