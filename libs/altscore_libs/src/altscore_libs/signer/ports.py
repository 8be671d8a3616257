"""Small ports: signing, verifying, RS256 signing, wrapping with keyed hashes; who implements them keeps the keys."""

from collections.abc import Sequence
from typing import Protocol


class Signer(Protocol):
    """Signs 32-byte digests with one ECDSA P-256 key."""

    key_id: str

    async def sign(self, message_digest: bytes) -> bytes:
        """64 bytes r||s over a SHA-256 digest.

        Raises:
            Unavailable: the token does not answer.
        """
        ...

    async def sign_many(self, message_digests: Sequence[bytes]) -> list[bytes]:
        """As `sign` of each digest, in order, in one visit to the token.

        Raises:
            Unavailable: the token does not answer; none is signed.
        """
        ...


class SignatureVerifier(Protocol):
    """Verifies ECDSA signatures by key id."""

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether the signature over a SHA-256 digest is valid; False for an unknown key."""
        ...


class KeyWrapper(Protocol):
    """Wraps small secrets and makes keyed hashes with keys held in a token."""

    async def wrap(self, plain: bytes) -> bytes:
        """Nonce and AES-256-GCM ciphertext."""
        ...

    async def unwrap(self, wrapped: bytes) -> bytes:
        """The plain bytes.

        Raises:
            ValueError: not wrapped by this key, or changed.
        """
        ...

    async def hmac(self, label: str, data: bytes) -> bytes:
        """HMAC-SHA256 under the token's secret `label`."""
        ...

    async def hmac_many(self, label: str, items: Sequence[bytes]) -> list[bytes]:
        """HMAC-SHA256 of each item, in order, in one visit to the token."""
        ...


class RsaSigner(Protocol):
    """Makes RS256 signatures with RSA keys that it knows by their labels: a PKCS#11 token, or keys of a cloud's KMS."""

    async def sign(self, label: str, message_digest: bytes) -> bytes:
        """The signature by the key `label` over a SHA-256 digest, PKCS#1 v1.5.

        Raises:
            Unavailable: the key store does not answer, or holds no such key.
        """
        ...
