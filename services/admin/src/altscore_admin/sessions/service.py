"""Sessions that the identity provider opened, and the short admin tokens that a key's touch adds to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.errors import KeyRefused
from altscore_admin.operators.domain import Operator, Role
from altscore_admin.security_keys.domain import Assertion, Challenge, Purpose, Refusal
from altscore_admin.security_keys.service import SecurityKeyService
from altscore_admin.sessions import domain, store
from altscore_admin.sessions.domain import ADMIN_TOKEN_LIFETIME, SignedIn
from altscore_admin.sessions.row_macs import SignInMacs, is_same


class NewCookie(NamedTuple):
    """A cookie's value and when it ends."""

    secret: str
    expires_at: datetime


async def open_session(
    connection: asyncpg.Connection,
    operator: Operator,
    *,
    now: datetime,
    provider_end: datetime | None,
    macs: SignInMacs,
) -> NewCookie:
    """A new session, in the transaction that used the identity provider's response."""
    await store.delete_old(connection, now - domain.KEPT_AFTER_END, now)
    cookie = NewCookie(domain.new_secret(), domain.session_end(now, provider_end))
    session_id, digest, roles = new_id("ses"), domain.digest_of(cookie.secret), sorted(operator.roles)
    row: dict[str, Any] = {"session_id": session_id, "token_digest": digest, "operator_id": operator.operator_id}
    await store.add_session(
        connection,
        session_id,
        digest=digest,
        operator_id=operator.operator_id,
        roles=roles,
        started_at=now,
        expires_at=cookie.expires_at,
        mac=macs.of_session({**row, "roles": roles, "expires_at": cookie.expires_at}),
    )
    return cookie


@dataclass(frozen=True)
class SessionService:
    """Recognises sessions, adds admin tokens to them and ends them."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: SecurityKeyService
    macs: SignInMacs

    async def of_cookies(self, session_secret: str | None, token_secret: str | None) -> SignedIn | None:
        """Who is behind these cookies; None for nobody."""
        if session_secret is None or not domain.is_secret(session_secret):
            return None
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            row = await store.session_of(connection, domain.digest_of(session_secret), now)
            if row is None or not is_same(row["mac"], self.macs.of_session(row)):
                await self._note_tampering(connection, row, "session")
                return None
            token = None
            if token_secret is not None and domain.is_secret(token_secret):
                digest = domain.digest_of(token_secret)
                token = await store.token_of(connection, digest, session_id=row["session_id"], now=now)
            if token is not None and not is_same(token["mac"], self.macs.of_token(token)):
                await self._note_tampering(connection, token, "token")
                token = None
        return SignedIn(
            operator=Operator(row["operator_id"], frozenset(Role(role) for role in row["roles"])),
            kind="saml" if token is None else "token",
            session_id=row["session_id"],
            session_expires_at=row["expires_at"],
            token_expires_at=None if token is None else token["token_expires_at"],
            csrf_token=domain.csrf_token_of(session_secret),
        )

    async def challenge(self, signed_in: SignedIn) -> Challenge:
        """What the operator's key must sign for an admin token.

        Raises:
            KeyRefused: the operator has no usable key.
        """
        return await self.keys.challenge(signed_in, Purpose.TOKEN)

    async def issue_token(self, signed_in: SignedIn, assertion: Assertion) -> NewCookie:
        """An admin token for a touch of the operator's key; it is never renewed.

        Raises:
            KeyRefused: the answer does not hold; audited.
        """
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            used = await self.keys.use(connection, signed_in, assertion, Purpose.TOKEN)
            if not isinstance(used, Refusal):
                end = min(now + ADMIN_TOKEN_LIFETIME, signed_in.session_expires_at or now)
                cookie = NewCookie(domain.new_secret(), end)
                digest, session_id = domain.digest_of(cookie.secret), str(signed_in.session_id)
                row: dict[str, Any] = {"token_digest": digest, "session_id": session_id, "key_id": used.key_id}
                await store.add_token(
                    connection,
                    digest,
                    session_id=session_id,
                    key_id=used.key_id,
                    issued_at=now,
                    expires_at=end,
                    mac=self.macs.of_token({**row, "token_expires_at": end}),
                )
                await self._audit(connection, "operator_token_issued", signed_in.operator, key_id=used.key_id)
        if isinstance(used, Refusal):
            raise KeyRefused(used.explanation)
        return cookie

    async def log_out(self, signed_in: SignedIn, *, is_everywhere: bool) -> None:
        """Ends this session, or every session of the operator."""
        operator, now = signed_in.operator, self.clock.now()
        async with transaction(self.pool) as connection:
            if is_everywhere:
                await store.end_sessions_of(connection, operator.operator_id, now)
            else:
                await store.end_session(connection, str(signed_in.session_id), now)
            await self._audit(
                connection, "operator_signed_out", operator, scope="everywhere" if is_everywhere else "session"
            )

    async def end_sessions(self, by: Operator, operator_id: str) -> int:
        """Ends every session of somebody; how many were live."""
        async with transaction(self.pool) as connection:
            count = await store.end_sessions_of(connection, operator_id, self.clock.now())
            await self.outbox.audit(
                connection,
                "operator_sessions_ended",
                actor=by.operator_id,
                subject=operator_id,
                outcome="done",
                details={"sessions": str(count)},
            )
        return count

    async def _note_tampering(self, connection: asyncpg.Connection, row: asyncpg.Record | None, kind: str) -> None:
        """Audits a row that this service did not write; none at all is no tampering."""
        if row is not None:
            await self.outbox.audit(
                connection,
                "access_tampering_noticed",
                actor="admin",
                subject=row["session_id"],
                outcome="refused",
                reason=f"operator_{kind}_not_ours",
            )

    async def _audit(self, connection: asyncpg.Connection, action: str, operator: Operator, **details: str) -> None:
        await self.outbox.audit(connection, action, actor=operator.operator_id, outcome="done", details=details)
