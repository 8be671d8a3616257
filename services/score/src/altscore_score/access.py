"""Who calls: credentials at the token endpoint, tokens at every other, and what has been revoked since."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import InvalidRequest, Unavailable
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from starlette.datastructures import Headers

from altscore_score import access_store, store
from altscore_score.errors import TokenInvalid, TokenMissing
from altscore_score.tokens import Claims, TokenVerifier

POLL_S = 0.5
MAX_AGE_S = 2.0
SECRET_BYTES = 32
ONCE_ONLY = ("authorization", "x-client-id", "x-request-id", "x-client-secret", "content-type")
_log = logging.getLogger("altscore.score.access")


@dataclass(frozen=True)
class Revocations:
    """What the database says about tokens and lenders, as last read."""

    lenders: dict[str, store.LenderState] = field(default_factory=dict)
    jtis: frozenset[str] = frozenset()
    run_blocked_at: datetime | None = None


class News(Protocol):
    """How replicas tell one another that something was revoked (revocation.Bus)."""

    async def announce(self) -> None:
        """Tells every replica."""

    async def listen(self, stop: asyncio.Event, wake: Callable[[], None]) -> None:
        """Calls `wake` whenever one tells, until `stop`."""


class AccessState:
    """Revoked tokens, lenders' epochs and the newest run block, in memory.

    Read anew twice a second, and at once when another replica says that something was revoked.

    Args:
        pool: of the serving database, the only source of what is believed.
        news: a wake-up from the other replicas; None where there are none.
        poll_s: seconds between two readings.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        news: News | None = None,
        *,
        poll_s: float = POLL_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._news = news
        self._poll_s = poll_s
        self._monotonic = monotonic
        self._read_at: float | None = None
        self._woken = asyncio.Event()
        self.current = Revocations()

    async def refresh(self) -> None:
        """Reads the state.

        Raises:
            Unavailable: the database cannot be read.
        """
        asked_at = self._monotonic()
        try:
            async with transaction(self._pool, timeout_s=1.0) as connection:
                lenders = await store.lender_states(connection)
                jtis = await store.revoked_tokens(connection)
                run_blocked_at = await store.newest_run_block(connection)
        except asyncpg.PostgresError as error:
            raise Unavailable("revocations cannot be read") from error
        self.current = Revocations(lenders, jtis, run_blocked_at)
        self._read_at = asked_at

    async def announce(self) -> None:
        """Makes what was just committed hold here, and tells the other replicas."""
        try:
            await self.refresh()
        except Exception as error:  # noqa: BLE001  # committed all the same; the next reading finds it
            _log.warning("revocations cannot be read", extra={"reason": type(error).__name__})
        if self._news is not None:
            await self._news.announce()

    async def run(self, stop: asyncio.Event) -> None:
        """Refreshes until `stop`; while that fails, require() refuses."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll(stop))
            if self._news is not None:
                group.create_task(self._news.listen(stop, self._woken.set))

    async def _poll(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._woken.clear()
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001  # no fault of a reading may end the process that serves
                _log.warning("revocations cannot be read", extra={"reason": type(error).__name__})
            await first_of(self._woken, stop, within_s=self._poll_s)

    def require_fresh(self) -> None:
        """Passes while the state is at most two seconds old.

        Raises:
            Unavailable: what may be revoked is unknown, so nothing is accepted.
        """
        if self._read_at is None or self._monotonic() - self._read_at > MAX_AGE_S:
            raise Unavailable("revocations cannot be read")

    async def require(self, claims: Claims) -> None:
        """Passes when neither the token nor its lender is revoked.

        Raises:
            TokenInvalid: revoked.
            Unavailable: that cannot be known.
        """
        self.require_fresh()
        if claims.lender_id not in self.current.lenders:  # onboarded a moment ago, since the token is ours
            await self.refresh()
        lender = self.current.lenders.get(claims.lender_id)
        if lender is None or not lender.is_active or claims.jti in self.current.jtis:
            raise TokenInvalid("revoked")
        if lender.epoch_s is not None and claims.issued_at_s <= lender.epoch_s:
            raise TokenInvalid("revoked")


async def first_of(*events: asyncio.Event, within_s: float) -> None:
    """Waits until one of the events is set, or the time is over."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


