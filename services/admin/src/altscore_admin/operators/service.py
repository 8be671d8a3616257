"""Sign-in on every request. In a development profile: tokens from a file, kept as keyed hashes; elsewhere nobody yet.

The specification demands SAML and a FIDO2 touch (decisions 24, 25). Until an identity provider is wired, production
has no operators and main() refuses to start.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Forbidden, Unauthorized
from altscore_libs.outbox import Outbox

from altscore_admin.errors import BadOperatorsFile, SignInLocked
from altscore_admin.operators import domain, store
from altscore_admin.operators.domain import FAILURE_WINDOW, Operator, Permission, Role

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

    Args:
        authorization: the header, None without one.
        by_browser: HTTP Basic is taken too.
        route: template of the route, never the caller's own path.
        source: address of the caller.
    """

    authorization: str | None
    by_browser: bool
    route: str
    source: str


@dataclass(frozen=True)
class SignInService:
    """Decides who acts and whether they may; every refusal is audited."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    directory: DevelopmentOperators

    async def authorize(self, attempt: Attempt, permission: Permission) -> Operator:
        """The operator behind a request, who holds the permission.

        Raises:
            Unauthorized: no operator of ours.
            SignInLocked: too many unknown tokens from that address; a good token still passes.
            Forbidden: the operator's roles do not hold the permission.
        """
        token = domain.token_of(attempt.authorization, by_browser=attempt.by_browser)
        operator = self.directory.of_token(token) if token else None
        if operator is None:
            raise await self._unauthenticated(attempt)
        if not domain.may(operator.roles, permission):
            await self._audit_forbidden(attempt, operator, permission)
            raise Forbidden(f"your roles do not hold the permission {permission.value}")
        return operator

    async def _unauthenticated(self, attempt: Attempt) -> Unauthorized | SignInLocked:
        now, has_credential = self.clock.now(), attempt.authorization is not None
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
        scheme = 'Basic realm="AltScore operations"' if attempt.by_browser else "Bearer"
        return Unauthorized("sign in with an operator's token", headers={"WWW-Authenticate": scheme})

    async def _audit_forbidden(self, attempt: Attempt, operator: Operator, permission: Permission) -> None:
        async with transaction(self.pool) as connection:
            await self.outbox.audit(
                connection,
                "admin_action",
                actor=operator.operator_id,
                subject=attempt.route,
                outcome="refused",
                reason="FORBIDDEN",
                details={"permission": permission.value, "source": attempt.source},
            )
