"""Sign-in with two codes; an unknown e-mail address gets the same answer at the same cost as a known one."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from altscore_admin.portal.codes import domain, store
from altscore_admin.portal.codes.domain import Codes, Limit
from altscore_admin.portal.crypto import PortalKeys
from altscore_admin.portal.errors import CodesRefused, ProviderConfigured, TooManySignIns
from altscore_admin.portal.people import store as people
from altscore_admin.portal.people.domain import Email
from altscore_admin.portal.sessions.domain import Person
from altscore_admin.portal.sessions.service import OpenedSession, SessionService

ARGON2ID = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _decoy(hasher: PasswordHasher) -> str:
    """The hash of codes that nobody was sent, one for a process."""
    return hasher.hash(domain.new_codes().joined())


class Challenge(NamedTuple):
    """What somebody is asked for who gave an e-mail address."""

    challenge_id: str
    expires_at: datetime


class CodeHasher:
    """Both codes at once as argon2id, hashed and compared on a thread, two at a time.

    Args:
        hasher: at what cost.
    """

    def __init__(self, hasher: PasswordHasher = ARGON2ID) -> None:
        self._hasher = hasher
        self._decoy = _decoy(hasher)
        self._turns = asyncio.Semaphore(2)

    async def hash(self, codes: Codes) -> str:
        """The hash that is kept."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, codes.joined())

    async def matches(self, codes: Codes, codes_hash: str | None) -> bool:
        """Whether these are the codes; None costs the same as a hash."""
        async with self._turns:
            is_match = await asyncio.to_thread(self._verify, codes.joined(), codes_hash or self._decoy)
        return is_match and codes_hash is not None

    def _verify(self, text: str, codes_hash: str) -> bool:
        try:
            return self._hasher.verify(codes_hash, text)
        except (VerificationError, InvalidHashError):
            return False


