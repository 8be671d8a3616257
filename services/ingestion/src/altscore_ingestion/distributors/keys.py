"""Secrets of connectors: the API key as a keyed hash, the wrapped signing secret, and both signatures."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.signer import KeyWrapper
from cachetools import LRUCache

from altscore_ingestion.distributors import store

SECRET_BYTES = 32
CLOCK_WINDOW = timedelta(minutes=5)
_API_KEY = "api-key"
_CACHED_SECRETS = 4_096
_HEX64 = re.compile(r"[0-9a-f]{64}")
_V2 = re.compile(r"t=([0-9]{1,12}),v2=([0-9a-f]{64})")


class ConnectorKeys:
    """Hashes API keys and unwraps signing secrets; created by `open`.

    Args:
        wrapper: of the service's key-encryption key.
        pepper: key of the API key hash, plain, in memory only.
    """

    def __init__(self, wrapper: KeyWrapper, pepper: bytes) -> None:
        self._wrapper = wrapper
        self._pepper = pepper
        self._opened: LRUCache[bytes, bytes] = LRUCache(_CACHED_SECRETS)

    @classmethod
    async def open(cls, pool: asyncpg.Pool, wrapper: KeyWrapper) -> "ConnectorKeys":
        """Reads the pepper from the database and unwraps it; creates it at the very first start."""
        async with transaction(pool) as connection:
            wrapped = await store.find_key(connection, _API_KEY)
        if wrapped is None:
            fresh = await wrapper.wrap(secrets.token_bytes(SECRET_BYTES))
            async with transaction(pool) as connection:
                wrapped = await store.key_or_insert(connection, _API_KEY, fresh)
        return cls(wrapper, await wrapper.unwrap(wrapped))

    def api_key_hash(self, api_key: str) -> bytes:
        """HMAC-SHA256 of an API key under the pepper."""
        return hmac.new(self._pepper, api_key.encode(), hashlib.sha256).digest()

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 of what the service itself writes; begins with a purpose that no API key begins with."""
        return hmac.digest(self._pepper, message, "sha256")

    async def wrap(self, signing_secret: str) -> bytes:
        """The signing secret as it is stored."""
        return await self._wrapper.wrap(signing_secret.encode())

    async def signing_secret(self, wrapped: bytes) -> bytes:
        """The HMAC key of a connector; kept in memory, so that the key store is asked once per connector."""
        if (cached := self._opened.get(wrapped)) is not None:
            return cached
        secret = await self._wrapper.unwrap(wrapped)
        self._opened[wrapped] = secret
        return secret


def new_secret() -> str:
    """32 random bytes in hex: an API key or a signing secret. The HMAC key is the text itself, as ASCII."""
    return secrets.token_hex(SECRET_BYTES)


def is_signature(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether `signature` is the lower-case hex HMAC-SHA256 of the raw body; constant time."""
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return bool(_HEX64.fullmatch(signature)) and hmac.compare_digest(expected, signature)


@dataclass(frozen=True)
class SignedParts:
    """What the second signature covers besides its time; batch id and ERP type are empty where no batch is sent."""

    method: str
    path: str
    batch_id: str
    erp_type: str
    body_sha256: str


def signed_text_v2(parts: SignedParts, timestamp_s: int) -> bytes:
    """The signed text: seven lines, so that nothing of a request can be moved to another one."""
    lines = ("altscore-v2", parts.method, parts.path, parts.batch_id, parts.erp_type, str(timestamp_s))
    return "\n".join((*lines, parts.body_sha256)).encode()


def v2_fault(secret: bytes, header: str, parts: SignedParts, *, now: datetime) -> str | None:
    """Why the second signature (`t=<unix seconds>,v2=<hex>`) does not hold, or None when it does."""
    if not (match := _V2.fullmatch(header)):
        return "signature_v2_malformed"
    timestamp_s = int(match.group(1))
    expected = hmac.new(secret, signed_text_v2(parts, timestamp_s), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, match.group(2)):
        return "signature_v2_mismatch"
    if abs(now.timestamp() - timestamp_s) > CLOCK_WINDOW.total_seconds():
        return "signature_v2_outside_window"
    return None
