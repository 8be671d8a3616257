"""Who calls: the lender behind a token, and what has been revoked since the token was issued."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol
from weakref import WeakValueDictionary

import asyncpg
from altscore_libs import logs
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.deadlines import seconds_left
from altscore_libs.errors import Unavailable
from altscore_libs.periodic import PeriodicWorker, keep_running

from altscore_score.access import store
from altscore_score.access.credentials import LoginThrottle, SecretHasher
from altscore_score.access.domain import TEST_PREFIX
from altscore_score.access.verified_rows import VerifiedRows, read_hashes
from altscore_score.errors import SecretRefused, TokenError, TokenInvalid, TokenMissing
from altscore_score.limits.service import RateLimiter
from altscore_score.platform.waits import SERVING
from altscore_score.scores.changes import RetailerChanges
from altscore_score.scores.store import newest_run_block
from altscore_score.switches.store import stored_switch
from altscore_score.tokens.verifier import Claims, TokenVerifier

POLL_S = 0.5
LISTEN_AGAIN_S = 1.0
MAX_AGE_S = 2.0
_log = logging.getLogger("altscore.score.access")


@dataclass(frozen=True)
class Revocations:
    """What the database says about tokens, lenders and blocked runs, as last read."""

    lenders: dict[str, store.LenderState] = field(default_factory=dict)
    jtis: frozenset[str] = frozenset()
    run_blocked_at: datetime | None = None
    is_switched_off: bool = False


class Notifier(Protocol):
    """How replicas tell one another that something was revoked (access.events.RevocationNotifier)."""

    async def announce(self) -> None:
        """Tells every replica."""

    async def listen(self, stop: asyncio.Event, wake: Callable[[], None]) -> None:
        """Calls `wake` whenever one tells, until `stop`; Unavailable while none can be heard."""


class AccessState:
    """Revoked tokens, lenders' epochs, the newest run block and retailers that changed, in memory.

    Read anew twice a second, and at once when another replica says that something was revoked. Where a busy machine has
    let it grow old all the same, the next call reads it; only a state that cannot be read refuses calls.

    Args:
        pool: of the serving database, the only source of what is used.
        verified: tells genuine rows.
        notifier: a wake-up from the other replicas; None where there are none.
        poll_s: seconds between two readings.
        read_s: longest duration of a reading, and of a call's wait for one, seconds.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        verified: VerifiedRows,
        notifier: Notifier | None = None,
        *,
        poll_s: float = POLL_S,
        read_s: float = SERVING.access_s,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._verified = verified
        self.changes = RetailerChanges()
        self._read_s = read_s
        self._notifier = notifier
        self._woken = asyncio.Event()
        # A failure waits no longer than a success: revocations hold within a second as soon as they can be read.
        self._worker = PeriodicWorker(
            "access", self.refresh, interval_s=poll_s, wake=self._woken, longest_wait_s=poll_s
        )
        self._monotonic = monotonic
        self._read_at: float | None = None
        self._has_failed = False
        self._reading = asyncio.Lock()
        self._catching_up: asyncio.Task[None] | None = None
        self.current = Revocations()

    async def refresh(self) -> None:
        """Reads the state.

        Raises:
            Unavailable: the database cannot be read.
        """
        async with self._reading:  # one after the other: what was read later is never taken for older
            await self._refresh()

    async def _refresh(self) -> None:
        asked_at = self._monotonic()
        try:
            async with transaction(self._pool, timeout_s=self._read_s) as connection:
                lenders = self._verified.lenders(await store.stored_lenders(connection))
                jtis = self._verified.revoked(*await store.revoked_tokens(connection))
                run_blocked_at = await newest_run_block(connection)
                is_switched_off = self._verified.is_switched_off(await stored_switch(connection))
                await self.changes.refresh(connection)
        except BaseException as error:
            self._has_failed = True
            if isinstance(error, asyncpg.PostgresError):
                raise Unavailable("revocations cannot be read") from error
            raise
        self._has_failed = False
        self.current = Revocations(lenders, jtis, run_blocked_at=run_blocked_at, is_switched_off=is_switched_off)
        self._read_at = asked_at

    async def announce(self) -> None:
        """Makes what was just committed hold here, and tells the other replicas."""
        try:
            await self.refresh()
        except Exception as error:  # noqa: BLE001  # committed all the same; the next reading finds it
            _log.warning("revocations cannot be read", extra={"reason": type(error).__name__})
        if self._notifier is not None:
            await self._notifier.announce()

    async def run(self, stop: asyncio.Event) -> None:
        """Refreshes until `stop`; while that fails, require() refuses."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._worker.run(stop))
            if self._notifier is not None:
                listen = partial(self._notifier.listen, wake=self._woken.set)
                group.create_task(keep_running("announcements", listen, stop, longest_wait_s=LISTEN_AGAIN_S))

    def is_client(self, claimed_id: str) -> bool:
        """Whether a lender has this client id; any other text that claims to be one is recorded nowhere."""
        return claimed_id in self.current.lenders

    @property
    def is_read(self) -> bool:
        """Whether the state was read at all."""
        return self._read_at is not None

    @property
    def is_fresh(self) -> bool:
        """Whether the state is at most two seconds old."""
        return self._read_at is not None and self._monotonic() - self._read_at <= MAX_AGE_S

    async def require_fresh(self) -> None:
        """Passes once the state is at most two seconds old; calls that find it older share one reading.

        After a reading that failed nobody waits for the next one.

        Raises:
            Unavailable: what may be revoked is unknown, so nothing is accepted.
        """
        if self.is_fresh:
            return
        if not self._has_failed:
            if self._catching_up is None:
                self._catching_up = asyncio.create_task(self.refresh(), context=Context())  # of no single call
                self._catching_up.add_done_callback(self._caught_up)
            await asyncio.wait([self._catching_up], timeout=seconds_left(self._read_s))
        if not self.is_fresh:
            raise Unavailable("revocations cannot be read")

    def _caught_up(self, reading: asyncio.Task[None]) -> None:
        self._catching_up = None
        if not reading.cancelled() and (error := reading.exception()) is not None:
            _log.warning("revocations cannot be read", extra={"reason": type(error).__name__})

    async def require_serving(self) -> None:
        """Passes while serving is not switched off.

        Raises:
            Unavailable: it is, or that cannot be known.
        """
        await self.require_fresh()
        if self.current.is_switched_off:
            raise Unavailable("nothing is served at the moment")

    async def require(self, claims: Claims) -> None:
        """Passes when neither the token nor its lender is revoked, and serving is not switched off.

        Raises:
            TokenInvalid: revoked.
            Unavailable: that cannot be known, or nothing is served now.
        """
        await self.require_serving()
        if claims.lender_id not in self.current.lenders:  # onboarded a moment ago, since the token is ours
            await self.refresh()
        lender = self.current.lenders.get(claims.lender_id)
        if lender is None or not lender.is_active or claims.jti in self.current.jtis:
            raise TokenInvalid("revoked")
        if lender.epoch_s is not None and claims.issued_at_s <= lender.epoch_s:
            raise TokenInvalid("revoked")


class Lender(NamedTuple):
    """An authenticated lender, and whether it used its sandbox credentials."""

    lender_id: str
    is_sandbox: bool


class SecretCheck:
    """Checks a client secret that came along with a call.

    Wrong ones are failed sign-ins: five in ten minutes lock the client for that address. They count as calls of the
    lender. Checks of one client and address come one after the other, so that a burst has no more than five tries.

    Args:
        pool: of the secrets and failures.
        verified: tells genuine rows.
        hasher: compares secrets.
        throttle: of failed sign-ins.
        limiter: counts a failure as a call.
        clock: for former secrets that still count.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        verified: VerifiedRows,
        hasher: SecretHasher,
        throttle: LoginThrottle,
        limiter: RateLimiter,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._verified = verified
        self._hasher = hasher
        self._throttle = throttle
        self._limiter = limiter
        self._clock = clock
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def require(self, lender_id: str, secret: str, *, source: str) -> None:
        """Passes when the secret is the lender's and the pair is not locked; a locked one costs no comparison.

        Raises:
            SecretRefused: wrong, or locked.
            Unavailable: that cannot be known.
        """
        turn = self._turns.setdefault((lender_id, source), asyncio.Lock())
        async with turn:
            reason = await self._refusal(lender_id, secret, source)
        if reason is None:
            return
        refusal = SecretRefused(reason)
        admission = await self._limiter.admit(lender_id)
        refusal.headers.update(admission.headers())
        raise refusal

    async def _refusal(self, lender_id: str, secret: str, source: str) -> str | None:
        async with transaction(self._pool) as connection:
            if await self._throttle.locked_for_s(connection, lender_id, source):
                return "client secret locked"
            hashes = await read_hashes(connection, self._verified, lender_id, now=self._clock.now())
        if await self._hasher.matches(secret, hashes):
            return None
        async with transaction(self._pool) as connection:
            failures = await self._throttle.record(connection, lender_id, source)
        self._throttle.report(lender_id, failures)
        return "client secret"


