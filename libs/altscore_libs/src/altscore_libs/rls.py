"""The signed row-level-security context: who a transaction reads for, with a proof the database checks itself."""

import hashlib
import hmac
import time
from collections.abc import Callable
from functools import lru_cache

import asyncpg

MAX_REMEMBERED = 1_000
RENEWED_EVERY_S = 5
SHORTEST_LIFE_S = 10
"""Longer than what a transaction does under one context; a captured one is good for RENEWED_EVERY_S more at most."""


class ContextSigner:
    """Signs the subject of a transaction with the key that the database holds too (ddl.bounded_context).

    Args:
        key: at least 32 random bytes.
        now_s: seconds since the epoch by the machine's clock, which the database's may differ from by a few seconds.
    """

    def __init__(self, key: bytes, *, now_s: Callable[[], float] = time.time) -> None:
        if len(key) < 32:
            raise ValueError("a context key has at least 32 bytes")
        self._key = key
        self._now_s = now_s
        self._signed = lru_cache(MAX_REMEMBERED)(self._sign)

    def sign(self, subject: str) -> str:
        """`subject|expiry|hmac`, the value of the setting app.context; it changes every RENEWED_EVERY_S seconds.

        Raises:
            ValueError: the subject holds the separator.
        """
        return self._signed(subject, int(self._now_s()) // RENEWED_EVERY_S)

    def sign_at(self, subject: str, at_s: float) -> str:
        """As sign() at another instant, seconds since the epoch."""
        return self._sign(subject, int(at_s) // RENEWED_EVERY_S)

    def _sign(self, subject: str, period: int) -> str:
        if "|" in subject:
            raise ValueError("a subject holds no separator")
        bounded = f"{subject}|{(period + 1) * RENEWED_EVERY_S + SHORTEST_LIFE_S}"
        return f"{bounded}|{hmac.new(self._key, bounded.encode(), hashlib.sha256).hexdigest()}"

    async def enter(self, connection: asyncpg.Connection, subject: str) -> None:
        """Sets the context for the current transaction alone."""
        await connection.execute("SELECT set_config('app.context', $1, true)", self.sign(subject))
