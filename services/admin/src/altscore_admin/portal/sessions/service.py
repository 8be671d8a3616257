"""Sessions: opened by a sign-in, looked up with every request, ended by their owner or by operators."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox

from altscore_admin.portal.crypto import PortalKeys, new_token, token_digest
from altscore_admin.portal.errors import CsrfRefused, SignInNeeded
from altscore_admin.portal.people import store as people
from altscore_admin.portal.sessions import store
from altscore_admin.portal.sessions.domain import LIFETIMES, Attempt, Kind, Person, Session, SignIn, passes_csrf
from altscore_admin.portal.sessions.vouching import NotVouched, Vouched


class OpenedSession(NamedTuple):
    """A new session: what its cookie holds, and until when."""

    token: str
    kind: Kind
    started_at: datetime
    expires_at: datetime


class CompletedLogin(NamedTuple):
    """A new session by an identity provider, and the page that was asked for."""

    opened: OpenedSession
    next_path: str


@dataclass(frozen=True)
class SessionService:
    """Opens, finds and ends sessions; every refusal is audited."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PortalKeys

    async def open(
        self,
        connection: asyncpg.Connection,
        person: Person,
        *,
        sign_in: SignIn,
        former_token: str | None,
        provider_end: datetime | None = None,
    ) -> OpenedSession | None:
        """Opens a session in the transaction of the sign-in, always under a new token.

        Args:
            connection: in a transaction.
            person: who proved to be that.
            sign_in: how.
            former_token: of a session that the browser still showed; it ends.
            provider_end: when the identity provider ends the session, if that is earlier.

        Returns:
            None when the person or the organisation is suspended.
        """
        now, token = self.clock.now(), new_token()
        expires_at = min(filter(None, (now + LIFETIMES[person.kind].whole, provider_end)))
        if former_token:
            await store.end(connection, token_digest(former_token), now)
        is_open = await store.add(
            connection, token_digest(token), person_id=person.person_id, sign_in=sign_in, at=now, until=expires_at
        )
        await self.outbox.audit(
            connection,
            "portal_signed_in" if is_open else "failed_auth",
            actor=person.person_id,
            subject=person.organisation_id,
            outcome="ok" if is_open else "refused",
            reason=None if is_open else "suspended",
            details={"kind": person.kind, "sign_in": sign_in},
        )
        return OpenedSession(token, person.kind, started_at=now, expires_at=expires_at) if is_open else None

    async def open_vouched(
        self, connection: asyncpg.Connection, vouched: Vouched, *, former_token: str | None
    ) -> OpenedSession | None:
        """Opens a session for the enrolled person whom an identity provider vouches for.

        Their first sign-in binds them to the provider's subject.

        Returns:
            None when the person or the organisation is suspended, as `open`.

        Raises:
            NotVouched: the provider may not, or not for this person.
        """
        digest = self.keys.digest("email", vouched.email.get_secret_value())
        row = await people.of_email(connection, vouched.kind, digest)
        if row is None or vouched.organisation_id not in (None, row["organisation_id"]):
            raise NotVouched("nobody_enrolled")
        if vouched.organisation_id is None and row["has_own_provider"]:
            raise NotVouched("another_provider")
        subject = self.keys.digest("subject", f"{vouched.issuer} {vouched.subject}")
        if not await people.pin_subject(connection, row["person_id"], subject):
            raise NotVouched("another_subject")
        person = Person(row["person_id"], vouched.kind, row["organisation_id"])
        return await self.open(
            connection, person, sign_in=vouched.sign_in, former_token=former_token, provider_end=vouched.ends_at
        )

    async def authenticate(self, attempt: Attempt, kind: Kind) -> Session:
        """The session behind a request.

        Raises:
            SignInNeeded: there is none of this kind, or no longer.
            CsrfRefused: an unsafe method without the session's token, or from another site.
        """
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            digest = token_digest(attempt.token or "")
            session = await store.find(connection, digest) if attempt.token else None
            if session is not None and session.person.kind == kind and session.is_alive(now):
                if passes_csrf(attempt, self.keys.csrf_token(attempt.token or "")):
                    if not session.is_use_recorded(now):
                        await store.see(connection, digest, now)
                    return session
                await self._audit_refused(connection, attempt, actor=session.person.person_id, reason="csrf")
                error: Exception = CsrfRefused("send this session's X-CSRF-Token, from a page of the portal")
            else:
                reason = "no session" if attempt.token is None else "session over or unknown"
                await self._audit_refused(connection, attempt, actor="unknown", reason=reason)
                error = SignInNeeded("sign in first")
        raise error

    async def _audit_refused(
        self, connection: asyncpg.Connection, attempt: Attempt, *, actor: str, reason: str
    ) -> None:
        await self.outbox.audit(
            connection,
            "failed_auth",
            actor=actor,
            subject=attempt.route,
            outcome="refused",
            reason=reason,
            details={"source": attempt.source},
        )

    async def end(self, session: Session, token: str, *, everywhere: bool) -> int:
        """Ends a session, or all of its person; how many."""
        now = self.clock.now()
        async with transaction(self.pool) as connection:
            if everywhere:
                ended = await store.end_all(connection, session.person.person_id, now)
            else:
                ended = int(await store.end(connection, token_digest(token), now))
            await self.outbox.audit(
                connection,
                "portal_signed_out",
                actor=session.person.person_id,
                subject=session.person.organisation_id,
                outcome="ok",
                details={"everywhere": "yes" if everywhere else "no", "sessions": str(ended)},
            )
        return ended