class Authenticator:
    """Reads the lender behind a call.

    Args:
        verifier: of tokens.
        state: of revocations.
        secret_check: of a client secret that came along.
    """

    def __init__(self, verifier: TokenVerifier, state: AccessState, secret_check: SecretCheck) -> None:
        self._verifier = verifier
        self._state = state
        self._secret_check = secret_check

    def is_client(self, claimed_id: str) -> bool:
        """As AccessState.is_client()."""
        return self._state.is_client(claimed_id)

    def token_holder(self, headers: Mapping[str, str]) -> str | None:
        """Whose good token a call carries, whatever else is wrong with the call; for telling its limits."""
        try:
            return self._claims_of(headers).lender_id
        except TokenError:
            return None

    async def authenticate(self, headers: Mapping[str, str], *, source: str) -> Lender:
        """The lender of a call with a good token; it stands on every later log line of the call.

        Args:
            headers: of the call.
            source: address of the caller; wrong secrets are counted for it.

        Raises:
            TokenMissing, TokenExpired, TokenInvalid, SecretRefused: not proven.
            Unavailable: revocations cannot be read.
        """
        claims = self._claims_of(headers)
        if headers.get("x-client-id") != claims.lender_id:
            raise TokenInvalid("client id is not the subject")
        await self._state.require(claims)
        logs.bind(lender_id=claims.lender_id)
        secret = headers.get("x-client-secret")
        if secret is not None:
            await self._secret_check.require(claims.lender_id, secret, source=source)
        return Lender(claims.lender_id, claims.lender_id.startswith(TEST_PREFIX))

    def _claims_of(self, headers: Mapping[str, str]) -> Claims:
        authorization = headers.get("authorization")
        if authorization is None:
            raise TokenMissing()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenInvalid("scheme")
        return self._verifier.verify(token)