class Secrets:
    """Client secrets: 256 random bits, kept as argon2id, compared on a thread, two at a time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._decoy = self._hasher.hash(secrets.token_hex(SECRET_BYTES))
        self._turns = asyncio.Semaphore(2)

    async def mint(self) -> tuple[str, str]:
        """A new secret and its hash."""
        secret = secrets.token_hex(SECRET_BYTES)
        return secret, await asyncio.to_thread(self._hasher.hash, secret)

    async def matches(self, secret: str, hashes: Sequence[str | None]) -> bool:
        """Whether a secret belongs to one of the hashes; each is compared, and None costs the same as a hash."""
        is_right = False
        async with self._turns:
            for one in hashes:
                is_this = await asyncio.to_thread(self._verify, secret, one or self._decoy)
                is_right |= is_this and one is not None
        return is_right

    def _verify(self, secret: str, secret_hash: str) -> bool:
        try:
            return self._hasher.verify(secret_hash, secret)
        except (VerificationError, InvalidHashError):
            return False


class Authenticator:
    """Reads the lender behind a call.

    Args:
        verifier: of tokens.
        state: of revocations.
        pool: for a client secret that came along.
        client_secrets: compares it.
        clock: for former secrets that still count.
    """

    def __init__(
        self, verifier: TokenVerifier, state: AccessState, pool: asyncpg.Pool, client_secrets: Secrets, clock: Clock
    ) -> None:
        self._verifier = verifier
        self._state = state
        self._pool = pool
        self._secrets = client_secrets
        self._clock = clock

    async def lender(self, headers: Headers) -> str:
        """The lender id of a call with a good token.

        Raises:
            TokenMissing, TokenExpired, TokenInvalid: not proven.
            Unavailable: revocations cannot be read.
        """
        authorization = headers.get("authorization")
        if authorization is None:
            raise TokenMissing()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenInvalid("scheme")
        claims = self._verifier.verify(token)
        if headers.get("x-client-id") != claims.lender_id:
            raise TokenInvalid("client id is not the subject")
        await self._state.require(claims)
        sent = headers.get("x-client-secret")
        if sent is not None:
            await self._check_secret(claims.lender_id, sent)
        return claims.lender_id

    async def _check_secret(self, lender_id: str, sent: str) -> None:
        async with transaction(self._pool) as connection:
            hashes = await access_store.secret_hashes(connection, lender_id, now=self._clock.now())
        if not await self._secrets.matches(sent, hashes):
            raise TokenInvalid("client secret")


def refuse_doubled_headers(headers: Headers) -> None:
    """Two values of one of these could be read differently by two parsers.

    Raises:
        InvalidRequest: one came twice.
    """
    for name in ONCE_ONLY:
        if len(headers.getlist(name)) > 1:
            raise InvalidRequest(f"{name} came more than once")


class LockBook:
    """Five failures in ten minutes lock that client id for that source address, and touch no live token.

    Args:
        clock: for the ten minutes.
    """

    WINDOW_S = 600
    MAX_FAILURES = 5

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def locked_for_s(self, connection: asyncpg.Connection, client_id: str, source: str) -> int:
        """Seconds until the pair may try again, 0 when it may now."""
        now = self._clock.now()
        failures = await store.recent_failures(connection, client_id, source, now=now, within_s=self.WINDOW_S)
        if len(failures) < self.MAX_FAILURES:
            return 0
        oldest_that_locks = sorted(failures)[-self.MAX_FAILURES]
        return max(1, int(self.WINDOW_S - (now - oldest_that_locks).total_seconds()) + 1)

    async def record(self, connection: asyncpg.Connection, client_id: str, source: str) -> int:
        """Counts a failure; returns how many now stand in the window."""
        now = self._clock.now()
        await store.add_failure(connection, client_id, source, now)
        return len(await store.recent_failures(connection, client_id, source, now=now, within_s=self.WINDOW_S))
