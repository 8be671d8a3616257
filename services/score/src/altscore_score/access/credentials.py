"""Client secrets and the throttling of failed sign-ins."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from functools import cache

import asyncpg
from altscore_libs.clock import Clock
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from prometheus_client import Counter

from altscore_score.access import store

SECRET_BYTES = 32
_log = logging.getLogger("altscore.score.credentials")
_locks = Counter("altscore_score_credential_locks_total", "Client ids locked for a source; an alert stands on it.")
ARGON2ID = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _decoy(hasher: PasswordHasher) -> str:
    """The hash of a secret that nobody has, one for a process."""
    return hasher.hash(secrets.token_hex(SECRET_BYTES))


class SecretHasher:
    """Client secrets: 256 random bits, kept as argon2id, compared on a thread, two at a time.

    Args:
        hasher: at what cost.
    """

    def __init__(self, hasher: PasswordHasher = ARGON2ID) -> None:
        self._hasher = hasher
        self._decoy = _decoy(hasher)
        self._turns = asyncio.Semaphore(2)

    async def new_secret(self) -> tuple[str, str]:
        """A new secret and its hash."""
        secret = secrets.token_hex(SECRET_BYTES)
        return secret, await asyncio.to_thread(self._hasher.hash, secret)

    async def matches(self, secret: str, hashes: Sequence[str | None]) -> bool:
        """Whether a secret belongs to one of the hashes; each is compared, and None costs the same as a hash."""
        is_right = False
        async with self._turns:
            for secret_hash in hashes:
                is_match = await asyncio.to_thread(self._verify, secret, secret_hash or self._decoy)
                is_right |= is_match and secret_hash is not None
        return is_right

    def _verify(self, secret: str, secret_hash: str) -> bool:
        try:
            return self._hasher.verify(secret_hash, secret)
        except (VerificationError, InvalidHashError):
            return False


class LoginThrottle:
    """Five failures in ten minutes lock that client id for that source address, and touch no live token.

    A wrong secret is a failure at the token endpoint and in X-Client-Secret alike.

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
        """Counts a failure; returns how many are now in the window."""
        now = self._clock.now()
        await store.add_failure(connection, client_id=client_id, source=source, at=now)
        return len(await store.recent_failures(connection, client_id, source, now=now, within_s=self.WINDOW_S))

    def report(self, client_id: str, failures: int) -> None:
        """Alerts when the failure that was just committed is the one that locks.

        Args:
            client_id: whose secret was tried, as it may be recorded.
            failures: as record() returned them.
        """
        if failures == self.MAX_FAILURES:
            _locks.inc()
            _log.warning("client id locked for a source", extra={"client_id": client_id})