@dataclass(frozen=True)
class CodeService:
    """Starts challenges and checks what people type.

    Args:
        pool: of the portal's database.
        outbox: for the audit.
        clock: for lifetimes and limits.
        keys: for contacts and codes.
        sessions: that a right pair of codes opens.
        is_enabled: False where distributors sign in at an identity provider.
    """

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: PortalKeys
    sessions: SessionService
    is_enabled: bool = True
    hasher: CodeHasher = field(default_factory=CodeHasher)

    async def start(self, email: Email, *, source: str) -> Challenge:
        """Queues two codes for whoever has that address.

        Raises:
            ProviderConfigured: people sign in elsewhere.
            TooManySignIns: of that address of e-mail or of the network.
        """
        self._refuse_unless_enabled()
        now, codes = self.clock.now(), domain.new_codes()
        digest = self.keys.digest("email", email.get_secret_value())
        await self._count_start(digest, source, now)
        challenge = Challenge(new_id("otp"), now + domain.LIFETIME)
        codes_hash = await self.hasher.hash(codes)
        async with transaction(self.pool) as connection:
            row = await people.of_email(connection, "distributor", digest)
            # Who signs in at their distributor's own provider is answered as an unknown address is.
            is_elsewhere = row is not None and (row["is_suspended"] or row["has_own_provider"])
            is_reachable = row is not None and not is_elsewhere and row["phone_ciphertext"] is not None
            person_id = str(row["person_id"]) if row is not None and is_reachable else None
            await store.add_challenge(
                connection,
                challenge.challenge_id,
                person_id=person_id,
                codes_hash=codes_hash,
                at=now,
                until=challenge.expires_at,
            )
            await store.add_codes(connection, challenge.challenge_id, self._encrypted(challenge, codes), now)
            await self.outbox.audit(
                connection,
                "portal_codes_sent",
                actor=person_id or "unknown",
                subject=challenge.challenge_id,
                outcome="ok" if person_id else "unknown",
                details={"source": source},
            )
        return challenge

    def _encrypted(self, challenge: Challenge, codes: Codes) -> dict[str, bytes]:
        return {
            channel: self.keys.encrypt(code, domain.code_context(challenge.challenge_id, channel))
            for channel, code in codes._asdict().items()
        }

    def _refuse_unless_enabled(self) -> None:
        if not self.is_enabled:
            raise ProviderConfigured("sign in at your identity provider")

    async def verify(self, challenge_id: str, codes: Codes, *, source: str, former_token: str | None) -> OpenedSession:
        """Opens a session for who typed both codes.

        Raises:
            CodesRefused: wrong, used, too late, tried too often, or of a suspended person; which, nobody is told.
            TooManySignIns: too many failures from that address.
        """
        self._refuse_unless_enabled()
        now, subject = self.clock.now(), self.keys.digest("source", source)
        await self._refuse_at_limit(domain.FAILURES_OF_SOURCE, subject, source, now)
        async with transaction(self.pool) as connection:
            codes_hash = await store.take_try(connection, challenge_id, now)
        opened = None
        if await self.hasher.matches(codes, codes_hash):
            opened = await self._open(challenge_id, former_token)
        if opened is None:
            raise await self._failure(challenge_id, subject, source=source, now=now)
        return opened

    async def _open(self, challenge_id: str, former_token: str | None) -> OpenedSession | None:
        async with transaction(self.pool) as connection:
            row = await store.use(connection, challenge_id, self.clock.now())
            if row is None:
                return None
            person = Person(row["person_id"], row["kind"], row["organisation_id"])
            return await self.sessions.open(connection, person, sign_in="codes", former_token=former_token)

    async def _failure(self, challenge_id: str, subject: bytes, *, source: str, now: datetime) -> CodesRefused:
        async with transaction(self.pool) as connection:
            await store.add_attempt(connection, domain.FAILURES_OF_SOURCE, subject, now)
            await self._audit_failed(connection, challenge_id, "codes refused", source)
        return CodesRefused("the codes do not match, or are no longer valid; ask for new ones after five tries")

    async def _count_start(self, email_digest: bytes, source: str, now: datetime) -> None:
        """Counts a start, or refuses it."""
        both = self.keys.digest("start", f"{email_digest.hex()} {source}")
        limits = (
            (domain.STARTS_OF_SOURCE, self.keys.digest("source", source)),
            (domain.STARTS_OF_PERSON, email_digest),
            (domain.STARTS_OF_PERSON_AND_SOURCE, both),
        )
        spent: Limit | None = None
        async with transaction(self.pool) as connection:
            for _, subject in limits:  # always in this order, so that two starts never wait for each other
                await store.lock_subject(connection, subject)
            for limit, subject in limits:
                if await store.count_attempts(connection, limit, subject, now) >= limit.number:
                    spent = spent or limit
            if spent is None:
                for limit, subject in limits:
                    await store.add_attempt(connection, limit, subject, now)
            else:
                await self._audit_failed(connection, "start", "too many starts", source)
        if spent is not None:
            raise self._too_many(spent)

    async def _refuse_at_limit(self, limit: Limit, subject: bytes, source: str, now: datetime) -> None:
        async with transaction(self.pool) as connection:
            is_spent = await store.count_attempts(connection, limit, subject, now) >= limit.number
            if is_spent:
                await self._audit_failed(connection, "verify", "too many failures", source)
        if is_spent:
            raise self._too_many(limit)

    @staticmethod
    def _too_many(limit: Limit) -> TooManySignIns:
        wait = str(int(limit.window.total_seconds()))
        return TooManySignIns("too many sign-ins; come back later", headers={"Retry-After": wait})

    async def _audit_failed(self, connection: asyncpg.Connection, subject: str, reason: str, source: str) -> None:
        await self.outbox.audit(
            connection,
            "failed_auth",
            actor="unknown",
            subject=subject,
            outcome="refused",
            reason=reason,
            details={"source": source},
        )
