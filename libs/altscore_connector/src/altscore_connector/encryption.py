"""Encryption of queued batches at rest: AES-256-GCM under a key derived from the signing secret (HKDF-SHA256)."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from altscore_connector.errors import StateError

_NONCE_BYTES = 12


class BodyCipher:
    """Encrypts the bytes of batches.

    Args:
        signing_secret: the distributor's secret; it does not lie in the state file's folder in plain.
    """

    def __init__(self, signing_secret: str) -> None:
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"altscore-connector-queue-v1")
        self._aead = AESGCM(derive.derive(signing_secret.encode()))

    def encrypt(self, body: bytes, *, context: str) -> bytes:
        """Nonce and ciphertext, bound to the batch's id."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, body, context.encode())

    def decrypt(self, stored: bytes, *, context: str) -> bytes:
        """The bytes of a batch.

        Raises:
            StateError: encrypted under another secret, or altered.
        """
        try:
            return self._aead.decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], context.encode())
        except InvalidTag:
            raise StateError(
                "a queued batch does not open with this signing secret; `resync` drops it and states everything again"
            ) from None
