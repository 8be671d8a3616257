"""The signed row-level-security context: who a transaction reads for, with a proof the database checks itself."""

import hashlib
import hmac
from functools import lru_cache

import asyncpg

MAX_REMEMBERED = 1_000


class ContextSigner:
    """Signs the subject of a transaction with the key that the database holds too (ddl.signed_context).

    Args:
        key: at least 32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("a context key has at least 32 bytes")
        self._key = key
        self._signed = lru_cache(MAX_REMEMBERED)(self._sign)

    def sign(self, subject: str) -> str:
        """`subject|hmac`, the value of the setting app.context; the same for a subject every time.

        Raises:
            ValueError: the subject holds the separator.
        """
        return self._signed(subject)

    def _sign(self, subject: str) -> str:
        if "|" in subject:
            raise ValueError("a subject holds no separator")
        mac = hmac.new(self._key, subject.encode(), hashlib.sha256).hexdigest()
        return f"{subject}|{mac}"

    async def enter(self, connection: asyncpg.Connection, subject: str) -> None:
        """Sets the context for the current transaction alone."""
        await connection.execute("SELECT set_config('app.context', $1, true)", self.sign(subject))
